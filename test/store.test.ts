import { mkdirSync, rmSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FileStore as OtherStore } from '@itrocks/fastify-file-session-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SessionError } from '../src/errors.ts'
import type { StoreOptions } from '../src/options.ts'
import { FileStore } from '../src/store.ts'
import { called, namesIn, promised, rejection, runModule, settled, suiteOnDisk } from './support.ts'

const now = Date.parse('2030-01-02T03:04:05.678Z')

/** A session as `@fastify/session` keeps it with `rolling` and `maxAge`, used at `usedAt`. */
function rolling (usedAt: number) {
  const expires = new Date(usedAt + 60_000)
  return { cookie: { expires, originalMaxAge: 60_000, originalExpires: expires, path: '/' }, user: 'ada' }
}

/** What `@fastify/session` makes of a session that it was given: see `attachBase`. */
function loaded ({ cookie, ...fields }: any): any {
  return { ...fields, cookie: { ...cookie }, [Symbol('cookieOpts')]: { ...cookie } }
}

/** What tells one version of a file from another. */
async function versionOf (file: string) {
  const { ino, mtimeMs } = await stat(file)
  return { inode: ino, time: Math.floor(mtimeMs), text: await readFile(file, 'utf8') }
}

/** Everything that callbacks and timers have to say to each other by now. */
const turn = () => new Promise(resolve => setImmediate(resolve))

const ways: ReadonlyArray<readonly [way: string, options: StoreOptions]> = [
  ['auto', { io: 'auto' }],
  ['async', { io: 'async' }],
  ['auto, no cache', { io: 'auto', cacheSize: 0 }],
  ['async, no cache', { io: 'async', cacheSize: 0 }]
]

