import { dirname, resolve } from 'node:path'
import { ok, ResultAsync } from 'neverthrow'
import { andThen, recover, type Answer } from './answer.ts'
import { SessionCache, type Stored } from './cache.ts'
import { reconciled } from './change.ts'
import { Disk, isAbsent } from './disk.ts'
import type { NotSerializable, WriteFailed } from './errors.ts'
import { sealedText, type SealOptions } from './seal.ts'
import { isDistinct, isSame, markedTime, markOf, type Stamp } from './stamp.ts'
import { temporaryFile } from './temporary.ts'
import { Content, draftOf, textOf, type Draft } from './text.ts'

/** How to write a session. */
export interface WriteOptions extends SealOptions {
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

/** What a write of a draft came to; `'gone'`: its session was ended meanwhile, and stays so. */
export type Outcome = Written | 'gone'

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
    // Only a draft with a base can find its session gone.
    draft => writeDraft(file, draft, options) as Answer<Written, WriteFailed>
  )
}

/** `writeIfChanged` for a session that was serialised before, and that may have a base. */
export function writeDraft (file: string, draft: Draft, options: WriteOptions): Answer<Outcome, WriteFailed> {
  const { disk = new Disk(), cache = new SessionCache(0) } = options
  const through = { ...options, disk, cache }
  // What cannot be read can still be replaced.
  return andThen(recover(cache.fetch(file, disk, options), 'unreadable'), stored => {
    if (stored === null) return create(file, draft, through)
    if (stored === 'unreadable') return replace(file, draft, null, through).map(() => 'written')
    const whole = reconciled(draft, stored.content)
    if (stored.content.is(whole.settled) && !stored.content.isOutdated) {
      return draft.usedAt > stored.usedAt ? touch(file, draft, stored, through) : ok('unchanged' as const)
    }
    return andThen(replace(file, whole, stored.stamp, through), isReplaced =>
      isReplaced ? ok('written' as const) : writeDraft(file, draft, options))
  })
}

type Through = WriteOptions & { readonly disk: Disk, readonly cache: SessionCache }

function create (file: string, draft: Draft, options: Through): Answer<Outcome, WriteFailed> {
  return draft.base === undefined ? replace(file, draft, null, options).map(() => 'written') : ok('gone')
}

function touch (file: string, draft: Draft, { content, stamp }: Stored, options: Through): Answer<Outcome, WriteFailed> {
  const { disk, cache } = options
  const time = markedTime(draft.usedAt)
  return andThen(disk.touch(file, time).mapErr(failure(file)), touched => {
    // It was removed, or replaced, since it was looked at.
    if (touched === null) return writeDraft(file, draft, options)
    if (isDistinct(stamp)) cache.keep(file, content, markOf(time, stamp))
    else cache.forget(file)
    return ok('touched' as const)
  })
}

// Whether the file was replaced: not where what the draft was reconciled with, `seen`, is no longer there.
function replace (file: string, draft: Draft, seen: Stamp | null, options: Through): ResultAsync<boolean, WriteFailed> {
  return ResultAsync.fromPromise(replaceOrThrow(file, draft, seen, options), failure(file))
}

async function replaceOrThrow (file: string, draft: Draft, seen: Stamp | null, options: Through): Promise<boolean> {
  const { disk, cache, durable = false } = options
  const temporary = temporaryFile(file)
  const time = markedTime(draft.usedAt)
  let made: Stamp
  try {
    made = await createWithDirectory(temporary, sealedText(file, textOf(draft), options), time, options)
    // Looked at as late as can be: what happens between this and the rename is lost.
    if (draft.base !== undefined && seen !== null && !isStill(seen, await unwrapped(disk.stat(file)))) {
      await disk.remove(temporary)
      return false
    }
    await disk.rename(temporary, file)
  } catch (cause) {
    // The first failure is the one to tell; a prune removes what is left.
    await disk.remove(temporary).catch(() => {})
    throw cause
  }
  const keep = (content: Content) => cache.keep(file, content, markOf(time, made))
  // Should the flush fail, the next set of the same content has to write again.
  if (durable) {
    keep(new Content(draft.settled, { isOutdated: true }))
    await disk.flushDirectory(dirname(file))
  }
  keep(Content.settled(draft.settled))
  return true
}

async function createWithDirectory (file: string, text: string, time: number, options: Through): Promise<Stamp> {
  const { disk, durable = false, fileMode = 0o600, directoryMode = 0o700 } = options
  const create = async () => await disk.create(file, text, time, { mode: fileMode, flush: durable })
  try {
    return await create()
  } catch (cause) {
    if (!isAbsent(cause)) throw cause
    const directory = dirname(file)
    const made = await disk.makeDirectory(directory, directoryMode)
    if (durable) await flushNames(made, directory, disk)
    return await create()
  }
}

// Each directory that was made stands in the one above it.
async function flushNames (first: string, last: string, disk: Disk): Promise<void> {
  const above = dirname(resolve(first))
  for (let directory = resolve(last); directory !== above; directory = dirname(directory)) {
    await disk.flushDirectory(dirname(directory))
  }
}

function isStill (seen: Stamp, stamp: Stamp | null): boolean {
  return stamp !== null && isSame(seen, stamp)
}

async function unwrapped<T> (answer: Answer<T, unknown>): Promise<T> {
  const result = await answer
  if (result.isErr()) throw result.error
  return result.value
}

function failure (file: string) {
  return (cause: unknown): WriteFailed => ({ type: 'write-failed', file, cause })
}
