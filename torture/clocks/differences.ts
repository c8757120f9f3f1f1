import { FileStore, type StoreOptions } from '../../src/index.ts'
import { promised } from '../../test/support.ts'
import { asPluginSession } from '../plugin-session.ts'
import { Random } from '../random.ts'
import { ScriptRunner, valueAt } from '../run-script.ts'
import type { Call } from '../store-process.ts'
import { ensure } from '../trial.ts'

interface Differences {
  readonly options: StoreOptions
  readonly count: number
  readonly seed: number
}

// In milliseconds. How far each clock may be off, and how long a session is used and must live.
const greatestDifference = 5_000
const lifetimes = [30_000, 60_000, 3_600_000]

/**
 * Two stores whose clocks differ by seconds use the same sessions, in any order:
 * none is lost while it is in use, none outlives its lifetime by more than the
 * difference, a logout by one is a logout for the other, and a use by the store
 * that is behind never moves the last use back.
 */
export async function differentClocks (directory: string, { options, count, seed }: Differences): Promise<number> {
  const random = new Random(seed)
  let now = Date.now()
  const aheads = [0, 0]
  const stores = [0, 1].map(number =>
    new FileStore(directory, { touchInterval: 0, ...options, pruneInterval: 0, clock: () => now + (aheads[number] as number) }))
  for (let number = 0; number < count; number++) {
    for (const index of [0, 1]) aheads[index] = random.below(2 * greatestDifference) - greatestDifference
    const lifetime = random.pick(lifetimes)
    const id = `s${number}`
    const pick = () => random.below(2)
    const at = (index: number) => now + (aheads[index] as number)
    const first = pick()
    await promised(stores[first] as FileStore).set(id, { uses: 0, cookie: { path: '/', originalMaxAge: lifetime, expires: new Date(at(first) + lifetime) } })
    let uses = 0
    let lastUsedAt = 0
    for (let use = 0; use < 8; use++) {
      now += Math.floor(random.next() * (lifetime - 2 * greatestDifference - 1_000))
      const index = pick()
      const store = promised(stores[index] as FileStore)
      const session = await store.get(id)
      ensure(session !== null && session.uses === uses, `${id} is ${JSON.stringify(session)} by clocks that are off by ${aheads.join()}, expected ${uses} uses`)
      if (random.next() < 0.5) session.uses = ++uses
      await store.set(id, asPluginSession(session, at(index)))
      const before = lastUsedAt
      for await (const listed of (stores[index] as FileStore).list()) if (listed.id === id) lastUsedAt = listed.lastUsedAt.getTime()
      ensure(lastUsedAt >= before, `the last use of ${id} moved back by ${before - lastUsedAt} ms, by clocks that are off by ${aheads.join()}`)
      if (use % 3 === 0) await (stores[pick()] as FileStore).prune()
    }
    if (random.next() < 0.5) {
      await promised(stores[0] as FileStore).destroy(id)
    } else {
      now += lifetime + 2 * greatestDifference
    }
    for (const store of stores) ensure(await promised(store).get(id) === null, `${id} is still there`)
  }
  for (const store of stores) await store.close()
  return count
}

/** Two processes, one five seconds ahead and one five seconds behind, use one session in turn. */
export async function differentClocksOfProcesses (directory: string, options: object): Promise<number> {
  return await ScriptRunner.use(async runner => {
    const runAt = async (clockAhead: number, calls: readonly Call[]) => {
      const result = await runner.run({ directory, clockAhead, options: { touchInterval: 0, ...options }, calls })
      for (const index of result.results.keys()) valueAt(result, index)
      ensure(result.reported.length === 0, `${result.reported.join()} was reported`)
      return result
    }
    await runAt(greatestDifference, [{ type: 'set', id: 'a', session: { number: 0 }, maxAge: 20_000 }])
    for (let number = 1; number <= 6; number++) {
      const result = await runAt(number % 2 === 0 ? greatestDifference : -greatestDifference, [
        { type: 'get', id: 'a' },
        { type: 'use', id: 'a', changes: { number } },
        { type: 'use', id: 'a' },
        { type: 'prune' },
        { type: 'list' }
      ])
      ensure(valueAt(result, 0)?.number === number - 1, `use ${number} found ${JSON.stringify(result)}`)
      ensure(valueAt(result, 4)?.length === 1, `use ${number} listed ${JSON.stringify(result)}`)
    }
    return 6
  })
}
