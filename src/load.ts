import { err, ok, type Result, type ResultAsync } from 'neverthrow'
import { settledOk } from './async/result.ts'
import type { SessionCache } from './cache.ts'
import { decodeText, type EncryptionOptions } from './encryption/envelope.ts'
import type { Malformed, ReadFailure } from './errors.ts'
import { whileBusy } from './fs/busy.ts'
import type { Disk } from './fs/disk.ts'
import { NotUtf8 } from './fs/node.ts'
import { isRacy, lastUsedAtOf, systemTime, type FileVersion } from './fs/version.ts'
import type { Mutation } from './queue/mutation.ts'
import type { SessionState } from './queue/step.ts'
import { withExpiry, type ExpiryOptions, type SessionWithExpiry } from './session/expiry.ts'
import type { SessionText } from './session/session-text.ts'

/** What a file holds, and the version of the file. */
export interface SessionRecord {
  readonly text: SessionText
  readonly version: FileVersion
  /** In milliseconds since 1970. */
  readonly lastUsedAt: number
}

/** What is in a file. */
export interface FoundFile {
  /** `null` when there is no file, or it could not be read. */
  readonly record: SessionRecord | null
  /** `null` when there is no file, or it is not known. */
  readonly version: FileVersion | null
  /** Why the session is not known, if there is a file. */
  readonly failure: ReadFailure | null
}

/** How a file is loaded. */
export interface LoadOptions extends EncryptionOptions {
  readonly disk: Disk
  readonly cache?: SessionCache
  /** Told whether the text of an existing file was in the cache. */
  readonly onLookup?: (isHit: boolean) => void
}

/** A session as it is, with the changes that are not in its file yet. */
export interface LoadedSession extends SessionWithExpiry {
  readonly text: SessionText
  /** In milliseconds since 1970. */
  readonly lastUsedAt: number
  /** The size of the file, in bytes; for a change that is not written yet, about. */
  readonly size: number
}

/**
 * The session in `file`, expired or not, after the change that is not in the file yet, if there is one; `null` when there
 * is none. Fails as `loadRecord` does, and with `malformed` when the text is not a session.
 */
export function loadSession (file: string, pending: Mutation | null, options: LoadOptions & ExpiryOptions): ResultAsync<LoadedSession | null, ReadFailure> {
  const stored: ResultAsync<SessionRecord | null, ReadFailure> = pending?.isAbsolute ? settledOk(null) : loadRecord(file, options)
  return stored
    .map((record): Stored => ({ state: stateOf(record), size: record?.version.size ?? 0, failure: null }))
    // Whatever the failure: what a request has set, and is not written yet, is the session to a reader.
    .orElse((failure): Result<Stored, never> => ok({ state: 'malformed', size: 0, failure }))
    .andThen(({ state, size, failure }): Result<LoadedSession | null, ReadFailure> => {
      const current = pending === null ? state : pending.applyTo(state)
      if (current === null) return ok(null)
      if (typeof current === 'string') return err(failure!)
      const { text, lastUsedAt } = current
      return text.parse()
        .map(parsed => {
          const { session, expiresAt } = withExpiry(parsed, lastUsedAt, options)
          return { session, expiresAt, text, lastUsedAt, size: current === state ? size : Buffer.byteLength(text.text) }
        })
        .mapErr((cause): Malformed => ({ type: 'malformed', file, cause }))
    })
}

/** What is in a file before the change that is not in it yet. */
interface Stored {
  readonly state: SessionState
  readonly size: number
  /** Why the state is not known. */
  readonly failure: ReadFailure | null
}

/**
 * The record of `file`, from the cache where the file's version allows it; `null` when there is no such file.
 *
 * Fails with `read-failed` when the file system refuses, with `malformed` when the file is not UTF-8, and with
 * `decrypt-failed` or `not-encrypted` as the `EncryptionOptions` say. Whether the text is a session is not known yet.
 */
export function loadRecord (file: string, options: LoadOptions): ResultAsync<SessionRecord | null, ReadFailure> {
  const takenAt = systemTime()
  return options.disk.stat(file).mapErr(failure(file))
    .andThen(version => version === null ? settledOk(null) : loadRecordOf(file, version, takenAt, options))
}

/**
 * `loadRecord` for a file whose version is known, taken at `takenAt` by the system's clock. This is the only way in which
 * session files are read.
 */
export function loadRecordOf (file: string, version: FileVersion, takenAt: number, options: LoadOptions): ResultAsync<SessionRecord | null, ReadFailure> {
  const { cache, onLookup } = options
  const known = cache?.lookup(file, version) ?? null
  onLookup?.(known !== null)
  if (known !== null) return settledOk(recordOf(known, version))
  return readText(file, version, options).map(text => {
    if (text === null) return null
    if (!isRacy(version, takenAt)) cache?.remember(file, text, version)
    return recordOf(text, version)
  })
}

/**
 * What is in `file`, whatever that is. When it cannot be read it is tried once more, with a version that is known before: the
 * disk may have refused for a moment, and another process may replace the file meanwhile.
 */
export function findRecord (file: string, options: LoadOptions): ResultAsync<FoundFile, never> {
  const found = (record: SessionRecord | null): FoundFile => ({ record, version: record?.version ?? null, failure: malformed(file, record) })
  return loadRecord(file, options).map(found).orElse(() => {
    const takenAt = systemTime()
    return whileBusy(() => options.disk.stat(file))
      .andThen(version => version === null
        ? settledOk(found(null))
        : whileBusy(() => loadRecordOf(file, version, takenAt, options), failure => 'cause' in failure ? failure.cause : null)
          .map(found)
          .orElse((failure): Result<FoundFile, never> => ok({ record: null, version, failure })))
      .orElse((cause): Result<FoundFile, never> => ok({ record: null, version: null, failure: { type: 'read-failed', file, cause } }))
  })
}

/** A record as the state that a mutation changes. */
export function stateOf (record: SessionRecord | null): SessionState {
  return record === null ? null : { text: record.text, cookie: undefined, lastUsedAt: record.lastUsedAt }
}

function malformed (file: string, record: SessionRecord | null): Malformed | null {
  const parsed = record === null || record.text.isSession ? null : record.text.parse()
  return parsed?.isErr() ? { type: 'malformed', file, cause: parsed.error } : null
}

function readText (file: string, { size }: FileVersion, options: LoadOptions): ResultAsync<SessionText | null, ReadFailure> {
  return options.disk.read(file, size).mapErr(failure(file))
    .andThen((raw): Result<SessionText | null, ReadFailure> => raw === null ? ok(null) : decodeText(file, raw, options))
}

function recordOf (text: SessionText, version: FileVersion): SessionRecord {
  return { text, version, lastUsedAt: lastUsedAtOf(version) }
}

function failure (file: string) {
  return (cause: unknown): ReadFailure => ({ type: cause instanceof NotUtf8 ? 'malformed' : 'read-failed', file, cause })
}
