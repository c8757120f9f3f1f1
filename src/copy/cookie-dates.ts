import type { CarriedSession } from './keyed-store.ts'

/** When the session's cookie says that it expires, in milliseconds since 1970, or `null` when it does not say. */
export function expiryOf ({ cookie }: CarriedSession): number | null {
  const expires = cookie?.expires
  const time = typeof expires === 'string' ? Date.parse(expires) : expires instanceof Date ? expires.getTime() : expires
  return typeof time === 'number' && Number.isFinite(time) ? time : null
}

/** When the session was last used, in milliseconds since 1970, or `null` when its cookie's expiry does not move with its use. */
export function lastUseOf (session: CarriedSession): number | null {
  const expires = expiryOf(session)
  const maxAge = session.cookie?.originalMaxAge
  return expires !== null && typeof maxAge === 'number' && maxAge > 0 ? expires - maxAge : null
}

/** Whether `session` was used later than `other`. Not where either does not say. */
export function isUsedLater (session: CarriedSession, other: CarriedSession): boolean {
  const use = lastUseOf(session)
  const otherUse = lastUseOf(other)
  return use !== null && otherUse !== null && use > otherUse
}

/** Whether two sessions have the same content and expiry. */
export function isSame (session: CarriedSession, other: CarriedSession): boolean {
  return JSON.stringify(session) === JSON.stringify(other)
}

/**
 * `session` for a store that takes the time to live from `cookie.expires`, as `connect-redis` does.
 *
 * A session whose cookie names no date still expires. The store is shown that date, while the content that it
 * stores stays as it is: a date in the cookie would make the browser keep a cookie that ends with the browser.
 * (Stores call `toJSON`: the cookies of `@fastify/session` have one too.)
 */
export function withStoreExpiry (session: CarriedSession, expiresAt: number | undefined): CarriedSession {
  if (expiresAt === undefined || expiryOf(session) !== null) return session
  const shown = { ...session, cookie: { ...session.cookie, expires: new Date(expiresAt) } }
  return Object.defineProperty(shown, 'toJSON', { value: () => session })
}
