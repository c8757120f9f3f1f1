import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify, { type FastifyRequest } from 'fastify'
import * as assert from 'uvu/assert'
import { movingStore, type MovingStoreOptions } from '../../src/copy/index.ts'
import { FileStore } from '../../src/index.ts'
import { createdByPlugin, loadedByPlugin, namesIn, promised, rejection, runModule, suiteOnDisk } from '../support.ts'
import { MemoryStore } from './memory-store.ts'

const test = suiteOnDisk('movingStore')

const hour = 3_600_000
const sessionAt = (use: number, content: object = {}) => ({ cookie: { originalMaxAge: hour, expires: new Date(use + hour).toISOString() }, ...content })
const session = sessionAt(Date.now(), { user: 'Ada' })

function stores (prepare = false) {
  const from = new MemoryStore()
  const to = new MemoryStore()
  return { from, to, moving: promised(movingStore({ from, to, prepare })) }
}

for (const [name, change, message] of [
  ['without from', { from: undefined }, 'The option from of movingStore is of type undefined; expected a store with the methods get, set and destroy'],
  ['with an address as to, and does not show it', { to: 'redis://:password@localhost' }, 'The option to of movingStore is of type string; expected a store with the methods get, set and destroy'],
  ['with a client as to', { to: { get () {}, set () {} } }, 'The option to of movingStore is of type object; expected a store with the methods get, set and destroy'],
  ['with a text as prepare', { prepare: 'false' }, "The option prepare of movingStore is 'false'; expected true or false"],
  ['with an option that there is not', { prepared: true }, "movingStore has no option 'prepared'; it has from, to, prepare"]
] as const) {
  test(`throws a TypeError ${name}`, () => {
    const options = { from: new MemoryStore(), to: new MemoryStore(), ...change } as unknown as MovingStoreOptions
    assert.throws(() => movingStore(options), (error: unknown) => error instanceof TypeError && error.message === message)
  })
}

test('gives what from has, and copies it', async () => {
  const { from, to, moving } = stores()
  from.texts.set('a', JSON.stringify(session))
  assert.equal(await moving.get('a'), session)
  assert.equal(to.held('a'), session)
  assert.equal(from.held('a'), session)
})

for (const [name, ahead] of [['an hour', hour], ['two seconds', 2_000]] as const) {
  test(`gives and saves a session whose last use lies ${name} in the future`, async ({ directory }) => {
    const files = new FileStore(directory, { pruneInterval: 0 })
    for (const prepare of [false, true]) {
      await promised(files).set('a', session)
      const use = new Date(Date.now() + ahead)
      utimesSync(files.sessionFile('a'), use, use)
      const to = new MemoryStore()
      let writes = 0
      const moving = promised(movingStore({
        from: files,
        // It takes a while, and refuses what can only be a copy without an end.
        to: {
          get: to.get.bind(to),
          set: (id, session, callback) => setTimeout(() => ++writes > 20 ? callback(new Error('written too often')) : to.set(id, session, callback), 2),
          destroy: to.destroy.bind(to)
        },
        prepare
      }))
      const loaded = await moving.get('a')
      assert.equal([loaded.user, writes <= 2, to.texts.size], ['Ada', true, prepare ? 0 : 1])
      to.texts.set('a', JSON.stringify(loaded))
      await moving.set('a', Object.assign(loadedByPlugin(loaded), { cart: 1 }))
      assert.equal([to.held('a').cart, (await promised(files).get('a')).cart], [1, 1])
    }
  })
}

test('gives what to has alone, and null for what neither has', async () => {
  const { from, to, moving } = stores()
  to.texts.set('a', JSON.stringify(session))
  assert.equal(await moving.get('a'), session)
  assert.is(await moving.get('b'), null)
  assert.is(from.texts.size, 0)
})

test('gives the one of both that was used later, and that of from when they are equal or do not say', async () => {
  const { from, to, moving } = stores()
  const now = Date.now()
  for (const [inFrom, inTo, expected] of [
    [sessionAt(now, { cart: 1 }), sessionAt(now + 1, { cart: 2 }), 2],
    [sessionAt(now + 1, { cart: 1 }), sessionAt(now, { cart: 2 }), 1],
    [sessionAt(now, { cart: 1 }), sessionAt(now, { cart: 2 }), 1],
    [{ cart: 1 }, { cart: 2 }, 1]
  ] as const) {
    from.texts.set('a', JSON.stringify(inFrom))
    to.texts.set('a', JSON.stringify(inTo))
    assert.is((await moving.get('a')).cart, expected)
  }
})

