import type { FileStore, StoredSession } from '../index.ts'

/** Whether the store can find sessions by their owner. */
export function knowsOwners (store: FileStore): boolean {
  return store.options.owner !== undefined
}

/** The owner of a session, or `null`: it has none, or the application's function throws or gives no name. */
export function ownerOf (store: FileStore, session: StoredSession): string | null {
  try {
    const owner: unknown = store.options.owner?.(session)
    return typeof owner === 'string' && owner !== '' ? owner : null
  } catch {
    return null
  }
}
