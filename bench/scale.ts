import assert from 'node:assert/strict'
import { promisify } from 'node:util'
import type { StoreOptions } from '../src/index.ts'
import { drive } from './drive.ts'
import { loadLibrary } from './load.ts'
import type { Memory } from './memory.ts'
import { idOf } from './population.ts'
import { probe } from './probe.ts'
import { alternate, median, type Samples } from './rounds.ts'
import { restore, type BenchSession } from './sessions.ts'
import type { Store } from './stores.ts'
import { Clock } from './subject.ts'

/** A directory of sessions, made beforehand. */
export interface Directory { readonly directory: string, readonly sessions: number }

/** What is compared between a large directory and a small one. */
export const scaleVerbs = {
  known: 'get, of 1,000 sessions in use',
  moved: 'touch, of 1,000 sessions in use',
  changed: 'set changed, of 1,000 sessions in use, 64 in flight',
  any: 'get of any session, without a cache'
} as const

export type ScaleVerb = keyof typeof scaleVerbs

/** What `scale` measured: operations a second, and starts a second, in the `large` and the `small` directory. */
export interface ScaleResults {
  readonly sessions: number
  readonly start: Samples
  readonly verbs: Readonly<Record<ScaleVerb, Samples>>
  readonly memory: Memory
}

// As many as the small directory holds.
const inUse = 1_000

/** The same work in a large directory and in a small one, in turn. */
export async function measureScale (large: Directory, small: Directory, isQuick: boolean): Promise<ScaleResults> {
  const rounds = isQuick ? 3 : 9
  const directories = { large, small }
  const start = await alternate(Object.keys(directories), rounds, async name => 1000 / await probe('start', directories[name as keyof typeof directories]))
  console.log(`first answer after start: ${line(start)}`)
  const clock = new Clock()
  const users = { large: await Users.open(large, clock), small: await Users.open(small, clock) }
  const verbs: Partial<Record<ScaleVerb, Samples>> = {}
  for (const verb of Object.keys(scaleVerbs) as ScaleVerb[]) {
    // The first time is the warm-up.
    for (const user of Object.values(users)) await user.run(verb)
    verbs[verb] = await alternate(Object.keys(users), rounds, name => users[name as keyof typeof users].run(verb))
    console.log(`${scaleVerbs[verb]}: ${line(verbs[verb])}`)
  }
  const memory = await probe('memory', large)
  console.log(`resident memory added by ${large.sessions} sessions: ${Math.round(memory.most / 1e6)} MB at the most`)
  return { sessions: large.sessions, start, verbs: verbs as Record<ScaleVerb, Samples>, memory }
}

/** Those who use some of a directory's sessions, spread over all of it. */
class Users {
  readonly #sessions: number
  readonly #clock: Clock
  readonly #store: Store
  readonly #uncached: Store
  readonly #ids: readonly string[]

  private constructor ({ directory, sessions }: Directory, clock: Clock, open: (directory: string, options: StoreOptions) => Store) {
    const options = { clock: () => clock.time, pruneInterval: 0 }
    this.#sessions = sessions
    this.#clock = clock
    this.#store = open(directory, options)
    this.#uncached = open(directory, { ...options, cacheSize: 0 })
    this.#ids = Array.from({ length: inUse }, (_, index) => idOf(index * Math.floor(sessions / inUse)))
  }

  static async open (directory: Directory, clock: Clock): Promise<Users> {
    const { FileStore } = await loadLibrary()
    return new Users(directory, clock, (path, options) => new FileStore(path, options) as unknown as Store)
  }

  /** Operations a second. */
  async run (verb: ScaleVerb): Promise<number> {
    switch (verb) {
      case 'known': return await this.#get(this.#store, Array.from({ length: 10 * inUse }, (_, index) => this.#ids[index % inUse] as string))
      case 'any': return await this.#get(this.#uncached, Array.from({ length: 10 * inUse }, () => idOf(Math.floor(Math.random() * this.#sessions))))
      case 'moved': return await this.#set(1, session => session)
      case 'changed': return await this.#set(64, session => Object.assign(session, { count: session.count + 1 }))
    }
  }

  async #get (store: Store, ids: string[]): Promise<number> {
    const count = ids.length
    let missing = 0
    const time = await drive(done => {
      store.get(ids.pop() as string, (_error, session) => {
        if (!session) missing++
        done()
      })
    }, count, 1)
    assert.equal(missing, 0, 'sessions are missing')
    return count / time * 1000
  }

  async #set (inFlight: number, change: (session: BenchSession) => BenchSession): Promise<number> {
    const get = promisify(this.#store.get.bind(this.#store))
    const sessions = await Promise.all(this.#ids.map(async id => change(restore(id, await get(id) as BenchSession, this.#clock.tick()))))
    let next = 0
    const time = await drive(done => this.#store.set(this.#ids[next] as string, sessions[next++] as BenchSession, done), inUse, inFlight)
    return inUse / time * 1000
  }
}

function line (samples: Samples): string {
  return Object.entries(samples).map(([name, rates]) => `${name} ${Math.round(median(rates))}/s`).join(', ')
}
