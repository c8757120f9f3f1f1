import type { StoredSession } from '../session/session.ts'

/** What `@fastify/session` asks of a store, and all that a copy or a move needs: `FileStore`, `connect-redis`, `connect-valkey` and most others. */
export interface KeyedStore {
  /** Calls back with the session `id`, or with nothing when there is none. */
  get (id: string, callback: (error: any, session?: any) => void): unknown
  /** Makes `session` what the next `get` gives, and calls back. */
  set (id: string, session: any, callback: (error?: any) => void): unknown
  /** Ends the session `id`, and calls back. */
  destroy (id: string, callback: (error?: any) => void): unknown
}

/** The session `id` of `store`, or `null` when there is none. Rejects with what the store calls back with or throws. */
export async function getSession (store: KeyedStore, id: string): Promise<StoredSession | null> {
  return await call<StoredSession | null | undefined>(callback => store.get(id, callback)) ?? null
}

/** Stores `session` as `id`. Rejects with what the store calls back with or throws; then it may be stored or not. */
export function setSession (store: KeyedStore, id: string, session: StoredSession): Promise<void> {
  return call(callback => store.set(id, session, callback))
}

/** Removes the session `id`, if there is one. Rejects with what the store calls back with or throws; then it may be gone or not. */
export function destroySession (store: KeyedStore, id: string): Promise<void> {
  return call(callback => store.destroy(id, callback))
}

/** Calls a function that takes a callback. Rejects with what it calls back with, throws, or rejects with where it also returns a promise. */
export function call<T> (start: (callback: (error: unknown, value?: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const returned = start((error, value) => {
      if (error) reject(error)
      else resolve(value as T)
    })
    // A store written as an async function may reject and forget the callback.
    if (returned instanceof Promise) returned.catch(reject)
  })
}
