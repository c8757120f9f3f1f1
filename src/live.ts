import type { Result } from 'neverthrow'
import { defaultTtl, expiresAt, isObject, moves, timeOf, type StoredSession } from './expiry.ts'
import type { Content } from './text.ts'

/** How long sessions live, and what time it is. */
export interface Lifetime {
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
}

/** A session, and when it expires, in milliseconds since 1970. */
export interface Living {
  readonly session: StoredSession
  readonly expires: number
}

/**
 * The session that a content says, last used at `usedAt`, with its cookie's
 * dates as they stand: expired or not. Fails as `Content.parse` does.
 */
export function livingOf (content: Content, usedAt: number, { ttl = defaultTtl }: Lifetime): Result<Living, unknown> {
  return content.parse().map(session => {
    const expires = expiresAt(session, usedAt, ttl)
    // @fastify/session decides by these dates. A cookie without any gets none:
    // it would turn from one that ends with the browser into one that does not.
    const { cookie } = session
    if (moves(cookie)) {
      cookie.expires = new Date(expires)
      delete cookie.originalExpires
    } else if (isObject(cookie) && timeOf(cookie.expires) !== null) {
      cookie.expires = new Date(expires)
    }
    return { session, expires }
  })
}

/** Whether what expires at `expires` is over. To the millisecond it expires, it is. */
export function isOver (expires: number, { clock = Date.now }: Lifetime): boolean {
  return expires <= clock()
}
