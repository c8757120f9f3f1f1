import { stat } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { FileStore, type StoreOptions } from '../../src/index.ts'
import { promised } from '../../test/support.ts'
import { asPluginSession } from '../plugin-session.ts'
import { Random } from '../random.ts'
import { ensure } from '../trial.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

// In milliseconds: how much the clocks of processes may differ without being taken for wrong, and the grace of a prune.
const clockSkew = 10_000
const gracePeriod = minute

interface Jumps {
  readonly options: StoreOptions
  readonly count: number
  readonly seed: number
}

/** A store whose clock can be set, and the time by which it is right. */
function openStore (directory: string, options: StoreOptions) {
  const time = { right: Date.now(), ahead: 0 }
  const clock = () => time.right + time.ahead
  const store = new FileStore(directory, { touchInterval: 0, ...options, pruneInterval: 0, clock })
  const { get, set } = promised(store)
  return {
    store,
    time,
    get,
    logIn: (id: string, maxAge: number) => set(id, { user: id, cookie: { path: '/', originalMaxAge: maxAge, expires: new Date(clock() + maxAge) } }),
    /** A request: loads the session, perhaps changes it, and saves it. Resolves to whether there was one. */
    async use (id: string, changes: object = {}) {
      const session = await get(id)
      if (session === null) return false
      await set(id, Object.assign(asPluginSession(session, clock()), changes))
      return true
    }
  }
}

type ClockedStore = ReturnType<typeof openStore>

/** The clock jumps ahead, sessions are made and used, and the clock is put right. */
export async function jumpsAhead (directory: string, { options, count, seed }: Jumps): Promise<number> {
  const random = new Random(seed)
  const clocked = openStore(directory, options)
  for (let number = 0; number < count; number++) {
    const lifetime = random.pick([10 * minute, hour, day, 30 * day])
    // From what could be a difference of clocks to a year.
    const ahead = random.pick([2 * clockSkew, hour, day, 365 * day]) + random.below(minute)
    const id = `s${number}`
    const isNew = random.next() < 0.5 || ahead >= lifetime
    if (!isNew) await clocked.logIn(id, lifetime)
    clocked.time.ahead = ahead
    if (isNew) await clocked.logIn(id, lifetime)
    else ensure(await clocked.use(id, random.next() < 0.5 ? { number } : {}), `${id} was not there when the clock was ahead by ${ahead}`)
    clocked.time.right += random.below(1_000)
    clocked.time.ahead = 0
    await expectNoLongerThan(clocked, id, lifetime)
    const isUsed = random.next() < 0.5
    if (isUsed) await clocked.use(id, random.next() < 0.5 ? { number: -number } : {})
    else await clocked.store.prune()
    const { mtimeMs } = await stat(clocked.store.sessionFile(id))
    ensure(mtimeMs <= clocked.time.right + clockSkew, `${id} was ${isUsed ? 'used' : 'pruned'}, and its file has the time ${mtimeMs - clocked.time.right} ms ahead`)
    clocked.time.right += lifetime + clockSkew
    ensure(await clocked.get(id) === null, `${id} outlived its lifetime of ${lifetime}`)
    clocked.time.right += gracePeriod
    await clocked.store.prune()
    ensure(!existsSync(clocked.store.sessionFile(id)), `${id} was not pruned`)
  }
  await clocked.store.close()
  return count
}

/** The clock jumps back, sessions are used, and the clock is put right. */
export async function jumpsBack (directory: string, { options, count, seed }: Jumps): Promise<number> {
  const random = new Random(seed)
  const clocked = openStore(directory, options)
  for (let number = 0; number < count; number++) {
    const lifetime = random.pick([hour, day, 30 * day])
    const behind = Math.floor(random.next() * lifetime * 0.9)
    const id = `s${number}`
    await clocked.logIn(id, lifetime)
    clocked.time.right += random.below(1_000)
    clocked.time.ahead = -behind
    await expectNoLongerThan(clocked, id, lifetime)
    ensure(await clocked.use(id, random.next() < 0.5 ? { number } : {}), `${id} was not there when the clock was behind by ${behind}`)
    await clocked.store.prune()
    ensure(existsSync(clocked.store.sessionFile(id)), `${id} was pruned when the clock was behind by ${behind}`)
    clocked.time.ahead = 0
    const session = await clocked.get(id)
    ensure(session !== null && (session.number ?? number) === number, `${id} is ${JSON.stringify(session)} after the clock was behind by ${behind}`)
    await expectNoLongerThan(clocked, id, lifetime)
    ensure(await clocked.use(id), `${id} cannot be used after the clock was behind by ${behind}`)
    clocked.time.right += lifetime - 1_000
    ensure(await clocked.get(id) !== null, `${id} did not live for its lifetime of ${lifetime}`)
    clocked.time.right += 1_000 + clockSkew
    ensure(await clocked.get(id) === null, `${id} outlived its lifetime of ${lifetime}`)
  }
  await clocked.store.close()
  return count
}

// By what `get` and `list` say it lives no longer than its lifetime from now.
async function expectNoLongerThan ({ store, get, time }: ClockedStore, id: string, lifetime: number): Promise<void> {
  const latest = time.right + time.ahead + lifetime + clockSkew
  const session = await get(id)
  ensure(session !== null, `${id} is not there`)
  ensure(session.cookie.expires.getTime() <= latest, `${id} expires ${session.cookie.expires.getTime() - latest} ms too late, as get says`)
  for await (const listed of store.list()) {
    if (listed.id === id) ensure(listed.expiresAt.getTime() <= latest, `${id} expires ${listed.expiresAt.getTime() - latest} ms too late, as list says`)
  }
}
