import { isDeepStrictEqual } from 'node:util'
import type { Fields } from './driver.ts'
import { ttl } from './lifetimes.ts'

/** The model of a session file. */
export interface Entry {
  /** The session without the dates that move with every use, or `null` where the file does not hold one. */
  readonly fields: Fields | null
  readonly lastUsedAt: number
  /** The id for which it was encrypted, or `null` when it is not encrypted. */
  readonly encryptedFor: string | null
}

interface Cookie {
  readonly originalMaxAge?: number | null
  readonly expires?: string | null
}

/** The type of the failure of reading the file of `id`, or `null` when it can be read. */
export function readFailureOf (id: string, { fields, encryptedFor }: Entry): string | null {
  if (encryptedFor !== null && encryptedFor !== id) return 'sealed'
  return fields === null ? 'malformed' : null
}

/** When the session expires, in milliseconds since 1970. */
export function expiryOf ({ fields, lastUsedAt }: Entry): number {
  const { originalMaxAge, expires } = (fields?.['cookie'] ?? {}) as Cookie
  if (originalMaxAge) return lastUsedAt + originalMaxAge
  return expires ? Date.parse(expires) : lastUsedAt + ttl
}

/** The fields and the last use of a session that is set at `now`. */
export function entryOf (session: Fields, now: number): Omit<Entry, 'encryptedFor'> {
  const { cookie, ...rest } = asJson(session)
  return { fields: cookie === undefined ? rest : { ...rest, cookie: withoutMovingDates(cookie as Fields) }, lastUsedAt: now }
}

/** When a session that is set at `now` was last used: the moment from which its cookie's expiry was counted. */
export function lastUseOf (session: Fields, now: number): number {
  const { originalMaxAge, expires } = (asJson(session)['cookie'] ?? {}) as Cookie
  return originalMaxAge && expires ? Math.min(now, Date.parse(expires) - originalMaxAge) : now
}

function withoutMovingDates (cookie: Fields): Fields {
  if (!cookie['originalMaxAge']) return cookie
  const { expires, originalExpires, ...rest } = cookie
  return rest
}

/** The session that `get` gives. */
export function sessionOf ({ fields, lastUsedAt }: Entry): Fields {
  const session = structuredClone(fields as Fields)
  const cookie = session['cookie'] as Fields | undefined
  if (cookie === undefined) return session
  const { originalMaxAge, expires } = cookie as Cookie
  if (originalMaxAge) {
    return { ...session, cookie: { ...cookie, expires: new Date(lastUsedAt + originalMaxAge) } }
  }
  return expires ? { ...session, cookie: { ...cookie, expires: new Date(expires) } } : session
}

/** Three-way merge: what `mine` changed since `base`, and everything else as in `theirs`. The cookie is that of `mine`. */
export function mergeFields (base: Fields, mine: Fields, theirs: Fields): Fields {
  const merged: Fields = {}
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const isMine = name === 'cookie' || !isDeepStrictEqual(base[name], mine[name])
    const value = isMine ? mine[name] : theirs[name]
    if (value !== undefined) merged[name] = value
  }
  return merged
}

/** What JSON keeps of `fields`. */
export function asJson (fields: Fields): Fields {
  return JSON.parse(JSON.stringify(fields))
}
