import { ok, type Result, type ResultAsync } from 'neverthrow'
import { settled, settledErr, settledOk } from './async/result.ts'
import { isCurrent, SessionCache, type CacheEntry } from './cache.ts'
import type { EncryptionOptions } from './encryption/envelope.ts'
import type { NotSerializable, ReadFailure, TouchFailed, WriteFailed } from './errors.ts'
import type { ReplaceOptions } from './fs/atomic.ts'
import { Disk } from './fs/disk.ts'
import { isSameVersion, lastUsedAtOf, type FileVersion } from './fs/version.ts'
import { findRecord, stateOf, type FoundFile, type SessionRecord } from './load.ts'
import { Mutation } from './queue/mutation.ts'
import { changesContent, isKnown, type CurrentSession, type OnMerge, type SessionState } from './queue/step.ts'
import { saveLastUse, saveSession } from './save.ts'
import { clockSkewMs, currentTime, defaultTtl, lifetimeOf, recordingInterval, type ExpiryOptions } from './session/expiry.ts'
import type { SessionText } from './session/session-text.ts'
import { snapshotOf } from './session/snapshot.ts'

/** How a session is written. */
export interface WriteOptions extends ExpiryOptions, EncryptionOptions, ReplaceOptions {
  /**
   * The least time between two recordings of the use of an unchanged session, in milliseconds; a hundredth of its lifetime
   * if that is less. 0 records each use.
   * @default 0
   */
  readonly touchInterval?: number
  /**
   * Called when the last use of an unchanged session could not be recorded, which is not a failure of the write.
   * @default nothing is called
   */
  readonly onFailure?: (failure: TouchFailed) => void
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

// How often a session is read and merged anew since another process has replaced its file in between.
const maxAttempts = 100

/** What `FileStore` adds to the options of `writeIfChanged`. @internal */
export interface ObserveOptions {
  /** Called when a change of a session has replaced a file that was not known to hold one. */
  readonly onUnknownReplaced?: (failure: ReadFailure) => void
  readonly onMerge?: OnMerge
  readonly onLookup?: (isHit: boolean) => void
  /**
   * Makes each replacement of a content by another by calling `replace`, and may act before and after that. The value is
   * `false` when another process was quicker: then it is called again, with other contents.
   */
  readonly aroundReplace?: (file: string, contents: ReplacedContents, replace: () => ResultAsync<boolean, WriteFailed>) => ResultAsync<boolean, WriteFailed>
}

/** The content of a file before and after a replacement. */
export interface ReplacedContents {
  /** `null` when there is none, or it is not known for certain: the replacement replaces whatever is there. */
  readonly before: SessionText | null
  readonly after: SessionText
}

/** What a write did: it replaced the file (`'written'`), recorded the last use (`'touched'`), or left the file as it was: neither was due, or the use could not be recorded. */
export type Written = 'written' | 'touched' | 'unchanged'

/** What a mutation did; `'gone'`: its session had been ended, and stays so. */
export type Outcome = Written | 'gone'

type ResolvedOptions = WriteOptions & ObserveOptions & { readonly disk: Disk, readonly cache: SessionCache, readonly clock: () => number }

/** What `FileStore` writes: a change that depends on what the file holds. @internal */
export function writeIfChanged (file: string, mutation: Mutation, options: WriteOptions & ObserveOptions): ResultAsync<Outcome, WriteFailed>
/**
 * Makes `file` hold `session` as JSON, with the session's last use as its modification time. A file that holds the same
 * is not written. A reader in any process finds the old session or the new one. A missing directory is made.
 *
 * Fails with `not-serializable` when the session cannot be a JSON object, and with `write-failed`: then the file holds
 * what it held before.
 *
 * ```ts
 * const written = await sessionFile('./sessions', id).asyncAndThen(file => writeIfChanged(file, { user: 'ada' }))
 * ```
 */
export function writeIfChanged (file: string, session: object, options?: WriteOptions): ResultAsync<Written, NotSerializable | WriteFailed>
export function writeIfChanged (file: string, change: object, options: WriteOptions & ObserveOptions = {}): ResultAsync<Outcome, NotSerializable | WriteFailed> {
  const resolved = resolve(options)
  if (change instanceof Mutation) return write(file, change, resolved)
  return settled(snapshotOf(change, { now: resolved.clock() }))
    .mapErr(cause => ({ type: 'not-serializable' as const, file, cause }))
    .andThen(snapshot => write(file, Mutation.of({ type: 'replace', snapshot }), resolved))
}

// The store's own options are complete: to copy them for each write would be slow.
function resolve (options: WriteOptions & ObserveOptions): ResolvedOptions {
  const { disk = new Disk(), cache = new SessionCache(0), clock = currentTime } = options
  return disk === options.disk && cache === options.cache && clock === options.clock ? options as ResolvedOptions : { ...options, disk, cache, clock }
}

function write (file: string, mutation: Mutation, options: ResolvedOptions): ResultAsync<Outcome, WriteFailed> {
  const assumed = assumedRecord(file, mutation, options)
  if (assumed === null) return writeOnto(file, mutation, options)
  const session = mutation.applyTo({ text: assumed.text, cookie: undefined, lastUsedAt: lastUsedAtOf(assumed.validator) }) as CurrentSession
  return replaceSession(file, session, { before: assumed.text, expected: version => version !== null && isCurrent(assumed, version) }, options)
    .andThen(isReplaced => isReplaced ? settledOk('written' as const) : writeOnto(file, mutation, options))
}

// The cached record of the file, if the session was loaded from that content. No `stat` is needed here: the version is
// checked directly before the rename in any case.
function assumedRecord (file: string, { steps }: Mutation, { cache }: ResolvedOptions): CacheEntry | null {
  const [step] = steps
  if (steps.length !== 1 || step?.type !== 'merge' || step.base.text === null) return null
  const record = cache.peek(file)
  const { canonical } = step.base.text
  return record?.text.canonical === canonical && step.snapshot.canonical !== canonical ? record : null
}

// Reads the file, and writes what the mutation makes of that content, unless another process is quicker: then again.
function writeOnto (file: string, mutation: Mutation, options: ResolvedOptions, attempt = 1): ResultAsync<Outcome, WriteFailed> {
  if (attempt > maxAttempts) return settledErr({ type: 'write-failed', file, cause: new Error(`it changed at each of ${maxAttempts} attempts`) })
  const again = () => writeOnto(file, mutation, options, attempt + 1)
  return findRecord(file, options)
    .andThen(({ record, version, failure }): ResultAsync<Outcome, WriteFailed> => {
      const session = mutation.applyTo(failure === null ? stateOf(record) : unknownState(failure), options.onMerge)
      if (session === null) return settledOk('gone')
      if (!isKnown(session)) return leaveUnknown(file, mutation, failure!, options)
      if (record?.text.canonical === session.text.canonical && !record.text.mustRewrite) return touchIfDue(file, session, record, again, options)
      return replaceSession(file, session, replaceable(mutation, { record, version, failure }), options)
        .andThen(isReplaced => {
          if (!isReplaced) return again()
          // A replacement is to replace whatever is there.
          if (failure !== null && !mutation.isAbsolute) options.onUnknownReplaced?.(failure)
          return settledOk('written' as const)
        })
    })
}

function unknownState ({ type }: ReadFailure): SessionState {
  return type === 'malformed' ? type : 'unreadable'
}

// A use is not recorded in a file that holds no known session. What others have changed in one that cannot be read is not
// known either: a change must not replace it.
function leaveUnknown (file: string, { steps }: Mutation, failure: ReadFailure, { onFailure }: ResolvedOptions): ResultAsync<Outcome, WriteFailed> {
  const cause = causeOf(failure)
  if (steps.some(changesContent)) return settledErr({ type: 'write-failed', file, cause })
  onFailure?.({ type: 'touch-failed', file, cause })
  return settledOk('unchanged')
}

function causeOf (failure: ReadFailure): unknown {
  switch (failure.type) {
    case 'decrypt-failed': return new Error(`what it holds cannot be decrypted: ${failure.reason}`)
    case 'not-encrypted': return new Error('what it holds is not encrypted, and requireEncryption is set')
    default: return failure.cause
  }
}

// What a save may replace, and what is known of that content.
interface Replaceable {
  readonly before: SessionText | null
  readonly expected: ((version: FileVersion | null) => boolean) | null
}

// What depends on the content may replace that version only, where it is known.
function replaceable ({ steps }: Mutation, { record, version, failure }: FoundFile): Replaceable {
  if (steps[0]?.type === 'replace' || (record === null && failure === null)) return { before: null, expected: null }
  const expected = (now: FileVersion | null) => now !== null && (version === null || isSameVersion(version, now))
  return { before: record?.text ?? null, expected }
}

function replaceSession (file: string, session: CurrentSession, { before, expected }: Replaceable, options: ResolvedOptions): ResultAsync<boolean, WriteFailed> {
  const replace = () => saveSession(file, session, expected, options)
  return options.aroundReplace === undefined ? replace() : options.aroundReplace(file, { before, after: session.text }, replace)
}

function touchIfDue (file: string, session: CurrentSession, record: SessionRecord, again: () => ResultAsync<Outcome, WriteFailed>, options: ResolvedOptions): ResultAsync<Outcome, WriteFailed> {
  const { touchInterval = 0, ttl = defaultTtl } = options
  const ahead = session.lastUsedAt - record.lastUsedAt
  // Behind by so much: the file's time is from a clock that was ahead, or the session is to expire earlier.
  const isDue = ahead < -clockSkewMs || (ahead > 0 && ahead >= recordingInterval(session.cookie?.originalMaxAge ?? lifetimeOf(session.text.parseCanonical().unwrapOr({}), ttl), touchInterval))
  return isDue ? touch(file, session, record, options).andThen(outcome => outcome === 'absent' ? again() : settledOk(outcome)) : settledOk('unchanged')
}

function touch (file: string, session: CurrentSession, record: SessionRecord, options: ResolvedOptions): ResultAsync<Outcome | 'absent', WriteFailed> {
  return saveLastUse(file, session, record, options)
    .map((isFound): Outcome | 'absent' => isFound ? 'touched' : 'absent')
    // The times of another user's file cannot be set, and some mounts refuse to set any: a new file has the right one.
    .orElse(cause => saveSession(file, session, current => current !== null && isSameVersion(record.version, current), options)
      .map((isReplaced): Outcome => isReplaced ? 'written' : 'unchanged')
      .orElse((): Result<Outcome, WriteFailed> => {
        options.onFailure?.({ type: 'touch-failed', file, cause })
        return ok('unchanged')
      }))
}
