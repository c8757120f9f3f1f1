import { removeUnsendable, timeOf } from './cookie.ts'
import { isObject, type StoredCookie, type StoredSession } from './session.ts'

/** How long sessions live, and what time it is. */
export interface ExpiryOptions {
  /**
   * How long a session lives after its last use when its cookie has neither `maxAge` nor `expires`, in milliseconds.
   * @default 1_209_600_000 (14 days)
   */
  readonly ttl?: number
  /**
   * Gives the current time, in milliseconds since 1970.
   * @default Date.now, looked up at each call
   */
  readonly clock?: () => number
}

/** A session and its expiry, in milliseconds since 1970. */
export interface SessionWithExpiry {
  readonly session: StoredSession
  readonly expiresAt: number
}

/** How long a session lives after its last use unless its cookie or `ttl` says otherwise: 14 days, in milliseconds. */
export const defaultTtl = 14 * 24 * 60 * 60 * 1000

/** In milliseconds. Clocks of machines that share a directory may differ by seconds; a last use farther ahead is a clock that was wrong. */
export const clockSkewMs = 10_000

// In milliseconds. Between a cookie's `expires` and the store's view of the same moment lies the time of a call.
const toleranceMs = 1_000

// In milliseconds from 1970, in either direction: the range of a Date.
const dateRange = 8.64e15

/** The current time. Not `Date.now` itself: fake timers replace it after this module was loaded. */
export function currentTime (): number {
  return Date.now()
}

/**
 * Whether the session's expiry moves with each use: its cookie has an `originalMaxAge`, and the application has not set
 * `expires` itself. Then the file's modification time decides, and the dates in the cookie say nothing of their own.
 */
export function isRolling (cookie: unknown): cookie is StoredCookie & { originalMaxAge: number } {
  return hasMaxAge(cookie) && cookie.fixedExpiry !== true
}

/**
 * When a session that was last used at `lastUsedAt` expires, in milliseconds since 1970: `originalMaxAge` after that
 * for a rolling cookie; otherwise at the cookie's `expires`; without either, `ttl` milliseconds after the last use.
 */
export function expiryOf ({ cookie }: StoredSession, lastUsedAt: number, ttl: number): number {
  const expires = isRolling(cookie)
    ? lastUsedAt + cookie.originalMaxAge
    : (isObject(cookie) ? timeOf(cookie.expires) : null) ?? lastUsedAt + ttl
  return Math.max(-dateRange, Math.min(dateRange, expires))
}

/** Whether what expires at `expiresAt` has expired. A session is expired from the exact millisecond of its expiry. */
export function isExpired (expiresAt: number, { clock = currentTime }: ExpiryOptions): boolean {
  return expiresAt <= clock()
}

/**
 * The session with its cookie's `expires` as it stands, and when it expires. Changes `session`, which must be the
 * caller's own. A cookie that is not rolling and has no date gets none: it would turn from one that ends with the browser
 * into one that does not. What cannot be sent to a browser is removed from the cookie.
 */
export function withExpiry (session: StoredSession, lastUsedAt: number, { ttl = defaultTtl, clock = currentTime }: ExpiryOptions): SessionWithExpiry {
  // A last use in the future, by a clock that was ahead, must not prolong the session.
  const expires = expiryOf(session, Math.min(lastUsedAt, clock()), ttl)
  const { cookie } = session
  if (isObject(cookie)) removeUnsendable(cookie)
  if (isRolling(cookie)) {
    cookie.expires = new Date(expires)
    // The plugin would take it for the expiry.
    delete cookie.originalExpires
  } else if (isObject(cookie) && timeOf(cookie.expires) !== null) {
    cookie.expires = new Date(expires)
  }
  return { session, expiresAt: expires }
}

/** How long the session lives after a use, in milliseconds, if each use prolongs it, otherwise `null`. */
export function lifetimeOf ({ cookie }: StoredSession, ttl: number = defaultTtl): number | null {
  if (isRolling(cookie)) return cookie.originalMaxAge
  return isObject(cookie) && timeOf(cookie.expires) !== null ? null : ttl
}

/**
 * How often the last use of a session with this lifetime is recorded, in milliseconds: each `touchInterval`, or each
 * hundredth of the lifetime if that is less, so that no session expires noticeably early.
 */
export function recordingInterval (lifetime: number | null, touchInterval: number): number {
  return lifetime === null ? touchInterval : Math.min(touchInterval, Math.max(0, lifetime / 100))
}

/**
 * When a session that is set at `now` was last used: the moment from which its rolling expiry was counted, never later
 * than `now`.
 */
export function impliedLastUse (cookie: unknown, now: number): number {
  if (!isRolling(cookie)) return now
  const expires = timeOf(cookie.expires)
  return expires === null ? now : Math.min(now, expires - cookie.originalMaxAge)
}

/**
 * The expiry that the application has set itself beside a `maxAge`, in milliseconds since 1970, or `null` when the
 * cookie's `expires` was counted by the plugin: from a moment between `countedFrom` (when the session was loaded;
 * `null` when that is not known: then any moment since 1970 will do) and `now`.
 */
export function fixedExpiryOf (cookie: unknown, now: number, countedFrom: number | null): number | null {
  if (!hasMaxAge(cookie)) return null
  const expires = timeOf(cookie.expires)
  if (expires === null) return null
  const counted = expires - cookie.originalMaxAge
  const isFixed = counted > now + toleranceMs || counted < (countedFrom === null ? 0 : countedFrom - toleranceMs)
  return isFixed || cookie.fixedExpiry === true ? expires : null
}

function hasMaxAge (cookie: unknown): cookie is StoredCookie & { originalMaxAge: number } {
  // 0 means "none" to @fastify/session too, and JSON has no NaN and no Infinity.
  return isObject(cookie) && typeof cookie.originalMaxAge === 'number' && cookie.originalMaxAge !== 0 && Number.isFinite(cookie.originalMaxAge)
}