for (const [way, given] of ways) {
  const test = suiteOnDisk(`FileStore (${way})`)

  /** A store on `directory`, and the failures that it swallows. */
  const storeOn = (directory: string, options: StoreOptions = {}) => {
    const failures: SessionError[] = []
    const store = new FileStore(directory, { ...given, pruneInterval: 0, onFailure: failure => { failures.push(failure) }, ...options })
    return { store, failures, ...promised(store) }
  }

  test('promise 1: sets, gets and destroys by callbacks, and names its files', async ({ directory }) => {
    const { store } = storeOn(directory)
    const received: unknown[][] = []
    const receive = (...values: unknown[]) => { received.push(values) }
    await new Promise<void>(resolve => store.set('abc', { user: 'ada' } as any, (...values: unknown[]) => { receive(...values); resolve() }))
    assert.is(store.sessionFile('abc'), join(directory, 'abc.json'))
    assert.is(await readFile(store.sessionFile('abc'), 'utf8'), '{"user":"ada"}')
    await new Promise<void>(resolve => store.get('abc', (...values: unknown[]) => { receive(...values); resolve() }))
    await new Promise<void>(resolve => store.destroy('abc', (...values: unknown[]) => { receive(...values); resolve() }))
    await new Promise<void>(resolve => store.get('abc', (...values: unknown[]) => { receive(...values); resolve() }))
    assert.equal(received, [[], [null, { user: 'ada' }], [], [null, null]])
  })

  test('promise 1: reads the directory of @itrocks/fastify-file-session-store', async ({ directory }) => {
    const other = promised(new OtherStore(directory) as any)
    const session = rolling(Date.now())
    await other.set('abc_-123', session)
    const { get, set, destroy, failures } = storeOn(directory, { extension: '' })
    const found = await get('abc_-123')
    assert.is(found.user, 'ada')
    assert.ok(Math.abs(found.cookie.expires - session.cookie.expires.getTime()) < 10_000)
    await set('abc_-123', { ...found, user: 'bob' })
    assert.equal(await namesIn(directory), ['abc_-123'])
    await destroy('abc_-123')
    assert.equal(await namesIn(directory), [])
    assert.equal(failures, [])
  })

  test('promise 1: reads the directory of session-file-store', async ({ directory }) => {
    const SessionFileStore = createRequire(import.meta.url)('session-file-store')({ Store: EventEmitter })
    const other = promised(new SessionFileStore({ path: directory, reapInterval: -1, logFn: () => {} }))
    await other.set('abc_-123', rolling(Date.now()))
    const { get, set, destroy, failures } = storeOn(directory)
    const found = await get('abc_-123')
    assert.is(found.user, 'ada')
    assert.type(found.__lastAccess, 'number')
    assert.instance(found.cookie.expires, Date)
    await set('abc_-123', { ...found, user: 'bob' })
    assert.is((await other.get('abc_-123')).user, 'bob')
    await destroy('abc_-123')
    assert.equal(await namesIn(directory), [])
    assert.equal(failures, [])
  })

  test('promise 2: shows whole sessions at every moment', async ({ directory }) => {
    const { store, set } = storeOn(directory)
    const { get } = storeOn(directory)
    const session = (n: number) => ({ n, text: String(n % 10).repeat(50_000) })
    await set('abc', session(0))
    const writing = { isDone: false }
    const reading = (async () => {
      let reads = 0
      for (; !writing.isDone || reads === 0; reads++) {
        const [raw, found] = [JSON.parse(await readFile(store.sessionFile('abc'), 'utf8')), await get('abc')]
        assert.equal(raw, session(raw.n))
        assert.equal(found, session(found.n))
        await turn()
      }
    })()
    for (let n = 1; n < 50; n++) await set('abc', session(n))
    writing.isDone = true
    await reading
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  test('promise 2: leaves no temporary file of a write that failed', async ({ directory }) => {
    const { store, set } = storeOn(directory)
    await mkdir(join(store.sessionFile('abc'), 'inner'), { recursive: true })
    await rejection(set('abc', { user: 'ada' }))
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  test('promise 3: gives what another store set, and ends what another ended', async ({ directory }) => {
    const [one, other] = [storeOn(directory), storeOn(directory)]
    for (let n = 0; n < 20; n++) {
      await one.set('abc', { n })
      assert.equal(await other.get('abc'), { n })
      await other.set('abc', { n, other: true })
      assert.equal(await one.get('abc'), { n, other: true })
    }
    await other.destroy('abc')
    assert.is(await one.get('abc'), null)
  })

  test('promise 3: gives what was edited by hand, at equal size too', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    await settled(store.sessionFile('abc'))
    assert.equal(await get('abc'), { user: 'ada' })
    await writeFile(store.sessionFile('abc'), '{"user":"bob"}')
    assert.equal(await get('abc'), { user: 'bob' })
  })

  test('promise 3: gives what is about to be written, at once', async ({ directory }) => {
    const { store, get, set, destroy } = storeOn(directory)
    const first = set('abc', { n: 1 })
    assert.equal(await get('abc'), { n: 1 })
    const second = set('abc', rolling(Date.now()))
    const found: any[] = []
    store.get('abc', (error, session) => { found.push(error, session) })
    await turn()
    assert.is(found[0], null)
    assert.is(found[1].user, 'ada')
    assert.instance(found[1].cookie.expires, Date)
    const end = destroy('abc')
    assert.is(await get('abc'), null)
    await Promise.all([first, second, end])
    assert.is(await get('abc'), null)
  })

  test('promise 4: keeps what was set, whatever becomes of the object', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    const session: any = { cart: { items: [1] }, user: 'ada' }
    const setting = set('abc', session)
    session.cart.items.push(2)
    session.user = 'bob'
    assert.equal(await get('abc'), { cart: { items: [1] }, user: 'ada' })
    await setting
    session.cart.items.push(3)
    assert.equal(await get('abc'), { cart: { items: [1] }, user: 'ada' })
  })

  test('promise 4: gives a new object each time', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const text = JSON.stringify({ cart: { items: [1] }, cookie: { originalMaxAge: 60_000 } })
    await set('abc', JSON.parse(text))
    await settled(store.sessionFile('abc'))
    for (let time = 0; time < 4; time++) {
      const { cart, cookie } = await get('abc')
      assert.equal(cart, { items: [1] })
      assert.is(cookie.path, undefined)
      cart.items.push(2)
      cookie.path = '/other'
    }
    assert.is(await readFile(store.sessionFile('abc'), 'utf8'), text)
  })

  test('promise 4: writes nested changes, and a second change after a set', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const session: any = { cart: { items: [] } }
    for (let item = 1; item < 5; item++) {
      session.cart.items.push(item)
      await set('abc', session)
      assert.is(await readFile(store.sessionFile('abc'), 'utf8'), JSON.stringify(session))
    }
    const found = await get('abc')
    found.cart.items.push(5)
    await set('abc', found)
    assert.equal(await get('abc'), { cart: { items: [1, 2, 3, 4, 5] } })
  })

  test('promise 4: writes changes of the object that the plugin goes on with', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', rolling(Date.now()))
    const session = loaded(await get('abc'))
    for (let visit = 1; visit < 4; visit++) {
      session.visits = { count: visit }
      await set('abc', session)
      assert.equal((await get('abc')).visits, { count: visit })
    }
  })

  test('promise 5: touches a file when only the expiry moved', async ({ directory }) => {
    let time = now
    const { store, get, set } = storeOn(directory, { clock: () => time })
    await set('abc', rolling(time))
    const before = await versionOf(store.sessionFile('abc'))
    assert.is(before.time, now)
    for (let request = 0; request < 5; request++) {
      time += 1_000
      const session = await get('abc')
      assert.equal(session.cookie.expires, new Date(time - 1_000 + 60_000))
      await set('abc', rolling(time))
      assert.equal(await versionOf(store.sessionFile('abc')), { ...before, time })
    }
  })

  test('promise 5: touches a file when the plugin adds its second date', async ({ directory }) => {
    const { store, set } = storeOn(directory, { clock: () => now + 1 })
    const { cookie: { originalExpires, ...cookie }, ...fields } = rolling(now)
    await set('abc', { ...fields, cookie: { ...cookie, originalExpires: undefined } })
    const before = await versionOf(store.sessionFile('abc'))
    await set('abc', { ...fields, cookie: { ...cookie, expires: new Date(now + 60_001), originalExpires } })
    assert.equal(await versionOf(store.sessionFile('abc')), { ...before, time: now + 1 })
  })

  test('promise 5: leaves a file that was used as late', async ({ directory }) => {
    const { store, set } = storeOn(directory, { clock: () => now })
    await set('abc', rolling(now - 1_000))
    const before = await stat(store.sessionFile('abc'))
    assert.is(Math.floor(before.mtimeMs), now - 1_000)
    await set('abc', rolling(now - 1_000))
    const { ctimeMs, ino } = await stat(store.sessionFile('abc'))
    assert.equal([ctimeMs, ino], [before.ctimeMs, before.ino])
  })

  const lifetimes: ReadonlyArray<readonly [rule: string, session: object, lifetime: number]> = [
    ['maxAge after its last use', rolling(now), 60_000],
    ['at expires', { cookie: { expires: new Date(now + 30_000), originalMaxAge: null } }, 30_000],
    ['ttl after its last use', { cookie: { expires: null, originalMaxAge: null } }, 10_000],
    ['ttl after its last use, without a cookie', { user: 'ada' }, 10_000]
  ]

  for (const [rule, session, lifetime] of lifetimes) {
    test(`promise 6: a session is none from the millisecond that it expires: ${rule}`, async ({ directory }) => {
      let time = now
      const { store, get, set } = storeOn(directory, { clock: () => time, ttl: 10_000 })
      await set('abc', session)
      time = now + lifetime - 1
      assert.is.not(await get('abc'), null)
      time = now + lifetime
      assert.is(await get('abc'), null)
      assert.is(await readFile(store.sessionFile('abc'), 'utf8'), JSON.stringify(session))
    })
  }

  test('promise 6: a session that is used lives on', async ({ directory }) => {
    let time = now
    const { get, set } = storeOn(directory, { clock: () => time })
    for (let request = 0; request < 5; request++) {
      await set('abc', rolling(time))
      time += 59_999
      assert.equal((await get('abc')).cookie.expires, new Date(time + 1))
    }
    time += 1
    assert.is(await get('abc'), null)
  })

  test('promise 6: a stale expires in the file reaches nobody', async ({ directory }) => {
    const { store, get } = storeOn(directory, { clock: () => now })
    const file = store.sessionFile('abc')
    await writeFile(file, JSON.stringify(rolling(0)))
    await utimes(file, now / 1000, (now + 0.5) / 1000)
    const expires = new Date(now + 60_000)
    assert.equal(await get('abc'), { cookie: { originalMaxAge: 60_000, path: '/', expires }, user: 'ada' })
  })

  const ids = [
    'constructor', '__proto__', 'toString', '.', '..', '../x', '../../x', '/x', 'a/b', 'a\\b', 'a\0b', 'a\nb', '.hidden', '.pruned', 'a.json', 'a',
    'A'.repeat(200), '%2E', 'é', 'e\u0301', '\u{1F600}', ' ', '~', '-', '*'
  ]

  test('promise 7: keeps odd ids apart, and all of them in the directory', async ({ directory }) => {
    const inner = join(directory, 'sessions')
    const { get, set, destroy, store } = storeOn(inner)
    await Promise.all(ids.map((id, index) => set(id, { index })))
    assert.equal(await Promise.all(ids.map(id => get(id))), ids.map((_, index) => ({ index })))
    assert.equal(await namesIn(directory), ['sessions'])
    assert.is((await readdir(inner)).length, ids.length)
    for (const id of ids) assert.not.match(relative(inner, store.sessionFile(id)), sep)
    await destroy(ids[0]!)
    assert.equal(await Promise.all(ids.slice(1).map(id => get(id))), ids.slice(1).map((_, index) => ({ index: index + 1 })))
    await Promise.all(ids.map(id => destroy(id)))
    assert.equal(await namesIn(inner), [])
  })

  for (const id of ['', '\uD800', 'x'.repeat(300), undefined, null, 7] as string[]) {
    test(`promise 7: refuses ${JSON.stringify(id)?.slice(0, 20)} as an id`, async ({ directory }) => {
      const { store, get, set, destroy, failures } = storeOn(directory)
      assert.throws(() => store.sessionFile(id), (error: unknown) => error instanceof TypeError && (error.cause as any).type === 'invalid-id')
      assert.is(await get(id), null)
      await turn()
      assert.equal(failures.map(({ type }) => type), ['invalid-id'])
      for (const error of [await rejection(set(id, {})), await rejection(destroy(id))]) {
        assert.equal({ ...error.cause, reason: '' }, { type: 'invalid-id', id, reason: '' })
      }
      assert.equal(await namesIn(directory), [])
    })
  }

  test('promise 7: two stores on two directories share nothing', async ({ directory }) => {
    const [one, other] = [storeOn(join(directory, 'one')), storeOn(join(directory, 'other'))]
    await one.set('abc', { user: 'ada' })
    assert.is(await other.get('abc'), null)
    await other.set('abc', { user: 'bob' })
    assert.equal(await one.get('abc'), { user: 'ada' })
    await one.destroy('abc')
    assert.equal(await other.get('abc'), { user: 'bob' })
  })

  const orders: ReadonlyArray<readonly [what: string, changes: ReadonlyArray<object | null>]> = [
    ['set, then destroy, leaves nothing', [{ n: 1 }, null]],
    ['destroy, then set, leaves the session', [null, { n: 1 }]],
    ['a second set wins', [{ n: 1 }, { n: 2 }]],
    ['the last of many sets wins', Array.from({ length: 20 }, (_, n) => ({ n }))],
    ['the last of all kinds wins', [{ n: 1 }, null, { n: 2 }, null, { n: 3 }]],
    ['the last destroy wins', [{ n: 1 }, null, { n: 2 }, { n: 3 }, null]],
    ['a set of the same as is being written is written', [{ n: 1 }, { n: 1 }, { n: 1 }]]
  ]

  for (const [what, changes] of orders) {
    test(`promise 8: ${what}, of a session that is new and of one that is not`, async ({ directory }) => {
      const { store, get, set, destroy } = storeOn(directory)
      for (let time = 0; time < 3; time++) {
        const last = changes.at(-1) ?? null
        await Promise.all(changes.map(change => change === null ? destroy('abc') : set('abc', change)))
        assert.equal(await get('abc'), last)
        assert.equal(await namesIn(directory), last === null ? [] : ['abc.json'])
        assert.equal(await promised(new FileStore(directory, { pruneInterval: 0 })).get('abc'), last)
      }
      await set('abc', { after: true })
      assert.is(await readFile(store.sessionFile('abc'), 'utf8'), '{"after":true}')
      await destroy('abc')
      assert.equal(await namesIn(directory), [])
    })
  }

  const noSessions = ['5', 'null', '[]', '"session"', '', '\0\0\0\0', '{"user":"ad', '{"__proto__":{}}', '{"user":{"__proto__":{"admin":true}}}']

  for (const text of noSessions) {
    test(`promise 9: ${JSON.stringify(text)} is no session, is seen, and stays`, async ({ directory }) => {
      const { store, get, set, failures } = storeOn(directory)
      const file = store.sessionFile('abc')
      await writeFile(file, text)
      await settled(file)
      for (let time = 1; time < 4; time++) {
        assert.is(await get('abc'), null)
        await turn()
        assert.equal(failures.map(failure => ({ ...failure, cause: null })), Array(time).fill({ type: 'malformed', file, cause: null }))
      }
      assert.is(await readFile(file, 'utf8'), text)
      await set('abc', { user: 'ada' })
      assert.equal(await get('abc'), { user: 'ada' })
    })
  }

  test('promise 9: 50 MB of nothing is no session, is seen, and stays', async ({ directory }) => {
    const { store, get, failures } = storeOn(directory)
    await writeFile(store.sessionFile('abc'), Buffer.alloc(50_000_000))
    assert.is(await get('abc'), null)
    await turn()
    assert.equal(failures.map(({ type }) => type), ['malformed'])
    assert.is((await stat(store.sessionFile('abc'))).size, 50_000_000)
  })

  test('promise 9: a directory is no session, is seen, and stays; write and removal fail', async ({ directory }) => {
    const { store, get, set, destroy, failures } = storeOn(directory)
    const file = store.sessionFile('abc')
    await mkdir(join(file, 'inner'), { recursive: true })
    assert.is(await get('abc'), null)
    await turn()
    assert.equal(failures.map(failure => ({ ...failure, cause: null })), [{ type: 'read-failed', file, cause: null }])
    for (const [error, type] of [[await rejection(set('abc', {})), 'write-failed'], [await rejection(destroy('abc')), 'remove-failed']]) {
      assert.is(error.constructor, Error)
      assert.is(error.code, undefined)
      assert.is(error.cause.type, type)
      assert.is(error.cause.file, file)
    }
    assert.equal(await namesIn(file), ['inner'])
    assert.is(failures.length, 1)
  })

  test('promise 9: what is missing is no session, quietly', async ({ directory }) => {
    const { get, destroy, failures } = storeOn(join(directory, 'missing'))
    assert.is(await get('abc'), null)
    await destroy('abc')
    await turn()
    assert.equal(failures, [])
    assert.equal(await namesIn(directory), [])
  })

  test('promise 9: a failed write is tried again by the next set', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const file = store.sessionFile('abc')
    await mkdir(join(file, 'inner'), { recursive: true })
    await rejection(set('abc', { user: 'ada' }))
    assert.is(await get('abc'), null)
    await rm(file, { recursive: true })
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    assert.is(await readFile(file, 'utf8'), '{"user":"ada"}')
  })

  test('promise 9: a failed write of a loaded session is tried again by the next set', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const file = store.sessionFile('abc')
    await set('abc', rolling(Date.now()))
    const session = loaded(await get('abc'))
    await rm(file)
    await mkdir(join(file, 'inner'), { recursive: true })
    session.user = 'bob'
    await rejection(set('abc', session))
    await rm(file, { recursive: true })
    await writeFile(file, JSON.stringify(rolling(Date.now())))
    await set('abc', session)
    assert.is((await get('abc')).user, 'bob')
  })

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle

  for (const [what, session] of [['a cycle', cycle], ['a BigInt', { n: 1n }], ['an array', []], ['a text', 'ada'],
    ['null', null], ['nothing', undefined],
    ['one whose keys cannot be listed', new Proxy({}, { ownKeys () { throw new Error('no') } })], ['a __proto__ of its own', JSON.parse('{"__proto__":{}}')]] as const) {
    test(`promise 9: ${what} is not written, and the callback hears of it`, async ({ directory }) => {
      const { get, set } = storeOn(directory)
      await set('abc', { user: 'ada' })
      const error = await rejection(set('abc', session as object))
      assert.is(error.cause.type, 'not-serializable')
      assert.equal(await get('abc'), { user: 'ada' })
    })
  }

  test('promise 10: runs each callback exactly once', async ({ directory }) => {
    const { store } = storeOn(directory)
    await mkdir(join(store.sessionFile('refused'), 'inner'), { recursive: true })
    await writeFile(store.sessionFile('broken'), 'no session')
    const counts = new Map<string, number>()
    const calls: Array<Promise<void>> = []
    const once = (name: string, call: (done: () => void) => void) => {
      counts.set(name, 0)
      calls.push(new Promise(resolve => call(() => {
        counts.set(name, counts.get(name)! + 1)
        resolve()
      })))
    }
    for (const id of ['abc', 'refused', 'broken', '']) {
      for (let time = 0; time < 5; time++) {
        once(`get ${id} ${time}`, done => store.get(id, done))
        once(`set ${id} ${time}`, done => store.set(id, { time } as any, done))
        once(`fail ${id} ${time}`, done => store.set(id, cycle as any, done))
        once(`destroy ${id} ${time}`, done => store.destroy(id, done))
      }
    }
    await Promise.all(calls)
    await store.close()
    await turn()
    assert.is(counts.size, 80)
    assert.equal([...counts.entries()].filter(([, count]) => count !== 1), [])
  })

  test('promise 11: asks nothing of the disk until it is used', async ({ directory }) => {
    storeOn(join(directory, 'sessions'))
    storeOn(join(directory, 'a\0b'))
    await turn()
    assert.equal(await namesIn(directory), [])
  })

  test('promise 11: holds no more of 20 MB of sessions than its cache may', async ({ directory }) => {
    const { set } = storeOn(directory, { cacheSize: given.cacheSize ?? 1_000_000 })
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const held = () => {
      collect()
      return process.memoryUsage().heapUsed
    }
    await set('first', {})
    const before = held()
    for (let chunk = 0; chunk < 4; chunk++) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => set(`${chunk}-${n}`, { n, text: `${chunk}-${n} `.repeat(20_000) })))
    }
    await turn()
    const grown = held() - before
    assert.ok(grown < 6_000_000, `${grown} bytes more`)
  })

  test('promise 12: creates files and the directory for the owner alone', async ({ directory }) => {
    const { store, set } = storeOn(join(directory, 'outer', 'sessions'))
    await set('abc', { user: 'ada' })
    await set('abc', { user: 'bob' })
    assert.is((await stat(store.sessionFile('abc'))).mode & 0o777, 0o600)
    assert.is((await stat(join(directory, 'outer', 'sessions'))).mode & 0o777, 0o700)
  })

  test('promise 12: leaves a directory that exists as it is', async ({ directory }) => {
    await chmod(directory, 0o755)
    const { set } = storeOn(directory)
    await set('abc', { user: 'ada' })
    assert.is((await stat(directory)).mode & 0o777, 0o755)
  })

  test('promise 12: creates with the modes that it is told', async ({ directory }) => {
    const { store, set } = storeOn(join(directory, 'sessions'), { fileMode: 0o640, directoryMode: 0o750 })
    await set('abc', { user: 'ada' })
    assert.is((await stat(store.sessionFile('abc'))).mode & 0o777, 0o640)
    assert.is((await stat(join(directory, 'sessions'))).mode & 0o777, 0o750)
  })

  test('promise 13: a request under way does not bring back a session that was ended', async ({ directory }) => {
    const [one, other] = [storeOn(directory), storeOn(directory)]
    for (const ending of [one, other]) {
      await one.set('abc', rolling(Date.now()))
      const session = loaded(await one.get('abc'))
      await ending.destroy('abc')
      session.user = 'bob'
      await one.set('abc', session)
      assert.is(await one.get('abc'), null)
      assert.equal(await namesIn(directory), [])
    }
  })

  test('promise 13: a session that was set anew under the old one\'s id or another is a session', async ({ directory }) => {
    const { get, set, destroy } = storeOn(directory)
    await set('abc', rolling(Date.now()))
    const session = loaded(await get('abc'))
    await destroy('abc')
    await set('regenerated', session)
    assert.is((await get('regenerated')).user, 'ada')
    await set('abc', rolling(Date.now()))
    assert.is((await get('abc')).user, 'ada')
  })

  test('promise 13: requests at once keep each other\'s changes', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', { ...rolling(Date.now()), old: true })
    const sessions = await Promise.all(Array.from({ length: 5 }, async () => loaded(await get('abc'))))
    delete sessions[0].old
    await Promise.all(sessions.map((session, index) => set('abc', Object.assign(session, { [`key ${index}`]: index }))))
    const { cookie, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', 'key 0': 0, 'key 1': 1, 'key 2': 2, 'key 3': 3, 'key 4': 4 })
  })

  test('promise 13: a session that is set twice leaves what another changed between', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', rolling(Date.now()))
    const [one, other] = [loaded(await get('abc')), loaded(await get('abc'))]
    await set('abc', Object.assign(one, { n: 1 }))
    await set('abc', Object.assign(other, { n: 2 }))
    await set('abc', Object.assign(one, { m: 1 }))
    const { cookie: _, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', n: 2, m: 1 })
  })

  test('promise 13: a session loaded and set while another change of it is written leaves what it met', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', rolling(Date.now()))
    const [one, other] = [loaded(await get('abc')), loaded(await get('abc'))]
    await set('abc', { ...one, one: 1, kept: true })
    const written = set('abc', { ...other, other: 2 })
    const third = loaded(await get('abc'))
    const followed = set('abc', { ...third, third: 3 })
    const { one: _, ...fourth } = loaded(await get('abc'))
    await Promise.all([written, followed, set('abc', fourth)])
    const { cookie: __, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', kept: true, other: 2, third: 3 })
  })

  test('promise 13: shows what will be there while a loaded session is written', async ({ directory }) => {
    const { store, get, set, destroy } = storeOn(directory)
    await set('abc', rolling(Date.now()))
    const [one, other, third] = [loaded(await get('abc')), loaded(await get('abc')), loaded(await get('abc'))]
    const fields = async () => {
      const { cookie: _, ...fields } = await get('abc') ?? {}
      return fields
    }
    await set('abc', { ...one, one: 1 })
    const setting = set('abc', { ...other, other: 2 })
    assert.equal(await fields(), { user: 'ada', one: 1, other: 2 })
    const followed = set('abc', { ...third, third: 3 })
    assert.equal(await fields(), { user: 'ada', one: 1, other: 2, third: 3 })
    await Promise.all([setting, followed])
    assert.equal(await fields(), { user: 'ada', one: 1, other: 2, third: 3 })
    // At this moment it is gone, or cannot be read; what becomes of the write then is another matter.
    const last = loaded(await get('abc'))
    const late = set('abc', { ...last, last: 4 })
    rmSync(store.sessionFile('abc'))
    const gone = get('abc')
    mkdirSync(store.sessionFile('abc'))
    const unreadable = get('abc')
    await Promise.allSettled([late, gone, unreadable])
    await rm(store.sessionFile('abc'), { recursive: true, force: true })
    await destroy('abc')
  })

  test('promise 13: requests at once on a session nested too deep to compare: the later has the last word', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    const nested = (n: number) => JSON.parse('['.repeat(3_000) + n + ']'.repeat(3_000))
    await set('abc', { ...rolling(Date.now()), nested: nested(0) })
    const [one, other] = [loaded(await get('abc')), loaded(await get('abc'))]
    await set('abc', { ...one, nested: nested(1) })
    await set('abc', { ...other, other: 2 })
    assert.is((await get('abc')).other, 2)
  })

  test('promise 13: the later request has the last word on everything when merging is off', async ({ directory }) => {
    const { get, set } = storeOn(directory, { merge: false })
    await set('abc', rolling(Date.now()))
    const [one, other] = [loaded(await get('abc')), loaded(await get('abc'))]
    await set('abc', { ...one, one: 1 })
    await set('abc', { ...other, other: 1 })
    const { cookie, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', other: 1 })
  })

  test('writes durably when told to', async ({ directory }) => {
    const { get, set, destroy } = storeOn(join(directory, 'sessions'), { durable: true })
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    await destroy('abc')
    assert.is(await get('abc'), null)
  })

  test('makes its directory again when that is gone', async ({ directory }) => {
    const { get, set } = storeOn(join(directory, 'sessions'))
    await set('abc', { user: 'ada' })
    await rm(join(directory, 'sessions'), { recursive: true })
    assert.is(await get('abc'), null)
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
  })

  test.run()
}

