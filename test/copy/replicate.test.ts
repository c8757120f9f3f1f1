import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { KeyedStore } from '../../src/copy/keyed-store.ts'
import { replicate } from '../../src/copy/replicate.ts'
import { FileStore } from '../../src/index.ts'
import type { StoredSession } from '../../src/session/session.ts'
import { loadedByPlugin, now, promised, rejection, suiteOnDisk } from '../support.ts'
import { MemoryStore } from './memory-store.ts'

const test = suiteOnDisk('replicate')

const hour = 3_600_000
const isAbsenceEnd = false
const sessionAt = (use: number, content: object = {}): StoredSession => ({ cookie: { originalMaxAge: hour, expires: new Date(use + hour).toISOString() }, ...content })

/** A target that counts what is written, and refuses what can only be a replication without an end. */
function countingTarget (most = 10) {
  const to = new MemoryStore()
  const set = to.set.bind(to)
  const target = Object.assign(to, { writes: 0 })
  target.set = (id, session, callback) => {
    if (++target.writes > most) callback(new Error(`written ${target.writes} times`))
    else set(id, session, callback)
  }
  return target
}

/** A store that gives the sessions one after the other, and the last one from then on. */
function storeThatGives (...sessions: Array<StoredSession | null>): KeyedStore {
  let reads = 0
  return {
    get: (_id, callback) => queueMicrotask(() => callback(null, sessions[Math.min(reads++, sessions.length - 1)])),
    set () { throw new Error('the source is changed') },
    destroy () { throw new Error('the source is changed') }
  }
}

/** A `FileStore` with a session whose file was last used that much in the future, and a clock that shows 5 ms more at each look. */
async function storeAhead (directory: string, session: object, ahead: number) {
  let time = now
  const clock = () => (time += 5)
  const from = new FileStore(directory, { clock, pruneInterval: 0 })
  await promised(from).set('a', session)
  const use = new Date(now + ahead)
  for (const name of await readdir(directory)) await utimes(join(directory, name), use, use)
  return { from, clock }
}

for (const [name, session, most] of [
  ['a maxAge', sessionAt(now, { user: 'Ada' }), 2],
  ['an expiry of its own beside a maxAge', { cookie: { originalMaxAge: hour, expires: new Date(now + 5 * hour) }, user: 'Ada' }, 1],
  ['an expiry', { cookie: { originalMaxAge: null, expires: new Date(now + hour) }, user: 'Ada' }, 1],
  ['a cookie that ends with the browser', { cookie: { originalMaxAge: null, expires: null }, user: 'Ada' }, 1],
  ['no cookie', { user: 'Ada' }, 1]
] as const) {
  for (const ahead of [2_000, hour]) {
    test(`ends for a session with ${name} whose last use lies ${ahead} ms in the future`, async ({ directory }) => {
      const { from } = await storeAhead(directory, session, ahead)
      const to = countingTarget()
      const loaded = await promised(from).get('a')
      assert.is((await replicate('a', loaded, { from, to }, { isAbsenceEnd }))?.user, 'Ada')
      assert.ok(to.writes <= most, `${to.writes} writes`)
      assert.is(to.held('a').user, 'Ada')
    })
  }
}

test('gives a session whose last use lies in the future the expiry that it has at that moment', async ({ directory }) => {
  const { from, clock } = await storeAhead(directory, sessionAt(now), hour)
  const to = countingTarget()
  await replicate('a', await promised(from).get('a'), { from, to }, { isAbsenceEnd })
  const off = clock() + hour - Date.parse(to.held('a').cookie.expires)
  assert.ok(off >= 0 && off < 1_000, `${off} ms`)
})

test('writes a use that was recorded since the first read', async () => {
  const [loaded, used] = [sessionAt(now - 10 * hour), sessionAt(now)]
  const to = countingTarget()
  assert.equal(await replicate('a', loaded, { from: storeThatGives(used), to }, { isAbsenceEnd }), used)
  assert.equal(to.held('a'), used)
  assert.is(to.writes, 2)
})

test('writes a change however many uses come before and after it', async () => {
  const [changed, changedAgain] = [sessionAt(now + 2, { cart: 1 }), sessionAt(now + 4, { cart: 2 })]
  const from = storeThatGives(sessionAt(now + 1), changed, sessionAt(now + 3, { cart: 1 }), changedAgain)
  const to = countingTarget()
  await replicate('a', sessionAt(now), { from, to }, { isAbsenceEnd })
  assert.equal(to.held('a'), changedAgain)
})

