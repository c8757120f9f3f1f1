/** What `@fastify/session` keeps about a session's cookie, as far as expiry needs it. */
export interface StoredCookie {
  /** How long after its last use the session expires, in milliseconds; rules where it is set. */
  originalMaxAge?: number | null
  /** When the session expires, where `originalMaxAge` does not rule. */
  expires?: Date | string | number | null
  [key: string]: unknown
}

/** A session as it stands on disk: a JSON object, with or without a cookie. */
export interface StoredSession {
  cookie?: StoredCookie
  [key: string]: unknown
}

// In milliseconds from 1970, either way: what a Date can say.
const farthest = 8.64e15

/** How long a session lives after its last use when its cookie does not say: 14 days, in milliseconds. */
export const defaultTtl = 14 * 24 * 60 * 60 * 1000

/**
 * When the session expires, in milliseconds since 1970, if it was last used at
 * `usedAt`: `originalMaxAge` after that; without it, at the cookie's `expires`;
 * without either, `ttl` milliseconds after the last use.
 */
export function expiresAt ({ cookie }: StoredSession, usedAt: number, ttl: number): number {
  const expires = moves(cookie)
    ? usedAt + cookie.originalMaxAge
    : (isObject(cookie) ? timeOf(cookie.expires) : null) ?? usedAt + ttl
  return Math.max(-farthest, Math.min(farthest, expires))
}

/**
 * When a session that is set at `now` was used: the moment that its cookie's
 * expiry was counted from, if that moves, and never later than `now`.
 */
export function lastUse (cookie: unknown, now: number): number {
  if (!moves(cookie)) return now
  const expires = timeOf(cookie.expires)
  return expires === null ? now : Math.min(now, expires - cookie.originalMaxAge)
}

/**
 * Whether the cookie's expiry moves with every use. Then the file's own time
 * carries it, and the dates in the cookie say nothing of their own.
 */
export function moves (cookie: unknown): cookie is StoredCookie & { originalMaxAge: number } {
  // 0 and NaN mean "none" to @fastify/session too.
  return isObject(cookie) && typeof cookie.originalMaxAge === 'number' && Boolean(cookie.originalMaxAge)
}

/** The time that a cookie's date says, in milliseconds, or `null` when it says none. */
export function timeOf (date: unknown): number | null {
  const time = typeof date === 'string' ? Date.parse(date) : date instanceof Date ? date.getTime() : date
  return typeof time === 'number' && Number.isFinite(time) ? time : null
}

/** Whether `value` is what JSON calls an object. */
export function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
