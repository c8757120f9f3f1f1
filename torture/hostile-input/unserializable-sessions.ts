import { readFile } from 'node:fs/promises'
import { namesIn, rejection } from '../../test/support.ts'
import type { StoreOptions } from '../../src/index.ts'
import { openTestedStore } from '../tested-store.ts'
import { ensure } from '../trial.ts'

/** Sessions that cannot be JSON: the callback is given `not-serializable`, and the old session stays. */
export async function unserializableSessions (directory: string, options: StoreOptions): Promise<number> {
  const { store, get, set } = openTestedStore(directory, options)
  const cycle: Record<string, unknown> = {}
  cycle['a'] = { b: cycle }
  const fail = () => { throw new Error('thrown by the session') }
  const sessions: unknown[] = [
    cycle, { a: 1n }, { toJSON: fail }, { a: { toJSON: fail } }, { cookie: { toJSON: fail } }, { get a () { return fail() } }, { get cookie () { return fail() } },
    { toJSON: () => 5 }, { toJSON: () => undefined }, { toJSON: () => [] }, [], null, undefined, 5, 'a', true, () => {}, Symbol('a'),
    new Proxy({}, { ownKeys: fail }), new Proxy({}, { get: fail }), new Proxy({}, { getOwnPropertyDescriptor: fail, ownKeys: () => ['a'] }),
    JSON.parse('{"__proto__":{"admin":true}}'), { a: JSON.parse('{"constructor":{"prototype":1}}') },
    { cookie: { originalMaxAge: 1000, expires: { toJSON: fail } } }, { cookie: { get originalMaxAge () { return fail() } } }, { toJSON: () => { throw null } } // eslint-disable-line no-throw-literal
  ]
  await set('a', { number: 1 })
  const file = store.sessionFile('a')
  const before = await readFile(file)
  for (const [number, session] of sessions.entries()) {
    const error = await rejection(set('a', session as object))
    ensure(error.cause?.type === 'not-serializable', `session ${number}: ${error.stack}`)
    ensure((await get('a'))?.number === 1, `session ${number} replaced the old one`)
    ensure((await rejection(set('b', session as object))).cause?.type === 'not-serializable' && await get('b') === null, `session ${number} made one`)
  }
  ensure(Buffer.compare(before, await readFile(file)) === 0, 'the file was changed')
  // A session may call the store while it is serialized.
  await set('a', { toJSON: () => { store.set('a', { number: 2 } as never, () => {}); return { number: 3 } } })
  ensure((await get('a'))?.number === 3, 'the later session is not there')
  await store.close()
  ensure((await namesIn(directory)).join() === 'a.json', 'something else is left')
  return sessions.length + 1
}