test('does not bring back files that are taken away while a request is under way', async ({ directory }) => {
  const now = Date.now()
  for (const use of [now, now + 5_000]) {
    const files = new FileStore(directory)
    await promised(files).set('a', sessionAt(now, { cart: 1 }))
    const to = new MemoryStore()
    to.texts.set('a', JSON.stringify(sessionAt(use, { cart: 2 })))
    let isTakenAway = false
    const from = {
      get (id: string, callback: (error: any, session?: any) => void): void {
        files.get(id, (error, session) => {
          if (isTakenAway) rmSync(files.sessionFile(id), { force: true })
          isTakenAway = false
          callback(error, session)
        })
      },
      set: files.set.bind(files),
      destroy: files.destroy.bind(files)
    }
    const moving = promised(movingStore({ from, to }))
    const request = loadedByPlugin(await moving.get('a'))
    isTakenAway = true
    await moving.set('a', Object.assign(request, { user: 'Ada' }))
    assert.equal(await namesIn(directory), [])
    assert.is(to.held('a').user, 'Ada')
    await files.close()
  }
})

test('creates new sessions in to', async () => {
  const { from, to, moving } = stores()
  await moving.set('a', session)
  assert.is(from.texts.size, 0)
  assert.equal(to.held('a'), session)
})

test('writes a change to both where from has the session', async () => {
  const { from, to, moving } = stores()
  from.texts.set('a', JSON.stringify(session))
  await moving.set('a', { ...session, cart: 1 })
  assert.equal(from.held('a'), { ...session, cart: 1 })
  assert.equal(to.held('a'), { ...session, cart: 1 })
})

test('ends a session in both, and notes it until every copy would have expired', async () => {
  const { from, to, moving } = stores()
  const long = sessionAt(Date.now() + 10 * hour)
  from.texts.set('a', JSON.stringify(session))
  to.texts.set('a', JSON.stringify(long))
  await moving.destroy('a')
  assert.is(from.texts.size, 0)
  assert.equal([...to.texts.keys()], ['ended-session.a'])
  assert.equal(to.held('ended-session.a'), { cookie: { originalMaxAge: null, expires: long.cookie.expires }, ended: true })
})

for (const [name, copy, expected] of [
  ['an hour at least', sessionAt(Date.now() - hour + 1_000), hour],
  ['14 days where the session does not say', { user: 'Ada' }, 14 * 24 * hour],
  ['14 days where there is none', null, 14 * 24 * hour]
] as const) {
  test(`notes an end for ${name}`, async () => {
    const { to, moving } = stores()
    if (copy !== null) to.texts.set('a', JSON.stringify(copy))
    await moving.destroy('a')
    const left = Date.parse(to.held('ended-session.a').cookie.expires) - Date.now()
    assert.ok(Math.abs(left - expected) < 10_000, `${left} ms`)
  })
}

test('takes no notice of a note that has expired', async () => {
  const { to, moving } = stores()
  to.texts.set('a', JSON.stringify(session))
  to.texts.set('ended-session.a', JSON.stringify({ cookie: { originalMaxAge: null, expires: new Date(Date.now() - 1) } }))
  assert.equal(await moving.get('a'), session)
})

test('writes nothing for a session that was ended', async () => {
  for (const prepare of [false, true]) {
    const { from, to, moving } = stores(prepare)
    await moving.destroy('a')
    await moving.set('a', session)
    assert.is(from.held('a') ?? to.held('a'), null)
  }
})

test('prepared, copies nothing and creates sessions in from', async () => {
  const { from, to, moving } = stores(true)
  from.texts.set('a', JSON.stringify(session))
  assert.equal(await moving.get('a'), session)
  await moving.set('a', { ...session, cart: 1 })
  await moving.set('b', session)
  assert.equal([...from.texts.keys()], ['a', 'b'])
  assert.is(to.texts.size, 0)
})

test('prepared, reads and writes in to what another worker has moved or created', async () => {
  const { from, to, moving } = stores(true)
  to.texts.set('new', JSON.stringify(session))
  await moving.set('new', { ...session, cart: 1 })
  assert.equal(await moving.get('new'), { ...session, cart: 1 })
  assert.is(from.texts.size, 0)
  for (const store of [from, to]) store.texts.set('moved', JSON.stringify(session))
  await moving.set('moved', { ...session, cart: 2 })
  assert.equal(from.held('moved'), to.held('moved'))
  assert.is(to.held('moved').cart, 2)
})