const atOnce = suiteOnDisk('FileStore while the disk is fast')

/** The parameters that the callback was called with before `call` returned, if it was. */
function immediately (call: (done: (...parameters: any[]) => void) => void): unknown[] | null {
  let received: unknown[] | null = null
  call((...parameters) => { received ??= parameters })
  return received
}

/** Whether `attempt` is so at least once: a machine may be slow for a second, and then it is not again. */
async function inTheEnd (attempt: () => Promise<boolean>): Promise<boolean> {
  for (const start = Date.now(); Date.now() - start < 4_000;) if (await attempt()) return true
  return false
}

atOnce('promise 10: calls back before it returns: get, unchanged set, touch', async ({ directory }) => {
  let time = now
  const store = new FileStore(directory, { clock: () => time, pruneInterval: 0 })
  await promised(store).set('abc', rolling(time))
  assert.ok(await inTheEnd(async () => {
    const known = immediately(done => store.get('abc', done))
    const unknown = immediately(done => store.get('absent', done))
    const unchanged = immediately(done => store.set('abc', rolling(time) as any, done))
    time += 1_000
    const touched = immediately(done => store.set('abc', rolling(time) as any, done))
    if (known === null || unknown === null || unchanged === null || touched === null) return false
    assert.is((known[1] as any).user, 'ada')
    assert.equal([unknown, unchanged, touched], [[null, null], [], []])
    return true
  }))
})

