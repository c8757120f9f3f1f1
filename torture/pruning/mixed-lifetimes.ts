import { existsSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileStore, pruneSessions, type StoreOptions } from '../../src/index.ts'
import { called, valueOf } from '../../test/support.ts'
import { Random } from '../random.ts'
import { ensure } from '../trial.ts'

const hour = 60 * 60 * 1000
const day = 24 * hour

// In milliseconds: what a prune leaves to requests that were in flight.
const gracePeriod = 60_000

/** A session to be pruned or not. */
interface Planned {
  readonly id: string
  readonly lifetime: number
  /** How long ago it was last used, in milliseconds. */
  readonly age: number
}

/** How the files came to be there: by the store, or by a program that sets no access time, such as a restored backup. */
export type Origin = 'store' | 'other program'

interface MixedLifetimes {
  readonly count: number
  readonly origin: Origin
  readonly options: StoreOptions
  readonly seed: number
}

/**
 * The reported case: thousands of living thirty-day sessions and expired
 * one-hour ones. On tmpfs the directory gives the latest files first, so both
 * orders of creation are tried.
 */
export async function expiredBehindLiving (directory: string, count: number): Promise<number> {
  for (const order of ['living first', 'expired first'] as const) {
    const living = Array.from({ length: count }, (_, number) => ({ id: `living-${order.length}-${number}`, lifetime: 30 * day, age: hour }))
    const expired = Array.from({ length: count * 4 }, (_, number) => ({ id: `expired-${order.length}-${number}`, lifetime: hour, age: 2 * day }))
    const planned = order === 'living first' ? [...living, ...expired] : [...expired, ...living]
    for (const one of planned) await write(directory, one)
    await expectPruned(directory, planned, {})
  }
  return count * 10
}

/** Random lifetimes and ages, prune after prune, while the clock goes on. */
export async function randomLifetimes (directory: string, { count, origin, options, seed }: MixedLifetimes): Promise<number> {
  const random = new Random(seed)
  let now = Date.now()
  const store = new FileStore(directory, { ...options, pruneInterval: 0, clock: () => now })
  const planned: Array<Planned & { usedAt: number }> = []
  for (let number = 0; number < count; number++) {
    const lifetime = random.pick([5 * 60_000, hour, 5 * hour, day, 30 * day])
    const one = { id: `s${number}`, lifetime, age: Math.floor(random.next() * 2 * lifetime), usedAt: now }
    planned.push(Object.assign(one, { usedAt: now - one.age }))
    if (origin === 'other program') {
      await write(directory, one, now)
    } else {
      now -= one.age
      const cookie = { path: '/', originalMaxAge: lifetime, expires: new Date(now + lifetime) }
      await called(callback => store.set(one.id, { cookie } as never, callback))
      now += one.age
    }
  }
  for (let round = 0; round < 6; round++) {
    const { unreadable, foreign } = await store.prune()
    ensure(unreadable === 0 && foreign === 0, `${unreadable} files are unreadable, ${foreign} foreign`)
    for (const { id, lifetime, usedAt } of planned) {
      const expected = now - usedAt < lifetime + gracePeriod
      ensure(existsSync(store.sessionFile(id)) === expected, `${id} with a lifetime of ${lifetime}, used ${now - usedAt} ms ago, ${expected ? 'was removed' : 'is still there'}`)
    }
    now += Math.floor(random.next() * 6 * hour)
  }
  await store.close()
  return count * 6
}

async function write (directory: string, { id, lifetime, age }: Planned, now = Date.now()): Promise<void> {
  const file = join(directory, `${id}.json`)
  await writeFile(file, JSON.stringify({ cookie: { path: '/', originalMaxAge: lifetime } }))
  await utimes(file, (now - age) / 1000, (now - age) / 1000)
}

async function expectPruned (directory: string, planned: readonly Planned[], options: object): Promise<void> {
  const report = valueOf(await pruneSessions(directory, options))
  for (const { id, lifetime, age } of planned) {
    const isExpired = age > lifetime + gracePeriod
    ensure(existsSync(join(directory, `${id}.json`)) === !isExpired, `${id} ${isExpired ? 'is still there' : 'was removed'}: ${JSON.stringify(report)}`)
  }
}