test('goes on with to alone when from is taken away, even between two of its calls', async () => {
  const { from, to, moving } = stores()
  from.texts.set('a', JSON.stringify(session))
  const set = from.set.bind(from)
  // It is gone right after the change was made there.
  from.set = (id, session, callback) => set(id, session, error => { from.texts.clear(); callback(error) })
  await moving.set('a', { ...session, cart: 1 })
  assert.is(to.held('a').cart, 1)
  assert.is((await moving.get('a')).cart, 1)
})

test('keeps the changes of concurrent requests apart, as FileStore does, and copies both', async ({ directory }) => {
  const files = new FileStore(directory, { pruneInterval: 0 })
  const to = new MemoryStore()
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 'a secret of thirty-two characters', cookie: { secure: false, maxAge: hour }, store: movingStore({ from: files, to }) })
  app.get('/', async () => ({}))
  app.get('/set/:key/:wait', async ({ session, params }) => {
    const { key, wait } = params as { key: string, wait: string }
    Object.assign(session, { [key]: true })
    await delay(Number(wait))
    return {}
  })
  const first = await app.inject('/')
  const cookie = `sessionId=${first.cookies[0]!.value}`
  const id = [...to.texts.keys()][0]!
  // A session that files have.
  await promised(files).set(id, to.held(id))
  await Promise.all(['/set/one/30', '/set/other/10'].map(url => app.inject({ url, headers: { cookie } })))
  const stored = await promised(files).get(id)
  assert.equal([stored.one, stored.other], [true, true])
  assert.equal([to.held(id).one, to.held(id).other], [true, true])
  await app.close()
})

/** A server with a session store, and what one request to it does. */
async function request (store: ReturnType<typeof movingStore>, handle: (request: FastifyRequest) => Promise<void>): Promise<string> {
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 'a secret of thirty-two characters', cookie: { secure: false, maxAge: hour }, store })
  let id = ''
  app.get('/', async request => {
    await handle(request)
    id = request.session.sessionId
    return {}
  })
  const { statusCode, body } = await app.inject('/')
  assert.is(statusCode, 200, body)
  await app.close()
  return id
}

for (const [name, movingOf] of [
  ['prepared', (files: FileStore) => ({ from: files, to: new MemoryStore(), prepare: true })],
  ['on the way back to files', (files: FileStore) => ({ from: new MemoryStore(), to: files })],
  ['prepared to go from files to files', (files: FileStore, other: FileStore) => ({ from: files, to: other, prepare: true })]
] as const) {
  test(`${name}, does not undo the logout of a session that was made and saved in the same request`, async ({ directory }) => {
    const other = new FileStore(join(directory, 'other'), { pruneInterval: 0 })
    for (const saves of [1, 2]) {
      const files = new FileStore(directory, { pruneInterval: 0 })
      // A worker that knows only the files.
      const filesOnly = new FileStore(directory, { pruneInterval: 0 })
      const id = await request(movingStore(movingOf(files, other)), async request => {
        await request.session.regenerate()
        // The second one does not wait for the first.
        await Promise.all(Array.from({ length: saves }, () => request.session.save()))
        assert.is(await filesOnly.revokeWhere(({ id }) => id === request.session.sessionId), 1)
        Object.assign(request.session, { lastPage: '/' })
      })
      assert.is(await promised(filesOnly).get(id), null)
    }
  })

  test(`${name}, keeps what another worker changed in a session that was made in the same request`, async ({ directory }) => {
    const other = new FileStore(join(directory, 'other'), { pruneInterval: 0 })
    const filesOnly = new FileStore(directory, { pruneInterval: 0 })
    const id = await request(movingStore(movingOf(new FileStore(directory, { pruneInterval: 0 }), other)), async request => {
      await request.session.save()
      const { sessionId } = request.session
      await promised(filesOnly).set(sessionId, Object.assign(loadedByPlugin(await promised(filesOnly).get(sessionId)), { theirs: true }))
      Object.assign(request.session, { mine: true })
    })
    const { mine, theirs } = await promised(filesOnly).get(id)
    assert.equal([mine, theirs], [true, true])
  })

  test(`${name}, does not take the plugin for an unsupported one at a login`, async ({ directory }) => {
    const failures: string[] = []
    const [files, other] = ['files', 'other'].map(name => new FileStore(join(directory, name), { pruneInterval: 0, onFailure: ({ type }) => failures.push(type) })) as [FileStore, FileStore]
    await request(movingStore(movingOf(files, other)), async request => {
      await request.session.regenerate()
      Object.assign(request.session, { user: 'Ada' })
    })
    assert.equal(failures, [])
  })
}

