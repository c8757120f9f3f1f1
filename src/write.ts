import { dirname } from 'node:path'
import { ok, type Result, type ResultAsync } from 'neverthrow'
import { settled, settledErr, settledOk } from './async/result.ts'
import { isCurrent, SessionCache, type FileRecord } from './cache.ts'
import { encodeText, type EncryptionOptions } from './encryption/envelope.ts'
import type { NotSerializable, ReadFailure, TouchFailed, WriteFailed } from './errors.ts'
import { replaceFileAtomic, type ReplaceOptions } from './fs/atomic.ts'
import { Disk } from './fs/disk.ts'
import { loadRecord, stateOf, type SessionRecord } from './load.ts'
import type { FileTimes } from './fs/node.ts'
import { expectedVersion, hasDistinctInode, hasMtime, isSameVersion, uniqueMtime, type FileVersion } from './fs/version.ts'
import { Mutation, type CurrentSession, type OnMerge } from './queue/mutation.ts'
import { clockSkewMs, currentTime, defaultTtl, expiresAt, lifetimeOf, recordingInterval, type ExpiryOptions } from './session/expiry.ts'
import { SessionText } from './session/session-text.ts'
import { datedCookie, serialize, snapshotOf } from './session/snapshot.ts'
import type { StoredSession } from './session/session.ts'

