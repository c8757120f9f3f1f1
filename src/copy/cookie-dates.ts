import { isDeepStrictEqual } from 'node:util'
import { timeOf } from '../session/cookie.ts'
import { isRolling } from '../session/expiry.ts'
import type { StoredSession } from '../session/session.ts'

/** When the session's cookie says that it expires, in milliseconds since 1970, or `null` when it does not say. */
export function cookieExpiry ({ cookie }: StoredSession): number | null {
  return timeOf(cookie?.expires)
}

/** When the session was last used, in milliseconds since 1970, or `null` when its expiry does not move with its use. */
export function lastUseOf ({ cookie }: StoredSession): number | null {
  const expires = timeOf(cookie?.expires)
  return expires !== null && isRolling(cookie) ? expires - cookie.originalMaxAge : null
}

/** Whether `session` was used later than `other`. Not where either does not say. */
export function isUsedLater (session: StoredSession, other: StoredSession): boolean {
  const use = lastUseOf(session)
  const otherUse = lastUseOf(other)
  return use !== null && otherUse !== null && use > otherUse
}

/** Whether two sessions have the same content and expiry as JSON, in whatever order their keys are: `FileStore` gives them as its cache or its file has them. */
export function isSame (session: StoredSession, other: StoredSession): boolean {
  const [one, two] = [JSON.stringify(session), JSON.stringify(other)]
  return one === two || isDeepStrictEqual(JSON.parse(one), JSON.parse(two))
}

/** Whether two sessions are the same apart from when they were last used: from the dates of a cookie whose expiry moves with that. */
export function isSameButUse (session: StoredSession, other: StoredSession): boolean {
  return isDeepStrictEqual(withoutMovingDates(session), withoutMovingDates(other))
}

function withoutMovingDates (session: StoredSession): StoredSession {
  const plain: StoredSession = JSON.parse(JSON.stringify(session))
  if (isRolling(plain.cookie)) {
    delete plain.cookie.expires
    delete plain.cookie['originalExpires']
  }
  return plain
}

/**
 * `session` for a store that takes the time to live from `cookie.expires`, as `connect-redis` does.
 *
 * A session whose cookie names no date still expires. The store is shown that date, while the content that it
 * stores stays as it is: a date in the cookie would make the browser keep a cookie that ends with the browser.
 * (Stores call `toJSON`: the cookies of `@fastify/session` have one too.)
 */
export function withStoreExpiry (session: StoredSession, expiresAt: number | undefined): StoredSession {
  if (expiresAt === undefined || cookieExpiry(session) !== null) return session
  const shown = { ...session, cookie: { ...session.cookie, expires: new Date(expiresAt) } }
  return Object.defineProperty(shown, 'toJSON', { value: () => session })
}
