import { dirname } from 'node:path'
import { ok, ResultAsync } from 'neverthrow'
import { andThen, recover, type Answer } from './answer.ts'
import { SessionCache, type Stored } from './cache.ts'
import { reconciled } from './change.ts'
import { Disk } from './disk.ts'
import type { NotSerializable, WriteFailed } from './errors.ts'
import { replaceFile, type ReplaceOptions } from './replace.ts'
import { sealedText, type SealOptions } from './seal.ts'
import { isDistinct, markedTime, markOf, type Stamp } from './stamp.ts'
import { Content, draftOf, textOf, type Draft } from './text.ts'

/** How to write a session. */
export interface WriteOptions extends SealOptions, ReplaceOptions {
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
    if (touched === null) return create(file, draft, options)
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
  const time = markedTime(draft.usedAt)
  const text = sealedText(file, textOf(draft), options)
  // Without a base it is not what was there that counts.
  const made = await replaceFile(file, { text, time, seen: draft.base === undefined ? null : seen }, disk, options)
  if (made === null) return false
  const keep = (content: Content) => cache.keep(file, content, markOf(time, made))
  // Should the flush fail, the next set of the same content has to write again.
  if (durable) {
    keep(new Content(draft.settled, { isOutdated: true }))
    await disk.flushDirectory(dirname(file))
  }
  keep(Content.ofSettled(draft.settled))
  return true
}

function failure (file: string) {
  return (cause: unknown): WriteFailed => ({ type: 'write-failed', file, cause })
}