/** How a session is written. */
export interface WriteOptions extends ExpiryOptions, EncryptionOptions, ReplaceOptions {
  /**
   * How often the last use of an unchanged session is recorded at most, in milliseconds; less for short lifetimes (see
   * `recordingInterval`). 0 records each use.
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

/** What `FileStore` adds to the options of `writeIfChanged`. */
export interface ObserveOptions {
  readonly onMerge?: OnMerge
  readonly onLookup?: (isHit: boolean) => void
}

/** What a write did: it replaced the file (`'written'`), only recorded the last use (`'touched'`), or neither was needed. */
export type Written = 'written' | 'touched' | 'unchanged'

/** What a mutation did; `'gone'`: its session had been ended, and stays so. */
export type Outcome = Written | 'gone'

// In milliseconds since 1970: what 32 bits of seconds can say.
const latestTimeMs = (2 ** 32 - 1) * 1000

type ResolvedOptions = WriteOptions & ObserveOptions & { readonly disk: Disk, readonly cache: SessionCache, readonly clock: () => number }

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
export function writeIfChanged (file: string, mutation: Mutation, options?: WriteOptions & ObserveOptions): ResultAsync<Outcome, WriteFailed>
export function writeIfChanged (file: string, session: object, options?: WriteOptions): ResultAsync<Written, NotSerializable | WriteFailed>
export function writeIfChanged (file: string, change: object, options: WriteOptions & ObserveOptions = {}): ResultAsync<Outcome, NotSerializable | WriteFailed> {
  const { disk = new Disk(), cache = new SessionCache(0), clock = currentTime } = options
  const resolved = { ...options, disk, cache, clock }
  if (change instanceof Mutation) return write(file, change, resolved)
  return settled(snapshotOf(change, { now: clock() }))
    .mapErr(cause => ({ type: 'not-serializable' as const, file, cause }))
    .andThen(snapshot => write(file, Mutation.of({ type: 'replace', snapshot }), resolved))
}

function write (file: string, mutation: Mutation, options: ResolvedOptions): ResultAsync<Outcome, WriteFailed> {
  const assumed = assumedRecord(file, mutation, options)
  if (assumed === null) return writeOnto(file, mutation, options)
  const session = mutation.applyTo({ text: assumed.text, cookie: undefined, lastUsedAt: 0 }) as CurrentSession
  return replace(file, session, version => version !== null && isCurrent(assumed, version), options)
    .andThen(isReplaced => isReplaced ? settledOk('written' as const) : writeOnto(file, mutation, options))
}

// A session that was loaded from the content that this process knows of the file. That it is still there is seen right
// before the rename in any case, which spares looking at it before.
function assumedRecord (file: string, { steps }: Mutation, { cache }: ResolvedOptions): FileRecord | null {
  const [step] = steps
  if (steps.length !== 1 || step?.type !== 'merge' || step.base.text === null) return null
  const record = cache.peek(file)
  const { canonical } = step.base.text
  return record?.text.canonical === canonical && step.snapshot.canonical !== canonical ? record : null
}

function writeOnto (file: string, mutation: Mutation, options: ResolvedOptions): ResultAsync<Outcome, WriteFailed> {
  let unreadable: ReadFailure | undefined
  return loadRecord(file, options)
    .map((record): SessionRecord | 'unreadable' | null => record)
    // What cannot be read can still be replaced.
    .orElse((failure): Result<'unreadable', never> => {
      unreadable = failure
      return ok('unreadable')
    })
    .andThen((record): ResultAsync<Outcome, WriteFailed> => {
      const session = mutation.applyTo(record === 'unreadable' ? record : stateOf(record), options.onMerge)
      if (session === null) return settledOk('gone')
      if (session === 'unreadable') {
        options.onFailure?.({ type: 'touch-failed', file, cause: unreadable })
        return settledOk('unchanged')
      }
      const isNew = record === null || record === 'unreadable'
      if (!isNew && record.text.canonical === session.text.canonical && !record.text.isOutdated) return touchIfDue(file, mutation, session, record, options)
      return replace(file, session, expectation(mutation, record), options)
        .andThen(isReplaced => isReplaced ? settledOk('written' as const) : writeOnto(file, mutation, options))
    })
}

// What was merged must be merged again with another content; what replaces everything need not be.
function expectation ({ steps }: Mutation, record: SessionRecord | 'unreadable' | null): ((version: FileVersion | null) => boolean) | null {
  if (steps[0]?.type === 'replace') return null
  if (record === 'unreadable') return version => version !== null
  if (record === null) return null
  return version => version !== null && isSameVersion(record.version, version)
}

function touchIfDue (file: string, mutation: Mutation, session: CurrentSession, record: SessionRecord, options: ResolvedOptions): ResultAsync<Outcome, WriteFailed> {
  const { touchInterval = 0, ttl = defaultTtl } = options
  const ahead = session.lastUsedAt - record.lastUsedAt
  // Behind by so much: the file's time is from a clock that was ahead, or the session is to expire earlier.
  const isDue = ahead < -clockSkewMs || (ahead > 0 && ahead >= recordingInterval(session.cookie?.originalMaxAge ?? lifetimeOf(parsed(session), ttl), touchInterval))
  return isDue ? touch(file, mutation, session, record, options) : settledOk('unchanged')
}

function touch (file: string, mutation: Mutation, session: CurrentSession, { text, version }: SessionRecord, options: ResolvedOptions): ResultAsync<Outcome, WriteFailed> {
  const { disk, cache, onFailure } = options
  const times = timesOf(session, options)
  return disk.setTimes(file, times)
    .andThen((isFound): ResultAsync<Outcome, WriteFailed> => {
      if (!isFound) return writeOnto(file, mutation, options)
      if (hasDistinctInode(version)) cache.remember(file, text, expectedVersion(times.mtimeMs, version))
      else cache.delete(file)
      return settledOk('touched')
    })
    // The times of another user's file cannot be set, and some mounts refuse to set any: a new file has the right one.
    .orElse(cause => replace(file, session, current => current !== null && isSameVersion(version, current), options)
      .map((isReplaced): Outcome => isReplaced ? 'written' : 'unchanged')
      .orElse((): Result<Outcome, WriteFailed> => {
        onFailure?.({ type: 'touch-failed', file, cause })
        return ok('unchanged')
      }))
}

/** Replaces the file. The value is `false` when it is not as expected. */
function replace (file: string, session: CurrentSession, expected: ((version: FileVersion | null) => boolean) | null, options: ResolvedOptions): ResultAsync<boolean, WriteFailed> {
  const { disk, cache, durable = false } = options
  const times = timesOf(session, options)
  const { canonical } = session.text
  const remember = (version: FileVersion, isOutdated: boolean) => {
    const text = new SessionText(canonical, { isCanonical: true, isEncrypted: options.secret !== undefined, isOutdated })
    // A time that the file system did not take over as it is would not tell this content from the next.
    if (hasMtime(version, times.mtimeMs)) cache.remember(file, text, expectedVersion(version.mtimeMs, version))
    else cache.delete(file)
  }
  return settled(encodeText(file, serialize({ canonical, cookie: cookieOf(session) }), options))
    .andThen(text => replaceFileAtomic(file, { text, times, expected }, disk, options))
    .andThen(version => {
      if (version === null) return settledOk(false)
      // Should the flush fail, the next set of the same content has to write again.
      remember(version, durable)
      return !durable
        ? settledOk(true)
        : disk.flushDirectory(dirname(file)).map(() => {
          remember(version, false)
          return true
        })
    })
    .orElse(cause => settledErr({ type: 'write-failed' as const, file, cause }))
}

function timesOf (session: CurrentSession, { ttl = defaultTtl }: ResolvedOptions): FileTimes {
  const { cookie, lastUsedAt } = session
  const expiry = cookie?.originalMaxAge ? lastUsedAt + cookie.originalMaxAge : expiresAt(parsed(session), lastUsedAt, ttl)
  // The access time tells a prune that the session need not be read before. Not every file system takes times outside of this range.
  return { mtimeMs: uniqueMtime(Math.max(0, lastUsedAt)), atimeMs: Math.max(0, Math.min(latestTimeMs, expiry)) }
}

function cookieOf (session: CurrentSession) {
  return session.cookie === undefined ? datedCookie(parsed(session).cookie, session.lastUsedAt) : session.cookie
}

function parsed ({ text }: CurrentSession): StoredSession {
  return SessionText.ofCanonical(text.canonical).parse().unwrapOr({})
}