atOnce('promise 10: lets through what a callback throws, and goes on', async ({ directory }) => {
  const store = new FileStore(directory, { clock: () => now, pruneInterval: 0, onFailure: () => {} })
  const { get, set } = promised(store)
  await set('abc', { user: 'ada' })
  assert.ok(await inTheEnd(async () => {
    let times = 0
    const call = () => { times++; throw new Error('mine') }
    if (immediately(done => store.get('abc', done)) === null) return false
    assert.throws(() => store.get('abc', call), /^mine$/)
    assert.throws(() => store.set('abc', { user: 'ada' } as any, call), /^mine$/)
    assert.throws(() => store.get('', call), /^mine$/)
    assert.is(times, 3)
    return true
  }))
  assert.equal(await get('abc'), { user: 'ada' })
  await set('abc', { user: 'bob' })
  assert.equal(await get('abc'), { user: 'bob' })
})

atOnce.run()

const exceptions = suiteOnDisk('FileStore, when a callback throws later,')

exceptions('promise 10: makes an uncaught exception of it, calls none twice, and goes on', async ({ directory }) => {
  const { code, output, errors } = await runModule(`
    import { FileStore } from '../src/store.ts'
    const store = new FileStore(process.argv.at(-1), { io: 'async', pruneInterval: 0 })
    process.on('unhandledRejection', () => console.log('rejection'))
    process.on('uncaughtException', ({ message }) => console.log('exception of', message))
    const call = (method, name, ...parameters) => new Promise(resolve => {
      store[method]('abc', ...parameters, () => {
        console.log(name)
        setImmediate(resolve)
        throw new Error(name)
      })
    })
    await call('set', 'set', { user: 'ada' })
    await call('get', 'get')
    await call('set', 'touch', { user: 'ada' })
    await call('destroy', 'destroy')
    store.get('abc', (error, session) => console.log(error, session))
  `, [directory])
  assert.is(errors, '')
  assert.is(output, ['set', 'get', 'touch', 'destroy'].map(name => `${name}\nexception of ${name}\n`).join('') + 'null null\n')
  assert.is(code, 0)
})

