import { types } from 'node:util'
import { err, ok, type Result } from 'neverthrow'
import secureJson from 'secure-json-parse'
import { fixedExpiryOf, impliedLastUse, isRolling } from './expiry.ts'
import { isObject, isTooDeep, maxDepth, type StoredCookie, type StoredSession } from './session.ts'

/** A session serialized at one moment: later changes of the live object do not affect it. */
export interface Snapshot {
  /**
   * The JSON that is compared: the session without the dates of a rolling cookie, which each use moves. Its keys keep their
   * order (it is not that of RFC 8785): a session whose keys change their order counts as changed. It is a session too.
   */
  readonly canonical: string
  /** The rolling cookie with its dates; `null` when the canonical JSON is complete without it. */
  readonly cookie: StoredCookie | null
  /** In milliseconds since 1970, never later than `takenAt`. */
  readonly lastUsedAt: number
  /** In milliseconds since 1970. */
  readonly takenAt: number
}

/** The moment of a snapshot. */
export interface SnapshotMoment {
  /** The current time, in milliseconds since 1970. */
  readonly now: number
  /** When the session was loaded, by the plugin's clock; `null` when that is not known. See `fixedExpiryOf`. */
  readonly countedFrom?: number | null
}

// The names that secure-json-parse refuses, perhaps: only a text that has one of them is parsed.
const guardedNames = /(?:__proto__|constructor)"/

/**
 * The snapshot of `session`. Fails with what was thrown when it cannot be JSON, and with a `TypeError` when its JSON is
 * not an object, is nested deeper than 256 levels, or holds a `__proto__` that could not be read back.
 */
export function snapshotOf (session: object, { now, countedFrom = null }: SnapshotMoment): Result<Snapshot, unknown> {
  try {
    const plain = toJson(session, '')
    if (!isObject(plain)) return err(new TypeError('it is not an object'))
    const cookie = withFixedExpiry(toJson(plain['cookie'], 'cookie'), now, countedFrom)
    const canonicalCookie = withoutMovingDates(cookie)
    const canonical = JSON.stringify(canonicalCookie === plain['cookie'] ? plain : { ...plain, cookie: canonicalCookie })
    check(canonical)
    return ok({ canonical, cookie: isRolling(cookie) ? copyWithDates(cookie) : null, lastUsedAt: impliedLastUse(cookie, now), takenAt: now })
  } catch (cause) {
    return err(cause)
  }
}

/** The snapshot of a session as a file has it: there only the mark says whether `expires` is the application's own, whatever the moment. */
export function storedSnapshotOf (session: StoredSession): Result<Snapshot, unknown> {
  return snapshotOf(session, { now: Infinity, countedFrom: -Infinity })
}

/** The text of a snapshot for its file: what `JSON.stringify` gave for the session at that moment. */
export function serialize ({ canonical, cookie }: Pick<Snapshot, 'canonical' | 'cookie'>): string {
  if (cookie === null) return canonical
  // @fastify/session puts the cookie first: then only the cookie is serialized again.
  const start = `{"cookie":${JSON.stringify(withoutMovingDates(cookie))}`
  if (canonical.startsWith(start)) return `{"cookie":${JSON.stringify(withTextDates(cookie))}${canonical.slice(start.length)}`
  const session: StoredSession = JSON.parse(canonical)
  return JSON.stringify({ ...session, cookie: withDates(session.cookie, cookie) })
}

/** A rolling cookie with the dates of a session that was last used at `lastUsedAt`; other cookies have theirs already. */
export function datedCookie (cookie: StoredCookie | null | undefined, lastUsedAt: number): StoredCookie | null {
  if (!isRolling(cookie)) return null
  const { expires, originalExpires, ...rest } = cookie
  return { expires: new Date(lastUsedAt + cookie.originalMaxAge).toJSON(), ...rest }
}

// The application's own `expires` stays in the canonical JSON, with a mark that says that it decides.
function withFixedExpiry (cookie: unknown, now: number, countedFrom: number | null): unknown {
  if (!isObject(cookie)) return cookie
  const expires = fixedExpiryOf(cookie, now, countedFrom)
  return expires === null ? cookie : { ...cookie, expires: new Date(expires), originalExpires: undefined, fixedExpiry: true }
}

// Without both dates: @fastify/session adds the second one only when a session is loaded.
function withoutMovingDates (cookie: unknown): unknown {
  return isRolling(cookie) ? { ...cookie, expires: undefined, originalExpires: undefined } : cookie
}

// With the dates of `cookie`, and the keys in its order.
function withDates (canonical: StoredCookie | undefined, cookie: StoredCookie): object {
  const { expires, originalExpires } = cookie
  const whole: Record<string, unknown> = { ...canonical, expires, originalExpires }
  return Object.fromEntries([...Object.keys(cookie), ...Object.keys(whole)].map(key => [key, whole[key]]))
}

// Throws for a text that is not an object, as that of a boxed string, or that could not be read back.
function check (json: string): void {
  if (!json.startsWith('{')) throw new TypeError('it is not an object')
  if (guardedNames.test(json)) secureJson.parse(json)
  if (isTooDeep(json)) throw new TypeError(`it is nested deeper than ${maxDepth} levels`)
}

// A deep copy, as the live cookie may be changed before it is written. Throws for what cannot be JSON.
function copyWithDates (cookie: StoredCookie): StoredCookie {
  const copy = { ...cookie }
  for (const name of Object.keys(copy)) copy[name] = copyOf(copy[name])
  // The canonical JSON is without them.
  if (isNested(copy.expires) || isNested(copy['originalExpires'])) check(JSON.stringify({ cookie: copy }))
  return copy
}

function isNested (date: unknown): boolean {
  return typeof date === 'object' && !types.isDate(date)
}

// `JSON.stringify` takes longer for two dates than for the rest of a cookie.
function withTextDates (cookie: StoredCookie): StoredCookie {
  const textOf = (date: unknown): unknown => types.isDate(date) ? date.toJSON() : date
  return { ...cookie, expires: textOf(cookie.expires) as string, originalExpires: textOf(cookie['originalExpires']) }
}

// A deep copy with the same JSON.
function copyOf (value: unknown): unknown {
  if (types.isDate(value)) return new Date(value)
  const isPrimitive = Object(value) !== value
  if (isPrimitive && typeof value !== 'bigint') return value
  const json = JSON.stringify(value)
  return json === undefined ? undefined : JSON.parse(json)
}

// The result of `toJSON`, without a `toJSON` of its own, which JSON.stringify would call a second time.
function toJson (value: unknown, key: string): unknown {
  if (!hasToJson(value)) return value
  const json = value.toJSON(key)
  return hasToJson(json) ? { ...json, toJSON: undefined } : json
}

function hasToJson (value: unknown): value is { toJSON (key: string): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
}
