import type { FileStore } from '../index.ts'

interface OwnedSession {
  readonly id: string
  readonly lastUsedAt: Date
}

// The store's methods for owners, which it has when it was made with an `owner` option.
interface OwnerMethods {
  listOwner (owner: string): AsyncIterable<OwnedSession>
  revokeOwner (owner: string): Promise<number>
}

/** Whether the store can find sessions by their owner. */
export function knowsOwners (store: FileStore): boolean {
  return 'listOwner' in store && 'revokeOwner' in store
}

/** The sessions of `owner`, or `null` when the store cannot find them. */
export function listOwner (store: FileStore, owner: string): AsyncIterable<OwnedSession> | null {
  return knowsOwners(store) ? (store as unknown as OwnerMethods).listOwner(owner) : null
}

/** Ends the sessions of `owner`; resolves to how many those were, or to 0 when the store cannot find them. */
export async function revokeOwner (store: FileStore, owner: string): Promise<number> {
  return knowsOwners(store) ? await (store as unknown as OwnerMethods).revokeOwner(owner) : 0
}
