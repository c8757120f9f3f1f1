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

/** What is known of the session that is replicated. */
export interface Replication {
  /**
   * Whether a session that disappears from `from` was ended. It may also be that `from` was taken away, at the end of
   * a move; then only a note says that a session was ended.
   */
  readonly isAbsenceEnd: boolean
  /** When it expires, in milliseconds since 1970, where that is known although its cookie does not say. */
  readonly expiresAt?: number | undefined
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
export async function replicate (id: string, session: StoredSession, move: Move, { isAbsenceEnd, expiresAt }: Replication): Promise<StoredSession | null> {
  const { from, to } = move
  let written = session
  for (;;) {
    const error = await setSession(to, id, withStoreExpiry(written, expiresAt)).then(() => null, (cause: unknown) => ({ cause }))
    // A write that failed may have reached the store all the same.
    const [current, ended] = await Promise.all([getSession(from, id), isEnded(to, id)])
    if (ended || (current === null && isAbsenceEnd)) return await end(id, move, ended)
    if (error !== null) throw error.cause
    if (current === null || isSame(current, written)) return written
    written = current
  }
}

// In `from` as well: a store without `FileStore`'s rule lets a request that was under way bring a session back there.
async function end (id: string, { from, to }: Move, isNoted: boolean): Promise<null> {
  await Promise.all([destroySession(to, id), isNoted ? destroySession(from, id) : undefined])
  return null
}
