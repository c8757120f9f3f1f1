import { dirname } from 'node:path'
import { ResultAsync } from 'neverthrow'
import type { Answer } from './answer.ts'
import type { SessionCache } from './cache.ts'
import { Disk } from './disk.ts'
import type { RemoveFailed } from './errors.ts'

/** How to remove a session. */
export interface RemoveOptions {
  /**
   * Whether the directory is flushed to the device before the answer, so that
   * no loss of power brings the session back.
   * @default false
   */
  readonly durable?: boolean
  /**
   * The disk to ask.
   * @default one that always goes through the thread pool
   */
  readonly disk?: Disk
  /**
   * What remembers texts between calls.
   * @default nothing does
   */
  readonly cache?: SessionCache
}

/**
 * Removes `file`; the value says whether there was one. That there was none is
 * no failure: it is gone.
 *
 * Fails with `remove-failed`; the file may still be there.
 */
export function removeSession (file: string, options: RemoveOptions = {}): Answer<boolean, RemoveFailed> {
  return ResultAsync.fromPromise(
    removeOrThrow(file, options),
    cause => ({ type: 'remove-failed' as const, file, cause })
  )
}

async function removeOrThrow (file: string, options: RemoveOptions): Promise<boolean> {
  const { disk = new Disk(), cache, durable = false } = options
  const removed = await disk.remove(file)
  cache?.forget(file)
  // What an earlier call removed may not be on the device yet.
  if (durable) await disk.flushDirectory(dirname(file))
  return removed
}
