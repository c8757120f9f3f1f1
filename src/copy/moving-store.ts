import type { SessionStore } from '@fastify/session'
import type { StoredSession } from '../session/session.ts'
import { CallOrder } from './call-order.ts'
import { isUsedLater } from './cookie-dates.ts'
import { isEnded, noteEnded } from './ended-note.ts'
import { destroySession, getSession, setSession, type KeyedStore } from './keyed-store.ts'
import { LiveSession } from './live-session.ts'
import { boolean, keyedStore, validateOptions } from './options.ts'
import { replicate, type Move } from './replicate.ts'

/** How to move sessions from one store to another. */
export interface MovingStoreOptions {
  /** The store that has the sessions so far. */
  readonly from: KeyedStore
  /** The store that shall have them. */
  readonly to: KeyedStore
  /**
   * Whether nothing is moved yet: sessions stay in `from`, new ones are created there, and only those that another
   * worker has moved are read and written in `to`. For the first deployment, during which workers that know
   * only `from` are still running.
   * @default false
   */
  readonly prepare?: boolean
}

/**
 * A store for `@fastify/session` for the time in which sessions move from one store to another, in any number of
 * processes. The move logs no user out, a logout is final, and no change is lost.
 *
 * A session that `from` has is read there and copied to `to` when it is used; every change of it is made in `from`
 * first, then in `to`. A session that `from` does not have, such as a new one, lives in `to` alone. `destroy` notes
 * in `to` that the session was ended, removes it from `from`, and then from `to`.
 *
 * Throws a `TypeError` that names the option, if one is not as expected.
 *
 * `docs/growing.md` has the steps of a move, and what holds while old and new workers run side by side.
 *
 * ```ts
 * store: movingStore({ from: new FileStore('./sessions'), to: new RedisStore({ client }) })
 * ```
 */
export function movingStore (options: MovingStoreOptions): SessionStore {
  const { from, to, prepare = false } = options
  validateOptions<MovingStoreOptions>('movingStore', options, { from: keyedStore, to: keyedStore, prepare: boolean })
  const move = { from, to }
  const order = new CallOrder()
  const set = prepare ? setWherePresent : setAndMove
  return {
    get: (id, callback) => callBack(order.run(id, () => get(id, move, prepare)), callback),
    set: (id, session, callback) => {
      const live = new LiveSession(session)
      callBack(order.run(id, () => live.save(copy => set(id, copy, move))), callback)
    },
    destroy: (id, callback) => callBack(order.run(id, () => destroy(id, move)), callback)
  }
}

async function get (id: string, move: Move, prepare: boolean): Promise<StoredSession | null> {
  const { from, to } = move
  // In this order: a session that has left `from` in between is in `to` by then.
  const original = await getSession(from, id)
  const [copy, ended] = await Promise.all([getSession(to, id), isEnded(to, id)])
  if (ended) return null
  if (original === null) return copy
  if (copy === null) return prepare ? original : await replicate(id, original, move, { isAbsenceEnd: false })
  // `from` is the first to have a change, unless a worker that does not see this `from` made it.
  return isUsedLater(copy, original) ? asLoadedFrom(original, copy) : original
}

// With the symbols of `original`, by which `FileStore` knows that the session was loaded from it: if that has been taken
// away or ended since, it does not bring it back.
function asLoadedFrom ({ cookie }: StoredSession, copy: StoredSession): StoredSession {
  for (const symbol of Object.getOwnPropertySymbols(cookie ?? {})) Object.assign(copy.cookie ?? {}, { [symbol]: (cookie as Record<symbol, unknown>)[symbol] })
  return copy
}

async function setAndMove (id: string, session: StoredSession, move: Move): Promise<void> {
  const { from, to } = move
  const [original, ended] = await Promise.all([getSession(from, id), isEnded(to, id)])
  if (ended) return
  if (original === null) return await setIn(to, id, session, move)
  await setSession(from, id, session)
  await replicateCurrent(id, session, move)
}

async function setWherePresent (id: string, session: StoredSession, move: Move): Promise<void> {
  const { from, to } = move
  const [original, copy, ended] = await Promise.all([getSession(from, id), getSession(to, id), isEnded(to, id)])
  if (ended) return
  if (original === null && copy !== null) return await setIn(to, id, session, move)
  await setIn(from, id, session, move)
  // Another worker may have moved the session before it could see this change.
  if (await getSession(to, id) !== null) await replicateCurrent(id, session, move)
}

// As `from` has it, which may be more than was set: `FileStore` merges the changes of concurrent requests.
async function replicateCurrent (id: string, session: StoredSession, move: Move): Promise<void> {
  await replicate(id, await getSession(move.from, id) ?? session, move, { isAbsenceEnd: false })
}

// A request that was under way when its session was ended must not bring it back.
async function setIn (store: KeyedStore, id: string, session: StoredSession, { to }: Move): Promise<void> {
  await setSession(store, id, session)
  if (await isEnded(to, id)) await destroySession(store, id)
}

async function destroy (id: string, { from, to }: Move): Promise<void> {
  // A session that cannot be read can still be ended.
  const copies = await Promise.all([from, to].map(store => getSession(store, id).catch(() => null)))
  await noteEnded(to, id, copies)
  try {
    // First, so that every later writer of a copy to `to` finds the note and removes the copy.
    await destroySession(from, id)
  } finally {
    await destroySession(to, id)
  }
}

// From outside the promise: what `callback` throws is its caller's exception.
function callBack<T> (promise: Promise<T>, callback: (error: any, value?: any) => void): void {
  promise.then(
    value => process.nextTick(callback, null, value),
    (error: unknown) => process.nextTick(callback, error)
  )
}
