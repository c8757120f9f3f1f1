import { dirname } from 'node:path'
import { ok, ResultAsync } from 'neverthrow'
import { andThen, recover, type Answer } from './answer.ts'
import { SessionCache, type Stored } from './cache.ts'
import { Disk, isAbsent } from './disk.ts'
import type { NotSerializable, WriteFailed } from './errors.ts'
import { markedTime, markOf } from './stamp.ts'
import { temporaryFile } from './temporary.ts'
import { Content, draftOf, textOf, type Draft } from './text.ts'

/** How to write a session. */
export interface WriteOptions {
  /**
   * Whether file and directory are flushed to the device before the answer, so
   * that a written session outlives a loss of power. Touches are not flushed.
   * @default false
   */
  readonly durable?: boolean
  /**
   * The mode that files are created with.
   * @default 0o600
   */
  readonly fileMode?: number
  /**
   * The mode that a missing directory is created with.
   * @default 0o700
   */
  readonly directoryMode?: number
  /**
   * What time it is, in milliseconds since 1970.
   * @default Date.now
   */
  readonly clock?: () => number
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
 * What a write came to: the file was `'written'`, or only its time was set
 * (`'touched'`), or neither was needed (`'unchanged'`).
 */
export type Written = 'written' | 'touched' | 'unchanged'

/**
 * Makes `file` hold `session` as JSON, and its modification time the session's
 * last use. A file that says the same already is not written; whoever reads it
 * meanwhile, in any process, sees the old session or the new one. A missing
 * directory is made.
 *
 * Fails with `not-serializable` when the session cannot be a JSON object, and
 * with `write-failed`; the file then holds what it held before.
 */
export function writeIfChanged (file: string, session: object, options: WriteOptions = {}): Answer<Written, NotSerializable | WriteFailed> {
  const { clock = Date.now } = options
  return andThen(
    draftOf(session, clock()).mapErr(cause => ({ type: 'not-serializable' as const, file, cause })),
    draft => writeDraft(file, draft, options)
  )
}

/** `writeIfChanged` for a session that was serialised before. */
export function writeDraft (file: string, draft: Draft, options: WriteOptions): Answer<Written, WriteFailed> {
  const { disk = new Disk(), cache = new SessionCache(0) } = options
  // What cannot be read can still be replaced.
  return andThen(recover(cache.fetch(file, disk), null), stored => {
    if (stored === null || !stored.content.is(draft.settled)) return replace(file, draft, { ...options, disk, cache })
    if (draft.usedAt <= Math.floor(stored.stamp.modified)) return ok('unchanged' as const)
    return touch(file, draft, stored, { ...options, disk, cache })
  })
}

type Through = WriteOptions & { readonly disk: Disk, readonly cache: SessionCache }

function touch (file: string, draft: Draft, { content, stamp }: Stored, options: Through): Answer<Written, WriteFailed> {
  const { disk, cache } = options
  const time = markedTime(draft.usedAt)
  return andThen(disk.touch(file, time).mapErr(failure(file)), touched => {
    if (touched === null) return replace(file, draft, options)
    cache.keep(file, content, markOf(time, stamp.inode))
    return ok('touched' as const)
  })
}

function replace (file: string, draft: Draft, options: Through): ResultAsync<Written, WriteFailed> {
  return ResultAsync.fromPromise(replaceOrThrow(file, draft, options), failure(file))
}

async function replaceOrThrow (file: string, draft: Draft, options: Through): Promise<Written> {
  const { disk, cache, durable = false } = options
  const temporary = temporaryFile(file)
  const time = markedTime(draft.usedAt)
  try {
    await createWithDirectory(temporary, textOf(draft), options)
    const touched = await disk.touch(temporary, time)
    if (touched.isErr()) throw touched.error
    await disk.rename(temporary, file)
  } catch (cause) {
    // The first failure is the one to tell; a prune removes what is left.
    await disk.remove(temporary).catch(() => {})
    throw cause
  }
  cache.keep(file, new Content(draft.settled, true), markOf(time, null))
  if (durable) await disk.flushDirectory(dirname(file))
  return 'written'
}

async function createWithDirectory (file: string, text: string, options: Through): Promise<void> {
  const { disk, durable = false, fileMode = 0o600, directoryMode = 0o700 } = options
  try {
    await disk.create(file, text, fileMode, durable)
  } catch (cause) {
    if (!isAbsent(cause)) throw cause
    const directory = dirname(file)
    await disk.makeDirectory(directory, directoryMode)
    if (durable) await disk.flushDirectory(dirname(directory))
    await disk.create(file, text, fileMode, durable)
  }
}

function failure (file: string) {
  return (cause: unknown): WriteFailed => ({ type: 'write-failed', file, cause })
}
