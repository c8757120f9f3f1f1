import { dirname } from 'node:path'
import type { ResultAsync } from 'neverthrow'
import { settledOk } from './async/result.ts'
import type { SessionCache } from './cache.ts'
import type { RemoveFailed } from './errors.ts'
import { whileBusy } from './fs/busy.ts'
import { Disk } from './fs/disk.ts'

/** How a session is removed. */
export interface RemoveOptions {
  /**
   * Whether the directory is flushed to the device before the result, so that no loss of power brings the session back.
   * @default false
   */
  readonly durable?: boolean
  /**
   * Makes the calls to the disk.
   * @default a new `Disk` that uses the thread pool
   */
  readonly disk?: Disk
  /**
   * Remembers texts between calls.
   * @default nothing is remembered
   */
  readonly cache?: SessionCache
}

/**
 * Removes `file`, whatever it holds. The value tells whether there was such a file; that there was none is not a failure.
 *
 * Fails with `remove-failed`: the file may still be there.
 */
export function removeSession (file: string, options: RemoveOptions = {}): ResultAsync<boolean, RemoveFailed> {
  const { disk = new Disk(), cache, durable = false } = options
  return whileBusy(() => disk.remove(file))
    .andThen(isRemoved => {
      cache?.delete(file)
      // What an earlier call has removed may not be on the device yet.
      return durable ? disk.flushDirectory(dirname(file)).map(() => isRemoved) : settledOk(isRemoved)
    })
    .mapErr(cause => ({ type: 'remove-failed' as const, file, cause }))
}
