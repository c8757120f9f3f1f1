import { dirname } from 'node:path'
import { err, type Result, type ResultAsync } from 'neverthrow'
import { settled, settledErr, settledOk } from './async/result.ts'
import type { SessionCache } from './cache.ts'
import { encodeText, type EncryptionOptions } from './encryption/envelope.ts'
import type { WriteFailed } from './errors.ts'
import { replaceFileAtomic, type ReplaceOptions } from './fs/atomic.ts'
import type { Disk } from './fs/disk.ts'
import type { FileTimes } from './fs/node.ts'
import { expectedVersion, hasDistinctInode, hasMtime, uniqueMtime, type FileVersion } from './fs/version.ts'
import type { SessionRecord } from './load.ts'
import type { CurrentSession } from './queue/step.ts'
import { defaultTtl, expiryOf, type ExpiryOptions } from './session/expiry.ts'
import type { StoredCookie } from './session/session.ts'
import { SessionText } from './session/session-text.ts'
import { datedCookie, serialize } from './session/snapshot.ts'

/** How a session is saved. */
export interface SaveOptions extends ExpiryOptions, EncryptionOptions, ReplaceOptions {
  readonly disk: Disk
  readonly cache: SessionCache
}

// In milliseconds since 1970: the range of 32 bits of seconds.
const latestTimeMs = (2 ** 32 - 1) * 1000

/**
 * Replaces `file` by one that holds `session`, if the version that is there is as `expected`; `null` replaces whatever is
 * there. The value is `false` when it is not as expected. Fails with `write-failed`: then `file` is as it was.
 */
export function saveSession (file: string, session: CurrentSession, expected: ((version: FileVersion | null) => boolean) | null, options: SaveOptions): ResultAsync<boolean, WriteFailed> {
  const { disk, cache, durable = false } = options
  const times = timesOf(session, options)
  const { canonical } = session.text
  const remember = (version: FileVersion, mustRewrite: boolean) => {
    const text = new SessionText(canonical, { isCanonical: true, isEncrypted: options.secret !== undefined, mustRewrite })
    // A time that the file system changed does not distinguish this content from the next.
    if (hasMtime(version, times.mtimeMs)) cache.remember(file, text, expectedVersion(version.mtimeMs, version))
    else cache.delete(file)
  }
  return settled(fileText(file, session, options))
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

/**
 * Gives `file`, which holds `record`, the time of the last use of `session`. The value is `false` when there is no such
 * file. Fails with the system's error.
 */
export function saveLastUse (file: string, session: CurrentSession, { text, version }: SessionRecord, options: SaveOptions): ResultAsync<boolean, unknown> {
  const { disk, cache } = options
  const times = timesOf(session, options)
  return disk.setTimes(file, times).map(isFound => {
    if (isFound && hasDistinctInode(version)) cache.remember(file, text, expectedVersion(times.mtimeMs, version))
    else cache.delete(file)
    return isFound
  })
}

// A text can be too long for a string, and so can be what it is when it is encrypted.
function fileText (file: string, session: CurrentSession, options: EncryptionOptions): Result<string, unknown> {
  try {
    return encodeText(file, serialize({ canonical: session.text.canonical, cookie: cookieOf(session) }), options)
  } catch (cause) {
    return err(cause)
  }
}

function timesOf (session: CurrentSession, { ttl = defaultTtl }: ExpiryOptions): FileTimes {
  const { cookie, lastUsedAt } = session
  const expiry = cookie?.originalMaxAge ? lastUsedAt + cookie.originalMaxAge : expiryOf(session.text.parseCanonical().unwrapOr({}), lastUsedAt, ttl)
  // A prune does not read the session before its access time. Not every file system supports times outside of this range.
  return { mtimeMs: uniqueMtime(Math.max(0, lastUsedAt)), atimeMs: Math.max(0, Math.min(latestTimeMs, expiry)) }
}

function cookieOf ({ text, cookie, lastUsedAt }: CurrentSession): StoredCookie | null {
  return cookie === undefined ? text.parseCanonical().map(({ cookie }) => datedCookie(cookie, lastUsedAt)).unwrapOr(null) : cookie
}
