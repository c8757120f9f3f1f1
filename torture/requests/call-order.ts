import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { FileStore, type StoreOptions } from '../../src/index.ts'
import { ensure, inFreshDirectory, type Progress } from '../trial.ts'

/** A call on the one session that there is, or a turn of the event loop. */
export type OrderStep = { readonly type: 'get' | 'set' | 'touch' | 'destroy' | 'turn' }

type Fields = Readonly<Record<string, unknown>>

const types = ['get', 'set', 'touch', 'destroy'] as const

/** Every sequence of one to `length` calls. */
export function allSequences (length: number): OrderStep[][] {
  if (length === 0) return [[]]
  const shorter = allSequences(length - 1)
  const longest = shorter.filter(steps => steps.length === length - 1)
  return [...shorter, ...longest.flatMap(steps => types.map(type => [...steps, { type }]))]
}

interface Runs {
  readonly options: StoreOptions
  readonly numRuns: number
  readonly seed: number
  readonly progress: Progress
}

/** All short sequences, and random longer ones, on a session that exists and on one that does not. */
export async function callOrder ({ options, numRuns, seed, progress }: Runs): Promise<number> {
  const step: fc.Arbitrary<OrderStep> = fc.record({ type: fc.constantFrom(...types, 'turn') })
  const random = fc.sample(fc.array(step, { minLength: 4, maxLength: 12 }), { numRuns, seed })
  const sequences = [...allSequences(numRuns < 100 ? 3 : 4), ...random]
  let count = 0
  for (const steps of sequences) {
    for (const exists of [true, false]) {
      await inFreshDirectory(directory => runSequence(directory, { steps, exists, options }))
      progress(++count / sequences.length / 2)
    }
  }
  return count
}

interface Sequence {
  readonly steps: readonly OrderStep[]
  readonly exists: boolean
  readonly options: StoreOptions
}

/**
 * Makes the calls without waiting for any callback. Fails unless the callbacks
 * run in the order of the calls, each with the result that it would have if the
 * calls were made one after the other.
 */
async function runSequence (directory: string, { steps, exists, options }: Sequence): Promise<void> {
  const store = new FileStore(directory, { ...options, pruneInterval: 0 })
  const id = 'a'
  let expected: Fields | null = exists ? { cookie: { path: '/first' }, number: -1 } : null
  if (expected !== null) await new Promise<void>((resolve, reject) => store.set(id, expected as never, error => error ? reject(error) : resolve()))
  const given: unknown[] = []
  const results: unknown[] = []
  const calls: Array<Promise<void>> = []
  for (const [number, { type }] of steps.entries()) {
    if (type === 'turn') {
      await nextTurn()
      continue
    }
    const call = calls.length
    const session: Fields = { cookie: { path: `/${number}` }, number }
    if (type === 'set') expected = session
    if (type === 'destroy') expected = null
    if (type === 'touch') expected &&= { ...expected, cookie: session['cookie'] }
    results.push({ call, error: null, value: type === 'get' ? expected : undefined })
    calls.push(new Promise(resolve => {
      const callback = (error: unknown, value?: unknown) => {
        given.push({ call, error: error ?? null, value: type === 'get' ? asPlainObject(value) : undefined })
        resolve()
      }
      if (type === 'get') store.get(id, callback)
      else if (type === 'destroy') store.destroy(id, callback)
      else store[type](id, session as never, callback)
    }))
  }
  await Promise.all(calls)
  await store.close()
  const names = steps.map(({ type }) => type).join(', ')
  ensure(isDeepStrictEqual(given, results), () => `${names} on ${exists ? 'a' : 'no'} session\n  gave     ${JSON.stringify(given)}\n  expected ${JSON.stringify(results)}`)
  const last = await new Promise(resolve => new FileStore(directory, { ...options, pruneInterval: 0 }).get(id, (_error, session) => resolve(asPlainObject(session))))
  ensure(isDeepStrictEqual(last, expected), () => `${names}: the file holds ${JSON.stringify(last)}, expected ${JSON.stringify(expected)}`)
}

function asPlainObject (session: unknown): unknown {
  return session === null || session === undefined ? null : JSON.parse(JSON.stringify(session))
}
