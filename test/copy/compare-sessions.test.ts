import { utimes } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { compareSessions } from '../../src/copy/compare-sessions.ts'
import { FileStore } from '../../src/index.ts'
import { promised, rejection, suiteOnDisk } from '../support.ts'
import { MemoryStore } from './memory-store.ts'

const test = suiteOnDisk('compareSessions')

const now = Date.now()
const hour = 3_600_000
const sessionAt = (use: number, content: object = {}) => ({ cookie: { originalMaxAge: hour, expires: new Date(use + hour).toISOString() }, ...content })

/** Two stores with one session, as each has it. */
function pair (inSource: object | null, inTarget: object | null): [MemoryStore, MemoryStore] {
  const stores: [MemoryStore, MemoryStore] = [new MemoryStore(), new MemoryStore()]
  for (const [index, session] of [inSource, inTarget].entries()) if (session !== null) stores[index as 0 | 1].texts.set('a', JSON.stringify(session))
  return stores
}

const nothing = { same: 0, later: 0, missing: [], different: [] }

for (const [name, inSource, inTarget, expected] of [
  ['one that is the same', sessionAt(now), sessionAt(now), { ...nothing, same: 1 }],
  ['one whose keys have another order', { a: 1, ...sessionAt(now) }, { ...sessionAt(now), a: 1 }, { ...nothing, same: 1 }],
  ['fields of the cookie that FileStore keeps its own way', { cookie: { path: '/', originalExpires: 1 } }, { cookie: { path: '/', fixedExpiry: true } }, { ...nothing, same: 1 }],
  ['one that is missing', sessionAt(now), null, { ...nothing, missing: ['a'] }],
  ['one with another content', sessionAt(now, { cart: 1 }), sessionAt(now, { cart: 2 }), { ...nothing, different: ['a'] }],
  ['one with another expiry', sessionAt(now - 1_000), sessionAt(now - 1_001), { ...nothing, different: ['a'] }],
  ['one that was used later', sessionAt(now), sessionAt(now + 1), { ...nothing, later: 1 }],
  ['one that has expired', sessionAt(now - 2 * hour), null, nothing],
  ['one that the source does not have', null, sessionAt(now), nothing]
] as const) {
  test(`finds ${name}`, async () => assert.equal(await compareSessions(...pair(inSource, inTarget)), expected))
}

test('finds the same in one whose last use lies in the future, and was counted at another moment when it was copied', async ({ directory }) => {
  const files = new FileStore(directory, { pruneInterval: 0 })
  for (const [id, inTarget, expected] of [
    ['same', sessionAt(now - 5_000), { ...nothing, same: 1 }],
    ['different', sessionAt(now - 5_000, { cart: 1 }), { ...nothing, different: ['different'] }]
  ] as const) {
    await promised(files).set(id, sessionAt(now))
    const use = new Date(Date.now() + hour)
    await utimes(files.sessionFile(id), use, use)
    const target = new MemoryStore()
    target.texts.set(id, JSON.stringify(inTarget))
    assert.equal(await compareSessions(directory, target), expected)
    await promised(files).destroy(id)
  }
})

test('finds another expiry of its own that is ahead', async () => {
  const fixed = (expires: number) => ({ cookie: { originalMaxAge: hour, expires, fixedExpiry: true } })
  assert.equal(await compareSessions(...pair(fixed(now + 9 * hour), fixed(now + 8 * hour))), { ...nothing, different: ['a'] })
})

test('leaves out one that was ended', async () => {
  const [source, target] = pair(sessionAt(now), null)
  target.texts.set('ended-session.a', JSON.stringify(sessionAt(now)))
  assert.equal(await compareSessions(source, target), nothing)
})

test('looks again at one that was copied between its two looks', async () => {
  const [source, target] = pair(sessionAt(now), null)
  const { get } = target
  target.get = (id, callback) => {
    get.call(target, id, callback)
    queueMicrotask(() => target.texts.set('a', source.texts.get('a')!))
  }
  assert.equal(await compareSessions(source, target), { ...nothing, same: 1 })
})

test('rejects with the error of a store', async () => {
  const [source, target] = pair(sessionAt(now), null)
  const error = new Error('down')
  target.errors.set('get a', error)
  assert.is(await rejection(compareSessions(source, target)), error)
})

test('says how far it is, and stops at its signal', async () => {
  const [source, target] = pair(sessionAt(now), sessionAt(now))
  const seen: number[] = []
  await compareSessions(source, target, { onProgress: count => seen.push(count) })
  assert.equal(seen, [1])
  assert.equal(await compareSessions(source, target, { signal: AbortSignal.abort() }), nothing)
})

test.run()