exceptions('promise 9: a failure that nobody listens to is warned of, once', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), 'no session')
  const { errors } = await runModule(`
    import { FileStore } from '../src/store.ts'
    const store = new FileStore(process.argv.at(-1), { pruneInterval: 0 })
    for (let time = 0; time < 3; time++) store.get('abc', () => {})
  `, [directory])
  assert.is(errors.match(/FileStoreWarning: The file .*abc\.json does not hold a session/g)?.length, 1)
})

exceptions.run()

for (const [way, given] of ways) {
  const test = suiteOnDisk(`FileStore, beyond what the plugin needs (${way})`)

  /** A store whose time is told, with a session of each kind: `ada` and `bob` alive, `old` expired. */
  const storeOn = async (directory: string) => {
    const clock = { now }
    const failures: SessionError[] = []
    const store = new FileStore(directory, { ...given, clock: () => clock.now, pruneInterval: 0, onFailure: failure => { failures.push(failure) } })
    const callbacks = promised(store)
    await callbacks.set('old', { ...rolling(now - 300_000), user: 'old' })
    await callbacks.set('ada', { ...rolling(now), user: 'ada' })
    await callbacks.set('bob', { ...rolling(now), user: 'bob' })
    return { store, clock, failures, ...callbacks }
  }

  test('touches: the last use is now, and the cookie as told; the rest stays', async ({ directory }) => {
    const { store, clock, get } = await storeOn(directory)
    clock.now = now + 30_000
    await called(done => store.touch('ada', { cookie: rolling(clock.now).cookie, user: 'eve' } as any, done))
    assert.is((await versionOf(store.sessionFile('ada'))).time, clock.now)
    const { cookie, ...fields } = await get('ada')
    assert.equal(fields, { user: 'ada' })
    assert.equal(cookie.expires, new Date(clock.now + 60_000))
    await called(done => store.touch('ada', { cookie: { ...cookie, path: '/shop' } } as any, done))
    assert.is((await get('ada')).cookie.path, '/shop')
  })

  test('keeps the cookie where a touch is told none, and counts it as a use', async ({ directory }) => {
    const { store, set, get, clock } = await storeOn(directory)
    await set('bare', { user: 'eve' })
    for (const session of [null, undefined, {}]) {
      clock.now += 1_000
      await called(done => store.touch('ada', session as any, done))
      await called(done => store.touch('bare', session as any, done))
      assert.equal((await get('ada')).cookie.expires, new Date(clock.now + 60_000))
      assert.equal(await get('bare'), { user: 'eve' })
      assert.is((await versionOf(store.sessionFile('bare'))).time, clock.now)
    }
  })

  test('touches nothing that is gone, without an error', async ({ directory }) => {
    const { store } = await storeOn(directory)
    for (const id of ['absent', 'old']) await called(done => store.touch(id, rolling(now) as any, done))
    assert.equal(await namesIn(directory), ['ada.json', 'bob.json', 'old.json'])
    assert.is((await versionOf(store.sessionFile('old'))).time, now - 300_000)
  })

  test('tells of a touch that failed', async ({ directory }) => {
    const { store } = await storeOn(directory)
    await mkdir(store.sessionFile('refused'))
    for (const [id, type] of [['refused', 'read-failed'], ['', 'invalid-id']] as const) {
      const error = await rejection(called(done => store.touch(id, rolling(now) as any, done)))
      assert.is(error.cause.type, type)
    }
  })

  test('gives all that are alive, their ids, and how many they are', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const all = await called<any[]>(done => store.all(done))
    assert.equal(all.map(({ user }) => user).sort(), ['ada', 'bob'])
    assert.equal((await called<string[]>(done => store.ids(done))).sort(), ['ada', 'bob'])
    assert.is(await called(done => store.length(done)), 2)
  })

  test('lists what is alive, and what has expired when asked for', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const [alive, all] = [[] as any[], [] as any[]]
    for await (const listed of store.list()) alive.push(listed)
    for await (const { id } of store.list({ expired: true })) all.push(id)
    alive.sort((one, other) => one.id.localeCompare(other.id))
    assert.equal(alive.map(({ id, usedAt, expiresAt, session }) => ({ id, usedAt: Number(usedAt), expiresAt: Number(expiresAt), user: session.user })), [
      { id: 'ada', usedAt: now, expiresAt: now + 60_000, user: 'ada' },
      { id: 'bob', usedAt: now, expiresAt: now + 60_000, user: 'bob' }
    ])
    assert.equal(all.sort(), ['ada', 'bob', 'old'])
  })

  test('lists what is about to be, and nothing that is about to go', async ({ directory }) => {
    const { store, set, destroy } = await storeOn(directory)
    const changes = [set('new', rolling(now)), destroy('ada')]
    const users: unknown[] = []
    for await (const { id, session } of store.list()) users.push(`${id} ${(session as any).user}`)
    await Promise.all(changes)
    assert.equal(users.sort(), ['bob bob', 'new ada'])
  })

  test('lists nothing older than what was set when it began', async ({ directory }) => {
    const { store, set } = await storeOn(directory)
    for (let n = 0; n < 50; n++) {
      const setting = set('bob', { n })
      for await (const { id, session } of store.list()) if (id === 'bob') assert.is((session as any).n, n)
      await setting
    }
  })

  test('clears every session, expired or not, and no other file', async ({ directory }) => {
    const { store } = await storeOn(directory)
    await writeFile(join(directory, 'notes.txt'), 'text')
    await called(done => store.clear(done))
    assert.equal(await namesIn(directory), ['notes.txt'])
    await called(done => store.clear(done))
  })

  test('tells of a directory that cannot be walked through', async ({ directory }) => {
    await writeFile(join(directory, 'file'), 'text')
    const store = new FileStore(join(directory, 'a\0b'), { ...given, pruneInterval: 0 })
    for (const call of ['all', 'ids', 'length', 'clear'] as const) {
      assert.instance(await rejection(called(done => store[call](done))), Error)
    }
    assert.is((await rejection(store.prune())).cause.type, 'walk-failed')
  })

  test('revokes, also what is not there', async ({ directory }) => {
    const { store, get } = await storeOn(directory)
    const session = loaded(await get('ada'))
    await store.revoke('ada')
    await store.revoke('absent')
    await promised(store).set('ada', { ...session, user: 'eve' })
    assert.is(await get('ada'), null)
    assert.is((await rejection(store.revoke(''))).cause.type, 'invalid-id')
  })

  test('revokes those that a test is true for, and says how many', async ({ directory }) => {
    const { store } = await storeOn(directory)
    assert.is(await store.revokeWhere(({ session }) => (session as any).user === 'ada'), 1)
    assert.is(await store.revokeWhere(({ session }) => (session as any).user === 'ada'), 0)
    assert.equal(await namesIn(directory), ['bob.json', 'old.json'])
  })

  test('says of which it could not revoke, when the others are', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const revoke = store.revoke.bind(store)
    store.revoke = async id => {
      if (id === 'ada') throw new Error('refused')
      await revoke(id)
    }
    assert.is((await rejection(store.revokeWhere(() => true))).message, 'refused')
    assert.equal(await namesIn(directory), ['ada.json', 'old.json'])
  })

  test('prunes what has expired', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const { removed } = await store.prune()
    assert.is(removed, 1)
    assert.equal(await namesIn(directory), ['ada.json', 'bob.json'])
  })

  test('closes when everything has reached the disk, and still answers', async ({ directory }) => {
    const { store, get } = await storeOn(directory)
    for (let n = 0; n < 3; n++) store.set('late', { n } as any, () => {})
    store.destroy('ada', () => {})
    await store.close()
    assert.equal(await namesIn(directory), ['bob.json', 'late.json', 'old.json'])
    assert.is(await readFile(store.sessionFile('late'), 'utf8'), '{"n":2}')
    assert.equal(await get('late'), { n: 2 })
  })

  test.run()
}

