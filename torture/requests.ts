import { rm } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { FileStore } from '../src/index.ts'
import { merge } from '../src/merge.ts'
import type { StoreOptions } from '../src/options.ts'
import { freshDirectory, promised } from '../test/support.ts'
import { ensure, timesOf, type Effort, type Trial } from './trial.ts'

// In the long run, over all ways.
const often = 20_000

const ways: ReadonlyArray<readonly [name: string, options: StoreOptions]> = [
  ['auto', {}],
  ['async', { io: 'async' }],
  ['async, no cache, sealed', { io: 'async', cacheSize: 0, secret: 'k'.repeat(32) }],
  ['acknowledged from memory', { acknowledge: 'memory' }],
  ['acknowledged from memory, async, no cache', { acknowledge: 'memory', io: 'async', cacheSize: 0 }]
]

/** What one request does at a time, to the one session that there is. */
type Step =
  | { readonly type: 'load' | 'save', readonly request: number }
  | { readonly type: 'change', readonly request: number, readonly key: string, readonly value: number | undefined }
  | { readonly type: 'login', readonly session: Fields }
  | { readonly type: 'logout' | 'turn' | 'settle' }

type Fields = Readonly<Record<string, unknown>>

/** A session as a request has it, and what it was at its last load or save. */
interface Live {
  readonly session: Record<string | symbol, unknown>
  met: Fields
}

const request = fc.nat({ max: 3 })
const key = fc.constantFrom('a', 'b', 'c')
const value = fc.integer({ min: 0, max: 2 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom('load' as const, 'save' as const), request }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('change' as const), request, key, value: fc.option(value, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('login' as const), session: fc.dictionary(key, value) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('turn' as const, 'turn' as const, 'turn' as const, 'settle' as const, 'logout' as const) }) }
)

/** Requests that load, change and save one session, their steps in any order, none of them waiting for the disk. */
export function requestTrials (effort: Effort): Trial[] {
  return ways.map(([way, options]) => ({
    name: `keeps what requests at once change (${way})`,
    run: async () => {
      const numRuns = timesOf(often / ways.length, effort)
      const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), steps => run(steps, options))
      await fc.assert(property, { numRuns, seed: effort.seed, includeErrorInReport: true })
      return numRuns
    }
  }))
}

async function run (steps: readonly Step[], options: StoreOptions): Promise<void> {
  const directory = await freshDirectory()
  const store = new FileStore(directory, { ...options, pruneInterval: 0 })
  const { get, set, destroy } = promised(store)
  const calls: Array<Promise<void>> = []
  const live = new Map<number, Live>()
  let expected: Fields | null = null

  const load = async (): Promise<Live | null> => {
    const session = await get('abc')
    ensure(isDeepStrictEqual(plain(session), expected), () => `there was ${JSON.stringify(session)} and not ${JSON.stringify(expected)}`)
    return session === null ? null : { session: taken(session), met: plain(session)! }
  }

  const play = async (step: Step): Promise<void> => {
    const each = 'request' in step ? live.get(step.request) : undefined
    if (step.type === 'load') {
      const loaded = await load()
      if (loaded !== null) live.set(step.request, loaded)
    } else if (step.type === 'change' && each !== undefined) {
      if (step.value === undefined) delete each.session[step.key]
      else each.session[step.key] = step.value
    } else if (step.type === 'save' && each !== undefined) {
      const mine = plain(each.session)!
      calls.push(set('abc', each.session))
      expected &&= merge(each.met, mine, expected)
      each.met = mine
    } else if (step.type === 'login') {
      expected = { cookie: { path: '/' }, ...step.session }
      calls.push(set('abc', expected))
    } else if (step.type === 'logout') {
      calls.push(destroy('abc'))
      expected = null
    } else if (step.type === 'turn') {
      await turn()
    } else if (step.type === 'settle') {
      await store.close()
    }
  }

  try {
    for (const step of steps) await play(step)
    await load()
    await Promise.all(calls)
    await store.close()
    // From the file alone.
    const { acknowledge, ...others } = options
    const session = await promised(new FileStore(directory, { ...others, pruneInterval: 0 })).get('abc')
    ensure(isDeepStrictEqual(plain(session), expected), () => `the file said ${JSON.stringify(session)} and not ${JSON.stringify(expected)}`)
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
}

// As @fastify/session takes a session over: its cookie anew, and that one's options, symbols included, beside it.
function taken ({ cookie, ...fields }: { readonly cookie: object }): Record<string | symbol, unknown> {
  return { ...fields, cookie: { path: '/' }, [Symbol('cookieOpts')]: { ...cookie } }
}

function plain (session: object | null): Fields | null {
  return session === null ? null : JSON.parse(JSON.stringify(session))
}