test('saves a session of the plugin that is sealed or frozen', async ({ directory }) => {
  for (const seal of [Object.seal, Object.freeze]) {
    for (const prepare of [false, true]) {
      const files = new FileStore(directory, { pruneInterval: 0, onFailure: () => {} })
      const moving = promised(movingStore({ from: files, to: new MemoryStore(), prepare }))
      for (const cart of [1, 2]) {
        await moving.set('a', seal(createdByPlugin({ ...session, cart })))
        assert.is((await moving.get('a')).cart, cart)
      }
      await moving.destroy('a')
    }
  }
})

test('calls back with the error of a session that is not JSON although another call is still under way', async () => {
  const { code, output, errors } = await runModule(`
    import { movingStore } from '../src/copy/index.ts'
    import { MemoryStore } from './copy/memory-store.ts'
    const from = new MemoryStore()
    from.get = (id, callback) => setTimeout(callback, 10, null, null)
    const store = movingStore({ from, to: new MemoryStore() })
    store.get('a', () => {})
    store.set('a', { count: 1n }, error => console.log(error.name))
  `)
  assert.equal([code, output.trim(), errors], [0, 'TypeError', ''])
})

test('serializes a session at once', async () => {
  const { to, moving } = stores()
  const live = { ...session, list: [1] }
  const saved = moving.set('a', live)
  live.list.push(2)
  await saved
  assert.equal(to.held('a').list, [1])
})

test('performs the operations on a session in the order of the calls', async () => {
  const { to, moving } = stores()
  await Promise.all([moving.set('a', { ...session, cart: 1 }), moving.set('a', { ...session, cart: 2 }), moving.destroy('b'), moving.set('a', { ...session, cart: 3 })])
  assert.is(to.held('a').cart, 3)
})

test('calls back with the error of either store', async () => {
  const error = new Error('down')
  for (const [store, verb, call] of [
    ['from', 'get a', 'get'], ['to', 'get a', 'get'], ['to', 'set a', 'get'], ['from', 'set a', 'set'], ['to', 'set a', 'set'],
    ['to', 'set ended-session.a', 'destroy'], ['from', 'destroy a', 'destroy'], ['to', 'destroy a', 'destroy']
  ] as const) {
    const { from, to, moving } = stores()
    from.texts.set('a', JSON.stringify(session));
    ({ from, to })[store].errors.set(verb, error)
    const done = call === 'set' ? moving.set('a', session) : moving[call]('a')
    assert.is(await rejection(done), error, `${store} ${verb}`)
  }
})

test('removes the session from to even where from refuses', async () => {
  const { from, to, moving } = stores()
  for (const store of [from, to]) store.texts.set('a', JSON.stringify(session))
  from.errors.set('destroy a', new Error('read-only'))
  await rejection(moving.destroy('a'))
  assert.is(to.held('a'), null)
  assert.is(await moving.get('a'), null)
})

test('ends a session that cannot be read', async () => {
  const { from, to, moving } = stores()
  to.texts.set('a', JSON.stringify(session))
  from.errors.set('get a', new Error('malformed'))
  await moving.destroy('a')
  from.errors.clear()
  assert.is(await moving.get('a'), null)
})

test('calls back with the error of a session that is not JSON', async () => {
  const { moving } = stores()
  assert.instance(await rejection(moving.set('a', { count: 1n })), TypeError)
})

test('lets an exception of the callback end the process, as every store does', async () => {
  const { code, errors } = await runModule(`
    import { movingStore } from '../src/copy/index.ts'
    import { MemoryStore } from './copy/memory-store.ts'
    movingStore({ from: new MemoryStore(), to: new MemoryStore() }).get('a', () => { throw new Error('mine') })
  `)
  assert.is(code, 1)
  assert.match(errors, /Error: mine/)
  assert.not.match(errors, /unhandled/i)
})

test.run()