test('writes a change of an expiry that does not move with the use, each time', async () => {
  const expiring = (expires: number): StoredSession => ({ cookie: { originalMaxAge: null, expires: new Date(expires).toISOString() } })
  const from = storeThatGives(expiring(now + 1), expiring(now + 2), expiring(now + 3))
  const to = countingTarget()
  await replicate('a', expiring(now), { from, to }, { isAbsenceEnd })
  assert.equal(to.held('a'), expiring(now + 3))
})

test('writes a change of the maxAge, each time', async () => {
  const lasting = (maxAge: number): StoredSession => ({ cookie: { originalMaxAge: maxAge, expires: new Date(now + maxAge).toISOString() } })
  const to = countingTarget()
  await replicate('a', lasting(1), { from: storeThatGives(lasting(2), lasting(3), lasting(4)), to }, { isAbsenceEnd })
  assert.equal(to.held('a'), lasting(4))
})

test('removes a session that ends after the first write, or after a use was written', async () => {
  for (const uses of [[], [sessionAt(now + 1)]]) {
    const to = countingTarget()
    assert.is(await replicate('a', sessionAt(now), { from: storeThatGives(...uses, null), to }, { isAbsenceEnd: true }), null)
    assert.equal([to.held('a'), to.writes], [null, uses.length + 1])
  }
})

test('takes a session whose keys have another order for the same', async () => {
  const one = { cookie: { originalMaxAge: hour, expires: new Date(now + hour), path: '/' }, user: 'Ada', cart: { a: 1, b: 2 } }
  const other = { cart: { b: 2, a: 1 }, user: 'Ada', cookie: { path: '/', expires: new Date(now + hour), originalMaxAge: hour } }
  const to = countingTarget()
  await replicate('a', one, { from: storeThatGives(other, one, other, one), to }, { isAbsenceEnd })
  assert.is(to.writes, 1)
})

test('ends for a session that FileStore has merged, whatever order its cache and its file have', async ({ directory }) => {
  const files = new FileStore(directory, { pruneInterval: 0 })
  const writer = promised(files)
  await writer.set('a', { cart: 1, cookie: { expires: new Date(Date.now() + hour), path: '/', originalMaxAge: hour }, user: 'Ada' })
  const [one, other] = [loadedByPlugin(await writer.get('a')), loadedByPlugin(await writer.get('a'))]
  await writer.set('a', Object.assign(one, { first: true }))
  await writer.set('a', Object.assign(other, { second: true, user: 'Eve' }))
  // What one has in its cache, and the other reads.
  const stores = [files, new FileStore(directory, { pruneInterval: 0, cacheSize: 0 })]
  let reads = 0
  const from = Object.assign(storeThatGives(), { get: ((id, callback) => stores[reads++ % 2]!.get(id, callback)) satisfies KeyedStore['get'] })
  const to = countingTarget()
  await replicate('a', await promised(from).get('a'), { from, to }, { isAbsenceEnd })
  assert.equal([to.writes, to.held('a').first, to.held('a').second], [1, true, true])
})

test('rejects when a session is different each time', async () => {
  let reads = 0
  const from = Object.assign(storeThatGives(), { get: ((_id, callback) => queueMicrotask(() => callback(null, sessionAt(now, { reads: reads++ })))) satisfies KeyedStore['get'] })
  const to = countingTarget(1_000)
  assert.match((await rejection(replicate('a', sessionAt(now), { from, to }, { isAbsenceEnd }))).message, /different each time it is read: it was copied 100 times/)
  assert.is(to.writes, 100)
})

test('rejects with the reason of its signal once it has written a session again', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  const states = [1, 2, 3].map(cart => sessionAt(now, { cart }))
  const to = countingTarget()
  assert.is(await rejection(replicate('a', sessionAt(now), { from: storeThatGives(...states), to }, { isAbsenceEnd, signal })), signal.reason)
  assert.equal(to.held('a'), states[0])
})

test('completes the copy of a session that changes once although its signal is aborted', async () => {
  const changed = sessionAt(now, { cart: 1 })
  const to = countingTarget()
  assert.equal(await replicate('a', sessionAt(now), { from: storeThatGives(changed), to }, { isAbsenceEnd, signal: AbortSignal.abort() }), changed)
  assert.equal(to.held('a'), changed)
})

test.run()
