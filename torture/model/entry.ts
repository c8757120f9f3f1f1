import { isDeepStrictEqual } from 'node:util'
import type { Fields } from './driver.ts'
import { ttl } from './lifetimes.ts'

/** The model of a session file. */
export interface Entry {
  /** The session without the dates that move with every use; a text where the file does not hold a session. */
  readonly content: Fields | string
  readonly lastUsedAt: number
  /** The id for which it was encrypted, or `null` when it is not encrypted. */
  readonly encryptedFor: string | null
  /** Until when a prune need not read the file, as its access time says. */
  readonly skippedUntil: number
}

interface Cookie {
  readonly originalMaxAge?: number | null
  readonly expires?: string | Date | null
  readonly fixedExpiry?: boolean
}

// In milliseconds. An `expires` that differs by less from what the plugin counts is the plugin's.
const tolerance = 1_000

/** Why the session of `id` cannot be read from its file: the type of the failure, or `null`. A file that was renamed cannot be decrypted. */
export function readFailureOf (id: string, { content, encryptedFor }: Entry): string | null {
  if (encryptedFor !== null && encryptedFor !== id) return 'decrypt-failed'
  return typeof content === 'string' ? 'malformed' : null
}

/** When the session expires, in milliseconds since 1970. */
export function expiryOf ({ content, lastUsedAt }: Pick<Entry, 'content' | 'lastUsedAt'>): number {
  const cookie = cookieOf(content)
  if (isRolling(cookie)) return lastUsedAt + (cookie.originalMaxAge ?? 0)
  return cookie.expires ? new Date(cookie.expires).getTime() : lastUsedAt + ttl
}

/** Whether each use of a session with this cookie moves its expiry. */
export function isRolling ({ originalMaxAge, fixedExpiry }: Cookie): boolean {
  return Boolean(originalMaxAge) && fixedExpiry !== true
}

/** The cookie of a session; an empty one where there is none. */
export function cookieOf (content: Fields | string): Cookie {
  const cookie = typeof content === 'string' ? undefined : content['cookie']
  return typeof cookie === 'object' && cookie !== null ? cookie : {}
}

/**
 * What the file holds of a session that is set at `now`. An `expires` beside a
 * `maxAge` that the plugin cannot have counted between `countedFrom` and `now`
 * is the application's own, and decides.
 */
export function contentOf (session: Fields, now: number, countedFrom: number | null): Fields {
  const fields = asJson(session)
  const cookie = cookieOf(fields) as Cookie & Fields
  if (cookie.originalMaxAge && cookie.expires) {
    const expires = new Date(cookie.expires).getTime()
    const counted = expires - cookie.originalMaxAge
    const isFixed = counted > now + tolerance || counted < (countedFrom === null ? 0 : countedFrom - tolerance)
    if (isFixed || cookie.fixedExpiry) {
      const { originalExpires, ...rest } = cookie
      return { ...fields, cookie: { ...rest, fixedExpiry: true } }
    }
  }
  return withoutMovingDates(fields)
}

/** A session without the dates that move with every use. */
export function withoutMovingDates (session: Fields): Fields {
  const cookie = cookieOf(session) as Fields
  if (!isRolling(cookie)) return session
  const { expires, originalExpires, ...rest } = cookie
  return { ...session, cookie: rest }
}

/** The session that `get` gives. */
export function sessionOf (entry: Entry): Fields {
  const session = structuredClone(entry.content as Fields)
  const cookie = cookieOf(session)
  if (!isRolling(cookie) && !cookie.expires) return session
  return { ...session, cookie: { ...cookie, expires: new Date(expiryOf(entry)) } }
}

/** Three-way merge: what `mine` changed since `base`, key by key and cookie field by cookie field, and everything else as in `theirs`. */
export function mergeSessions (base: Fields, mine: Fields, theirs: Fields): Fields {
  const merged = mergeFields(base, mine, theirs)
  if (!isObject(mine['cookie']) || !isObject(theirs['cookie'])) return merged
  return { ...merged, cookie: mergeFields(cookieOf(base) as Fields, mine['cookie'], theirs['cookie']) }
}

function mergeFields (base: Fields, mine: Fields, theirs: Fields): Fields {
  const merged: Fields = {}
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const value = isDeepStrictEqual(base[name], mine[name]) ? theirs[name] : mine[name]
    if (value !== undefined) merged[name] = value
  }
  return merged
}

/** What JSON keeps of `fields`. */
export function asJson (fields: Fields): Fields {
  return JSON.parse(JSON.stringify(fields))
}

function isObject (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
