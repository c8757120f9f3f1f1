import { FileStore, type StoreOptions } from '../src/index.ts'
import { ensure } from './trial.ts'
import { userOf } from './user-of.ts'

/** A store that prunes only when told to, with the option `owner` of `owner-process.ts`. */
export function openOwnedStore (directory: string, options: StoreOptions): FileStore {
  return new FileStore(directory, { ...options, owner: userOf, pruneInterval: 0 })
}

/** The ids of the sessions of an owner, sorted. Fails when one is another's or is listed twice. */
export async function idsOf (store: FileStore, owner: string): Promise<string[]> {
  const ids: string[] = []
  for await (const { id, session } of store.listOwner(owner)) {
    ensure(userOf(session) === owner, `${id} is listed as ${owner}'s: ${JSON.stringify(session)}`)
    ids.push(id)
  }
  ensure(new Set(ids).size === ids.length, `${owner}'s sessions are listed twice: ${ids.join()}`)
  return ids.sort()
}

/** The ids of the sessions of each owner by what the sessions themselves say, sorted. */
export async function idsByOwner (store: FileStore): Promise<ReadonlyMap<string, readonly string[]>> {
  const owned = new Map<string, string[]>()
  for await (const { id, session } of store.list()) {
    const user = userOf(session)
    if (typeof user === 'string') owned.set(user, [...owned.get(user) ?? [], id].sort())
  }
  return owned
}

/** Fails unless each of `owners` is listed with exactly those sessions that say that they are theirs. */
export async function expectExactListing (store: FileStore, owners: readonly string[], when: string): Promise<void> {
  const owned = await idsByOwner(store)
  for (const owner of owners) {
    const [listed, expected] = [await idsOf(store, owner), owned.get(owner) ?? []]
    ensure(listed.join() === expected.join(), `${when} ${owner} is listed with [${listed.join()}], expected [${expected.join()}]`)
  }
}
