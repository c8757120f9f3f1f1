import type { StoredSession } from '../session/session.ts'
import { isSame, withStoreExpiry } from './cookie-dates.ts'
import { isEnded } from './ended-note.ts'
import { destroySession, getSession, setSession, type KeyedStore } from './keyed-store.ts'

/** The two stores of a move. */
export interface Move {
  /** Where the sessions are. */
  readonly from: KeyedStore
  /** Where they go. */
  readonly to: KeyedStore
}

/**
 * Makes `to` hold what `from` holds as `id`, of which `session` is the latest known. Resolves to the session that was
 * written last, or to `null` when it was ended meanwhile; then `to` does not hold it either.
 *
 * `from` is read again after each write, until it holds what was written. So a change or an end of the session that
 * happened between the first read and the write is never undone by the write, whoever makes it: every change is made
 * in `from` before it is made in `to`.
 *
 * Rejects with the error of a store. `to` then holds what it held before, or the session as it was in `from`.
 */
export async function replicate (id: string, session: StoredSession, { from, to }: Move, expiresAt?: number): Promise<StoredSession | null> {
  let written = session
  for (;;) {
    const error = await setSession(to, id, withStoreExpiry(written, expiresAt)).then(() => null, (cause: unknown) => ({ cause }))
    // A write that failed may have reached the store all the same.
    const current = await currentSession(id, { from, to })
    if (current === null) return null
    if (error !== null) throw error.cause
    if (isSame(current, written)) return current
    written = current
  }
}

async function currentSession (id: string, { from, to }: Move): Promise<StoredSession | null> {
  const [current, ended] = await Promise.all([getSession(from, id), isEnded(to, id)])
  if (current !== null && !ended) return current
  // `from` as well: a store without `FileStore`'s rule lets a request that was under way bring a session back there.
  await Promise.all([destroySession(to, id), ended ? destroySession(from, id) : undefined])
  return null
}
