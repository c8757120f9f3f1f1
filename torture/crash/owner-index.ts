import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileStore, StoreOptions } from '../../src/index.ts'
import { agePointers } from '../aged-pointers.ts'
import { compileModules } from '../compile.ts'
import { indexOf, marksIn, ownersIn } from '../index-files.ts'
import { expectExactListing, idsByOwner, idsOf, openOwnedStore } from '../owner-listing.ts'
import type { OwnerOrders } from '../owner-process.ts'
import { Random } from '../random.ts'
import { ensure, type Progress } from '../trial.ts'
import { runAndKill } from './run-and-kill.ts'

const owners = ['ada', 'bob', 'cid']

// In milliseconds. What is acknowledged from memory follows within 50.
const longestLife = 25
const longestLifeInMemory = 120

interface OwnerKills {
  readonly options: StoreOptions
  /** Whether all processes change the same sessions. */
  readonly isShared: boolean
  readonly kills: number
  readonly seed: number
  readonly progress: Progress
}

/**
 * Kills processes that change the owners of sessions. Afterwards each owner is listed with exactly those sessions that say
 * so, whatever was under way; a prune leaves nothing of an owner whose sessions are ended.
 */
export async function killOwnerProcesses (directory: string, { options, isShared, kills, seed, progress }: OwnerKills): Promise<number> {
  const modules = await compileModules(['owner-process', 'plugin-session', 'random', 'user-of'])
  const random = new Random(seed)
  // Only one process may acknowledge from memory.
  const [names, longest] = options.acknowledge === 'memory' ? [['a'], longestLifeInMemory] : [['a', 'b'], longestLife]
  let killed = 0
  let listed = 0
  let byPointers = 0
  // On a busy machine a process is killed before it has written anything: then the next ones live longer.
  let patience = 1
  try {
    await openOwnedStore(directory, options).prune()
    while (killed < kills || (listed === 0 && killed < 10 * kills)) {
      await Promise.all(names.map(name => {
        const ids = [0, 1, 2].map(number => `${isShared ? 's' : name}${number}`)
        const orders: OwnerOrders = { directory, seed: random.below(1e9), options, ids, owners, revoked: owners }
        return runAndKill(modules.file('owner-process'), [JSON.stringify(orders)], random.next() * longest * patience)
      }))
      killed += names.length
      if ((await marksIn(directory)).length > 0) byPointers++
      const store = openOwnedStore(directory, { ...options, acknowledge: 'disk' })
      await expectExactListing(store, owners, `after ${killed} kills`)
      const found = [...(await idsByOwner(store)).values()].flat().length
      patience = found === 0 ? Math.min(2 * patience, 16) : 1
      listed += found
      await disturb(directory, store, random)
      progress(Math.min(1, killed / kills))
    }
    ensure(listed > 0 || killed < 10, 'there never was a session of an owner')
    ensure(byPointers > 0 || killed < 10, 'the index never was complete')
    await expectNothingLeft(directory, openOwnedStore(directory, { ...options, acknowledge: 'disk' }))
  } finally {
    await modules.remove()
  }
  return killed
}

// Now and then the next processes find an index that is not complete, none at all, or no sessions of one owner.
async function disturb (directory: string, store: FileStore, random: Random): Promise<void> {
  const chance = random.next()
  if (chance < 0.1) return await rm(indexOf(directory), { recursive: true, force: true })
  if (chance < 0.3) {
    for (const mark of await marksIn(directory)) await rm(join(indexOf(directory), mark))
  } else if (chance < 0.8) {
    await store.prune()
    await expectExactListing(store, owners, 'after a prune')
  }
  if (chance > 0.7) {
    const owner = random.pick(owners)
    await store.revokeOwner(owner)
    const left = await idsOf(store, owner)
    ensure(left.length === 0 && !(await idsByOwner(store)).has(owner), `${owner} has ${left.join()} after all were ended`)
  }
}

async function expectNothingLeft (directory: string, store: FileStore): Promise<void> {
  const restore = agePointers()
  try {
    await store.revokeWhere(() => true)
    await store.prune()
    const [left, marks] = [await ownersIn(directory), await marksIn(directory)]
    ensure(left.length === 0 && marks.length === 1, `after a prune without sessions there are ${left.length} directories of owners and ${marks.length} marks`)
  } finally {
    restore()
  }
}
