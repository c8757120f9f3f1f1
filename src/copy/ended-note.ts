import type { StoredSession } from '../session/session.ts'
import { cookieExpiry } from './cookie-dates.ts'
import { getSession, setSession, type KeyedStore } from './keyed-store.ts'

// The note looks like a session, so that any store can hold it, and its cookie's date lets the store remove it.
const prefix = 'ended-session.'

// A request that is still running may hold the session for that long.
const shortestMs = 60 * 60 * 1000

// How long `FileStore` keeps a session whose cookie does not say.
const defaultTtl = 14 * 24 * 60 * 60 * 1000

/** Whether `id` is that of a note, not of a session. */
export function isEndedNote (id: string): boolean {
  return id.startsWith(prefix)
}

/** Notes in `store` that the session `id` was ended, for as long as any of its `copies` could still be valid. */
export function noteEnded (store: KeyedStore, id: string, copies: ReadonlyArray<StoredSession | null>): Promise<void> {
  const now = Date.now()
  const expiries = copies.filter(copy => copy !== null).map(copy => cookieExpiry(copy) ?? now + defaultTtl)
  const until = expiries.length === 0 ? now + defaultTtl : Math.max(now + shortestMs, ...expiries)
  return setSession(store, prefix + id, { cookie: { originalMaxAge: null, expires: new Date(until) }, ended: true })
}

/** Whether `store` has a note that the session `id` was ended. */
export async function isEnded (store: KeyedStore, id: string): Promise<boolean> {
  const note = await getSession(store, prefix + id)
  // A store in memory does not remove what has expired.
  return note !== null && (cookieExpiry(note) ?? Infinity) > Date.now()
}
