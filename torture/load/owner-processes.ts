import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import type { FileStore, StoreOptions } from '../../src/index.ts'
import { promised } from '../../test/support.ts'
import { compileModules } from '../compile.ts'
import { indexOf, marksIn } from '../index-files.ts'
import { expectExactListing, idsByOwner, idsOf, openOwnedStore } from '../owner-listing.ts'
import type { OwnerOrders } from '../owner-process.ts'
import { Random } from '../random.ts'
import { ensure, type Progress } from '../trial.ts'

// How many processes change the same sessions, and how many changes each makes in a round.
const processes = 3
const changes = 30

const owners = ['ada', 'bob', 'cid']
const ids = ['s0', 's1', 's2', 's3']

// Sessions that no process changes: one must be listed whenever it is there.
const steadyIds = ['ada-1', 'ada-2', 'bob-1', 'bob-2']

interface OwnerProcesses {
  readonly options: StoreOptions
  readonly rounds: number
  readonly seed: number
  readonly progress: Progress
}

/**
 * Processes change the owners of the same sessions while this one lists and ends those of an owner. No session that is
 * there all the time is missing in a list; when the processes have come to their end, every list is exact.
 */
export async function changeOwnersTogether (directory: string, { options, rounds, seed, progress }: OwnerProcesses): Promise<number> {
  const modules = await compileModules(['owner-process', 'plugin-session', 'random', 'user-of'])
  const random = new Random(seed)
  const store = openOwnedStore(directory, options)
  const children = Array.from({ length: processes }, () => {
    const orders: OwnerOrders = { directory, seed: random.below(1e9), options, ids, owners, revoked: ['cid'] }
    return fork(modules.file('owner-process'), [JSON.stringify(orders)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  })
  let listed = 0
  try {
    await store.prune()
    await setSteady(store)
    for (let round = 0; round < rounds; round++) {
      // Now and then the index is built meanwhile.
      if (round % 4 === 3) await rm(indexOf(directory), { recursive: true })
      const running = new Set(children)
      const ended = Promise.all(children.map(child => change(child).finally(() => running.delete(child))))
      // Something else may fail first.
      ended.catch(() => {})
      do listed += await listMeanwhile(store, random)
      while (running.size === processes)
      await ended
      await expectExactListing(store, owners, `after round ${round}`)
      if (round % 4 === 1) await expectRevoked(store, random.pick(owners))
      if (round % 4 === 3) await store.prune()
      await setSteady(store)
      progress((round + 1) / rounds)
    }
    ensure((await marksIn(directory)).length === 1, 'the index is not complete')
  } finally {
    for (const child of children) child.kill()
    await modules.remove()
  }
  ensure(listed > 0, 'nothing was listed meanwhile')
  return rounds * processes * changes
}

async function setSteady (store: FileStore): Promise<void> {
  const { set } = promised(store)
  for (const id of steadyIds) await set(id, { user: { name: id.slice(0, 3) }, cookie: { path: '/', originalMaxAge: 3_600_000 } })
}

async function listMeanwhile (store: FileStore, random: Random): Promise<number> {
  const owner = random.pick(['ada', 'bob'])
  const [one, other] = [`${owner}-1`, `${owner}-2`]
  const isEnding = random.next() < 0.1
  if (isEnding) {
    await store.revokeOwner(owner, { except: one })
    ensure(await promised(store).get(other) === null, `${other} is there after ${owner}'s sessions were ended`)
  }
  const found = await idsOf(store, owner)
  ensure(found.includes(one), `${one} is missing in ${owner}'s sessions: ${found.join()}`)
  ensure(found.includes(other) === !isEnding, `${other} is ${isEnding ? '' : 'not '}in ${owner}'s sessions: ${found.join()}`)
  if (isEnding) await setSteady(store)
  return found.length
}

async function expectRevoked (store: FileStore, owner: string): Promise<void> {
  const before = await idsByOwner(store)
  const count = await store.revokeOwner(owner)
  const after = await idsByOwner(store)
  ensure(count === (before.get(owner) ?? []).length && !after.has(owner), `${count} sessions of ${owner} were ended; there are ${after.get(owner)?.join()}`)
  for (const other of owners.filter(other => other !== owner)) {
    ensure(after.get(other)?.join() === before.get(other)?.join(), `with ${owner}'s, sessions of ${other} were ended`)
  }
}

// Resolves when a process has made its changes.
async function change (child: ChildProcess): Promise<void> {
  const listeners = new AbortController()
  const { signal } = listeners
  try {
    const done = once(child, 'message', { signal })
    const exited = once(child, 'exit', { signal }).then(([code]) => { throw new Error(`a process ended with ${code}`) })
    child.send(changes)
    await Promise.race([done, exited])
  } finally {
    listeners.abort()
  }
}
