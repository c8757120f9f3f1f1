import assert from 'node:assert/strict'
import { promisify } from 'node:util'
import { idOf } from '../fixtures/population.ts'
import { restoreSession, type BenchSession } from '../fixtures/session.ts'
import { importLibrary } from '../machine/modules.ts'
import type { Clock } from '../measure/clock.ts'
import { drive } from '../measure/drive.ts'
import type { Store } from '../sides/side.ts'

/** A directory of sessions. */
export interface Directory { readonly directory: string, readonly sessions: number }

/** The operations that are compared between a large directory and a small one. */
export const scaleVerbs = {
  known: '`get`, of 1,000 sessions in use',
  moved: '`set` with only the expiry moved, of 1,000 sessions in use',
  changed: '`set` changed, of 1,000 sessions in use, 64 in flight',
  any: '`get` of any session, without a cache'
} as const

export type ScaleVerb = keyof typeof scaleVerbs

// As many as the small directory holds.
const inUse = 1_000

// In milliseconds; more than a second, so that each use is recorded.
const step = 1_001

interface Stores { readonly cached: Store, readonly uncached: Store }

/** Users of some sessions, which are spread over all of a directory. */
export class Users {
  readonly #sessions: number
  readonly #clock: Clock
  readonly #stores: Stores
  readonly #ids: readonly string[]

  private constructor (sessions: number, clock: Clock, stores: Stores) {
    this.#sessions = sessions
    this.#clock = clock
    this.#stores = stores
    this.#ids = Array.from({ length: inUse }, (_, index) => idOf(index * Math.floor(sessions / inUse)))
  }

  static async open ({ directory, sessions }: Directory, clock: Clock): Promise<Users> {
    const { FileStore } = await importLibrary()
    const options = { clock: () => clock.time, pruneInterval: 0 }
    return new Users(sessions, clock, {
      cached: new FileStore(directory, options) as unknown as Store,
      uncached: new FileStore(directory, { ...options, cacheSize: 0 }) as unknown as Store
    })
  }

  /** Resolves to the operations a second. */
  async run (verb: ScaleVerb): Promise<number> {
    switch (verb) {
      case 'known': return await this.#get(this.#stores.cached, Array.from({ length: 10 * inUse }, (_, index) => this.#ids[index % inUse] as string))
      case 'any': return await this.#get(this.#stores.uncached, Array.from({ length: 10 * inUse }, () => idOf(Math.floor(Math.random() * this.#sessions))))
      case 'moved': return await this.#set(1, session => session)
      case 'changed': return await this.#set(64, session => Object.assign(session, { count: session.count + 1 }))
    }
  }

  async #get (store: Store, ids: string[]): Promise<number> {
    const count = ids.length
    let missing = 0
    const time = await drive(callback => {
      store.get(ids.pop() as string, (_error, session) => {
        if (!session) missing++
        callback()
      })
    }, count, 1)
    assert.equal(missing, 0, 'sessions are missing')
    return count / time * 1000
  }

  async #set (inFlight: number, change: (session: BenchSession) => BenchSession): Promise<number> {
    const { cached } = this.#stores
    const get = promisify(cached.get.bind(cached))
    const now = this.#clock.advance(step)
    const sessions = await Promise.all(this.#ids.map(async id => change(restoreSession(id, await get(id) as BenchSession, now))))
    let next = 0
    const time = await drive(callback => cached.set(this.#ids[next] as string, sessions[next++] as BenchSession, callback), inUse, inFlight)
    return inUse / time * 1000
  }
}