for (const [way, given] of ways) {
  const test = suiteOnDisk(`FileStore that acknowledges from memory (${way})`)

  const storeOn = (directory: string) => {
    const failures: SessionError[] = []
    const store = new FileStore(directory, { ...given, acknowledge: 'memory', pruneInterval: 0, onFailure: failure => { failures.push(failure) } })
    return { store, failures, ...promised(store) }
  }

  test('calls back before it returns, and gives at once what was set', async ({ directory }) => {
    const { store } = storeOn(directory)
    assert.equal(immediately(done => store.set('abc', { user: 'ada' } as any, done)), [])
    assert.equal(immediately(done => store.get('abc', done)), [null, { user: 'ada' }])
    assert.equal(immediately(done => store.destroy('abc', done)), [])
    assert.equal(immediately(done => store.get('abc', done)), [null, null])
    await store.close()
    assert.equal(await namesIn(directory), [])
  })

  test('calls back before it returns for a change of a session that was loaded from its file', async ({ directory }) => {
    const before = storeOn(directory)
    await before.set('abc', rolling(now))
    await before.store.close()
    const { store, get } = storeOn(directory)
    const session = loaded(await get('abc'))
    assert.equal(immediately(done => store.set('abc', { ...session, n: 1 }, done)), [])
    await store.close()
    assert.is((await storeOn(directory).get('abc')).n, 1)
  })

  test('waits for the disk while more than 16 MiB wait', async ({ directory }) => {
    const { store } = storeOn(directory)
    const large = { text: 'x'.repeat(9 * 1024 * 1024) } as any
    assert.equal(immediately(done => store.set('a', large, done)), [])
    await called<void>(done => store.set('b', large, done))
    assert.ok((await namesIn(directory)).includes('b.json'))
    await store.close()
  })

  test('keeps a session that is loaded and saved before it was written', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', rolling(now))
    const one = loaded(await get('abc'))
    const other = loaded(await get('abc'))
    await set('abc', { ...one, one: 1 })
    await set('abc', { ...other, other: 2 })
    const { cookie: _, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', one: 1, other: 2 })
    await store.close()
    assert.equal(JSON.parse(await readFile(store.sessionFile('abc'), 'utf8')).other, 2)
  })

  test('keeps what a request undid that two others had done', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', rolling(now))
    await store.close()
    const [one, other] = [loaded(await get('abc')), loaded(await get('abc'))]
    await set('abc', { ...one, flash: 'saved' })
    await store.close()
    await set('abc', { ...other, flash: 'saved' })
    const { flash: _, ...third } = loaded(await get('abc'))
    await set('abc', third)
    assert.is((await get('abc')).flash, undefined)
    await store.close()
    assert.is((await get('abc')).flash, undefined)
  })

  test('does not bring back, not even for a moment, what was destroyed', async ({ directory }) => {
    const { store, get, set, destroy } = storeOn(directory)
    await set('abc', rolling(now))
    const session = loaded(await get('abc'))
    await destroy('abc')
    await store.close()
    await set('abc', { ...session, n: 1 })
    assert.is(await get('abc'), null)
    await store.close()
    assert.equal(await namesIn(directory), [])
  })

  test('keeps what another changed on disk before it was loaded, and shows it', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', rolling(now))
    await store.close()
    const session = loaded(await get('abc'))
    const file = store.sessionFile('abc')
    await writeFile(file, JSON.stringify({ ...rolling(now), other: 2 }))
    await utimes(file, now / 1000, now / 1000)
    await set('abc', { ...session, one: 1 })
    const { cookie: _, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', one: 1, other: 2 })
    await store.close()
    await rm(file)
    await mkdir(file)
    await set('abc', { ...session, one: 3 })
    assert.is((await get('abc')).one, 3)
    await rm(file, { recursive: true })
    await store.close()
  })

  test('lists what was set and not what was destroyed', async ({ directory }) => {
    const { store, set, destroy } = storeOn(directory)
    await set('ada', { user: 'ada' })
    await set('bob', { user: 'bob' })
    await destroy('bob')
    assert.equal(await called(done => store.all(done)), [{ user: 'ada' }])
    await store.close()
  })

  test('lists what is set while it goes on, and not what is destroyed', async ({ directory }) => {
    const { store, set, destroy } = storeOn(directory)
    const ids = ['ada', 'bob', 'eve']
    for (const id of ids) await set(id, { n: 1 })
    await store.close()
    const listed: unknown[] = []
    for await (const { id, session } of store.list()) {
      listed.push(session)
      if (listed.length > 1) continue
      const [next, last] = ids.filter(other => other !== id)
      await set(next!, { n: 2 })
      await destroy(last!)
    }
    assert.equal(listed, [{ n: 1 }, { n: 2 }])
    await store.close()
  })

  test('writes the last of a burst', async ({ directory }) => {
    const { store, set } = storeOn(directory)
    for (let n = 0; n < 10; n++) await set('abc', { n })
    await store.close()
    assert.is(await readFile(store.sessionFile('abc'), 'utf8'), '{"n":9}')
  })

  test('tells of a write that failed, and tries it again', async ({ directory }) => {
    const { store, failures, get, set } = storeOn(directory)
    const file = store.sessionFile('abc')
    await mkdir(join(file, 'inner'), { recursive: true })
    await set('abc', { user: 'ada' })
    await store.close()
    await turn()
    assert.equal(failures.map(({ type }) => type), ['write-failed'])
    await rm(file, { recursive: true })
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    await store.close()
    assert.is(await readFile(file, 'utf8'), '{"user":"ada"}')
  })

  test('still tells the callback of a session that cannot be JSON', async ({ directory }) => {
    const { set } = storeOn(directory)
    assert.is((await rejection(set('abc', { n: 1n }))).cause.type, 'not-serializable')
  })

  test.run()
}

