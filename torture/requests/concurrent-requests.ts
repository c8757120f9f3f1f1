import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { FileStore, type StoreOptions } from '../../src/index.ts'
import { promised } from '../../test/support.ts'
import { merge } from '../internals.ts'
import { asPluginSession } from '../plugin-session.ts'
import { ensure } from '../trial.ts'
import { asPlainObject, type Fields, type LiveSession } from './live-session.ts'
import type { Step } from './steps.ts'

const id = 'abc'

/**
 * Runs the steps of several requests, and fails unless each load gives what the
 * steps before it leave when they are done one after the other.
 */
export async function runSteps (directory: string, steps: readonly Step[], options: StoreOptions): Promise<void> {
  const store = new FileStore(directory, { ...options, pruneInterval: 0 })
  try {
    const requests = new ConcurrentRequests(store)
    for (const step of steps) await requests.run(step)
    const expected = await requests.finish()
    // From the file alone.
    const { acknowledge, ...others } = options
    const session = await promised(new FileStore(directory, { ...others, pruneInterval: 0 })).get(id)
    ensure(isDeepStrictEqual(asPlainObject(session), expected), () => `the file holds ${JSON.stringify(session)}, expected ${JSON.stringify(expected)}`)
  } finally {
    await store.close()
  }
}

class ConcurrentRequests {
  readonly #store: FileStore
  readonly #calls: Array<Promise<void>> = []
  readonly #live = new Map<number, LiveSession>()
  #expected: Fields | null = null

  constructor (store: FileStore) {
    this.#store = store
  }

  async run (step: Step): Promise<void> {
    const { set, destroy } = promised(this.#store)
    switch (step.type) {
      case 'load': {
        const loaded = await this.#load()
        if (loaded !== null) this.#live.set(step.request, loaded)
        return
      }
      case 'change': return this.#change(step)
      case 'save': return this.#save(step.request)
      case 'login':
        this.#expected = { cookie: { path: '/' }, ...step.session }
        this.#calls.push(set(id, this.#expected))
        return
      case 'logout':
        this.#calls.push(destroy(id))
        this.#expected = null
        return
      case 'turn': return await nextTurn()
      case 'flush': return await this.#store.close()
    }
  }

  /** Resolves to the session that the file must hold when all calls have called back. */
  async finish (): Promise<Fields | null> {
    await this.#load()
    await Promise.all(this.#calls)
    await this.#store.close()
    return this.#expected
  }

  async #load (): Promise<LiveSession | null> {
    const session = await promised(this.#store).get(id)
    const expected = this.#expected
    ensure(isDeepStrictEqual(asPlainObject(session), expected), () => `get gave ${JSON.stringify(session)}, expected ${JSON.stringify(expected)}`)
    return session === null ? null : { session: asPluginSession(session, Date.now()), base: asPlainObject(session)! }
  }

  #change ({ request, key, value }: Step & { type: 'change' }): void {
    const live = this.#live.get(request)
    if (live === undefined) return
    if (value === undefined) delete live.session[key]
    else live.session[key] = value
  }

  #save (request: number): void {
    const live = this.#live.get(request)
    if (live === undefined) return
    const mine = asPlainObject(live.session)!
    this.#calls.push(promised(this.#store).set(id, live.session))
    this.#expected &&= merge(live.base, mine, this.#expected)
    live.base = mine
  }
}
