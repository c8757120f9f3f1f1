import type { StoredSession } from '../session/session.ts'
import { isSame, isSameButUse, withStoreExpiry } from './cookie-dates.ts'
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
  /** Stops a replication that has written the session again already. */
  readonly signal?: AbortSignal | undefined
}

// A session that was changed between a write and the read after it is written again. A store whose reads differ this often
// in a row returns the session differently each time.
const mostWrites = 100

/**
 * Makes `to` hold what `from` holds as `id`, of which `session` is the latest known. Resolves to the session that was
 * written last, or to `null` when it was ended meanwhile; then `to` does not hold it either.
 *
 * `from` is read again after each write, until it holds what was written. So a change or an end of the session that
 * happened between the first read and the write is never undone by the write, in whatever process: every change is made
 * in `from` before it is made in `to`.
 *
 * When nothing but the last use moved on it is written once more and not again: `FileStore` counts a last use in the
 * future, by a clock that was ahead, as the moment of each read. The expiry in `to` is then at most as old as the last
 * of the two writes.
 *
 * Rejects with the error of a store, with the reason of `signal`, and with an `Error` when the session differs after 100
 * writes. `to` then holds what it held before, or the session as it was in `from`.
 */
export async function replicate (id: string, session: StoredSession, move: Move, { isAbsenceEnd, expiresAt, signal }: Replication): Promise<StoredSession | null> {
  const { from, to } = move
  let written = session
  let isUseWritten = false
  for (let writes = 1; ; writes++) {
    const error = await setSession(to, id, withStoreExpiry(written, expiresAt)).then(() => null, (cause: unknown) => ({ cause }))
    // A write that failed may have reached the store all the same.
    const [current, ended] = await Promise.all([getSession(from, id), isEnded(to, id)])
    if (ended || (current === null && isAbsenceEnd)) return await end(id, move, ended)
    if (error !== null) throw error.cause
    if (current === null || isSame(current, written)) return written
    const isUse = isSameButUse(current, written)
    if (isUse && isUseWritten) return written
    // What changed once during a copy is copied in any case.
    if (writes > 1) signal?.throwIfAborted()
    if (writes === mostWrites) throw new Error(`The session is different each time it is read: it was copied ${mostWrites} times in a row`)
    isUseWritten = isUse
    written = current
  }
}

// In `from` as well: a store without `FileStore`'s rule lets a request that was under way bring a session back there.
async function end (id: string, { from, to }: Move, isNoted: boolean): Promise<null> {
  await Promise.all([destroySession(to, id), isNoted ? destroySession(from, id) : undefined])
  return null
}