const pruning = suiteOnDisk('FileStore, by itself,')

pruning('prunes a second after its first use, unless told not to', async ({ directory }) => {
  const failures: SessionError[] = []
  const names = ['recent', 'sessions', 'other']
  const [recent, store, other] = names.map(name => new FileStore(join(directory, name), {
    pruneInterval: name === 'other' ? 0 : 60_000,
    onFailure: failure => { failures.push(failure) }
  })) as [FileStore, FileStore, FileStore]
  const missing = new FileStore(join(directory, 'missing'), { onFailure: failure => { failures.push(failure) } })
  const refused = new FileStore(join(directory, 'a\0b'), { onFailure: failure => { failures.push(failure) } })
  missing.get('abc', () => {})
  refused.get('abc', () => {})
  await mkdir(join(directory, 'recent'))
  await writeFile(join(directory, 'recent', '.pruned'), '')
  for (const each of [recent, store, other]) {
    await promised(each).set('old', rolling(0))
    await promised(each).set('ada', rolling(Date.now()))
  }
  for (const start = Date.now(); (await namesIn(join(directory, 'sessions'))).includes('old.json');) {
    assert.ok(Date.now() - start < 10_000, 'nothing was pruned')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await Promise.all([recent, store, other, missing, refused].map(each => each.close()))
  await turn()
  assert.equal(await namesIn(join(directory, 'sessions')), ['.pruned', 'ada.json'])
  assert.equal(await namesIn(join(directory, 'other')), ['ada.json', 'old.json'])
  assert.equal(await namesIn(join(directory, 'recent')), ['.pruned', 'ada.json', 'old.json'])
  assert.equal(await namesIn(directory), ['other', 'recent', 'sessions'])
  const seen = failures.map(failure => [failure.type, 'file' in failure ? failure.file : 'directory' in failure && failure.directory])
  assert.equal(seen.sort(), [['read-failed', join(directory, 'a\0b', 'abc.json')], ['walk-failed', join(directory, 'a\0b')]])
})

pruning('stops pruning when it is closed', async ({ directory }) => {
  const names = Array.from({ length: 300 }, (_, index) => `${index}.json`)
  for (const name of names) await writeFile(join(directory, name), JSON.stringify(rolling(0)))
  for (const name of names) await utimes(join(directory, name), 0, 0)
  // The store's own timer keeps no process alive.
  const alive = setTimeout(() => {}, 10_000)
  let asked = 0
  await new Promise<void>(resolve => {
    const store: FileStore = new FileStore(directory, {
      clock () {
        // First for the turn to prune, then for each file.
        if (++asked === 2) resolve(store.close())
        return Date.now()
      }
    })
    store.get('absent', () => {})
  })
  clearTimeout(alive)
  assert.equal([asked, (await namesIn(directory)).length], [2, 300])
})

pruning.run()

const construction = suite('new FileStore')

for (const directory of ['', undefined, null, 5, {}, ['sessions']]) {
  construction(`refuses ${JSON.stringify(directory)} as a directory`, () => {
    assert.throws(() => new FileStore(directory as string), (error: unknown) => error instanceof TypeError && /needs a directory/.test(error.message))
  })
}

construction('refuses an option that is not as expected, and names it', () => {
  assert.throws(() => new FileStore('sessions', { ttl: -1 }), /^FileStore's option ttl is -1; expected a number of milliseconds above 0$/)
  assert.throws(() => new FileStore('sessions', { maxAge: 1 } as StoreOptions), /^FileStore knows no option 'maxAge'; it has /)
})

construction('takes a relative directory from where the process is at that moment', () => {
  const store = new FileStore('sessions')
  assert.is(store.sessionFile('abc'), join(process.cwd(), 'sessions', 'abc.json'))
})

construction('takes the extension that it is told', () => {
  assert.is(new FileStore(sep, { extension: '' }).sessionFile('abc'), `${sep}abc`)
  assert.is(new FileStore(sep, { extension: '.session' }).sessionFile('a.b'), `${sep}a%2Eb.session`)
})

construction.run()
