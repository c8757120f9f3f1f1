import { ok, type Result } from 'neverthrow'
import { andThen, type Answer } from './answer.ts'
import { SessionCache } from './cache.ts'
import { Disk } from './disk.ts'
import type { Malformed, ReadFailed } from './errors.ts'
import { defaultTtl, expiresAt, isObject, moves, timeOf, type StoredSession } from './expiry.ts'
import type { Content } from './text.ts'

/** How to read a session. */
export interface ReadOptions {
  /**
   * How long a session whose cookie does not say lives after its last use, in milliseconds.
   * @default 1_209_600_000 (14 days)
   */
  readonly ttl?: number
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
 * The session in `file`, or `null` when there is no such file or the session
 * has expired. It is a new object each time; its cookie's `expires`, where it
 * has one, is a `Date` and says when it expires.
 *
 * Fails with `read-failed` when the disk refuses and with `malformed` when the
 * text is not a session. The file stays: it may be all there is.
 */
export function readSession (file: string, options: ReadOptions = {}): Answer<StoredSession | null, ReadFailed | Malformed> {
  const { disk = new Disk(), cache = new SessionCache(0) } = options
  return andThen(cache.fetch(file, disk), stored =>
    stored === null
      ? ok(null)
      : liveSession(stored.content, Math.floor(stored.stamp.modified), options)
        .mapErr(cause => ({ type: 'malformed' as const, file, cause })))
}

/**
 * The session that `content` says, last used at `usedAt`, or `null` when it has
 * expired. Fails as `Content.parse` does.
 */
export function liveSession (content: Content, usedAt: number, options: ReadOptions): Result<StoredSession | null, unknown> {
  const { ttl = defaultTtl, clock = Date.now } = options
  return content.parse().map(session => {
    const expires = expiresAt(session, usedAt, ttl)
    if (expires <= clock()) return null
    // @fastify/session decides by these dates. A cookie without any gets none:
    // it would turn from one that ends with the browser into one that does not.
    const { cookie } = session
    if (moves(cookie)) {
      cookie.expires = new Date(expires)
      if ('originalExpires' in cookie) cookie.originalExpires = new Date(expires)
    } else if (isObject(cookie) && timeOf(cookie.expires) !== null) {
      cookie.expires = new Date(expires)
    }
    return session
  })
}
