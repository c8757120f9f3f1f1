import type { StoreOptions } from '../../src/index.ts'
import { openTestedStore, type TestedStore } from '../tested-store.ts'
import { ensure } from '../trial.ts'

const smallestDepth = 500
const greatestDepth = 20_000

/**
 * Sessions of growing depth, `factor` times the one before. Neither a callback
 * nor the process may be lost: what one part of the code can still traverse may
 * overflow the stack in the next.
 */
export async function deepSessions (directory: string, options: StoreOptions, factor: number): Promise<number> {
  const store = openTestedStore(directory, options)
  let count = 0
  for (let depth = smallestDepth; depth < greatestDepth; depth = Math.round(depth * factor)) {
    const cookie = { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) }
    await store.set('a', { cookie, count })
    const isTooDeep = await store.set('a', { cookie, count, nested: nestedArray(depth, 0) }).then(() => false, ({ cause }) => cause?.type === 'not-serializable')
    ensure((await store.get('a'))?.count === count, `at ${depth} there is no session`)
    if (!isTooDeep) await saveConcurrently(store, depth, count)
    count++
  }
  return count
}

// Two requests at the same time, each with a change of its own.
async function saveConcurrently (store: TestedStore, depth: number, count: number): Promise<void> {
  const [one, other] = [await load(store), await load(store)]
  one['nested'] = nestedArray(depth, 1)
  other['other'] = nestedArray(depth, 2)
  // What fitted the stack once may not do so where the stack is deeper. Then the callback is given an error, and the old session stays.
  const isSet = async (session: object) => await store.set('a', session).then(() => true, ({ cause }) => {
    ensure(cause?.cause instanceof RangeError, `at ${depth} it failed with ${cause?.cause}`)
    return false
  })
  await isSet(one)
  const isOtherSet = await isSet(other)
  const merged = await store.get('a')
  // Where the nested value is too deep to be compared it may count as changed by both. The other key is not concerned.
  ensure(merged.nested !== undefined && merged.count === count, `at ${depth} a session was lost`)
  ensure(!isOtherSet || merged.other !== undefined, `at ${depth} a change was lost`)
}

// As the plugin takes it over, with the symbols of its cookie.
async function load (store: TestedStore): Promise<Record<string | symbol, unknown>> {
  const { cookie, ...fields } = await store.get('a')
  return { ...fields, cookie: { ...cookie }, [Symbol('options')]: { ...cookie } }
}

function nestedArray (depth: number, leaf: number): unknown {
  return JSON.parse('['.repeat(depth) + leaf + ']'.repeat(depth))
}
