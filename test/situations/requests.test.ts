import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import * as assert from 'uvu/assert'
import { FileStore, type SessionFailure, type StoreOptions } from '../../src/index.ts'
import { Client } from '../client.ts'
import { called, loadedByPlugin, namesIn, now, promised, rejection, rollingSession, suiteOnDisk } from '../support.ts'

const test = suiteOnDisk('Requests that overlap')

const servers: FastifyInstance[] = []
test.after.each(async () => { for (const app of servers.splice(0)) await app.close() })

interface Server { readonly app: FastifyInstance, readonly store: FileStore, readonly client: Client, readonly address: string, readonly failures: string[] }

const hour = 3_600_000

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

async function serve (directory: string, routes: Readonly<Record<string, Handler>>, { plugin = fastifySession, ...options }: StoreOptions & { plugin?: any } = {}): Promise<Server> {
  const failures: string[] = []
  const store = new FileStore(directory, { pruneInterval: 0, onFailure: ({ type }: SessionFailure) => { failures.push(type) }, ...options })
  const app = Fastify({ forceCloseConnections: true })
  servers.push(app)
  await app.register(fastifyCookie)
  await app.register(plugin, { secret: 's'.repeat(32), cookie: { secure: false, maxAge: hour }, store })
  for (const [path, handler] of Object.entries(routes)) app.get(path, async (request, reply) => await handler(request, reply))
  app.addHook('onClose', () => store.close())
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, store, client: new Client(address), address, failures }
}

/** A handler that waits until it is let go on, and tells when it has begun. */
function gate () {
  let open = () => {}
  let begin = () => {}
  const opened = new Promise<void>(resolve => { open = resolve })
  const begun = new Promise<void>(resolve => { begin = resolve })
  return { open, begun, wait: async () => { begin(); await opened } }
}

const require = createRequire(import.meta.url)
const login: Handler = ({ session }) => { session.set('user' as never, 'ada' as never); return 'in' }
const user: Handler = ({ session }) => ({ user: session.get('user' as never) ?? null })
const maxAge: Handler = ({ session }) => ({ maxAge: session.cookie.originalMaxAge })

for (const version of ['11.1.2', 'newest']) {
  const plugin = version === 'newest' ? fastifySession : require(`fastify-session-${version}`)

  test(`do not undo a logout, with @fastify/session ${version}`, async ({ directory }) => {
    const { wait, open, begun } = gate()
    const slow: Handler = async ({ session }) => { await wait(); session.set('late' as never, 1 as never); return 'late' }
    const logout: Handler = async ({ session }) => { await session.destroy(); return 'out' }
    const { client, address, failures } = await serve(directory, { '/login': login, '/user': user, '/slow': slow, '/logout': logout }, { plugin })
    await client.ask('/login')
    const late = client.at(address)
    const answer = late.ask('/slow')
    await begun
    await client.ask('/logout')
    open()
    await answer
    assert.equal(await namesIn(directory), [])
    assert.equal(failures, [])
  })
}

test('are warned of once where the plugin does not carry what the store needs', async ({ directory }) => {
  const { client, failures } = await serve(directory, { '/login': login, '/user': user }, { plugin: require('fastify-session-11.1.1') })
  await client.ask('/login')
  for (let time = 0; time < 3; time++) assert.equal((await client.ask('/user')).json, { user: 'ada' })
  assert.equal(failures, ['unsupported-plugin'])
})

test('keep "remember me" when a slow one changed nothing', async ({ directory }) => {
  const { wait, open, begun } = gate()
  const slow: Handler = async () => { await wait(); return 'late' }
  const remember: Handler = ({ session }) => { session.cookie.maxAge = 30 * 24 * hour; return 'remembered' }
  const { client, address } = await serve(directory, { '/login': login, '/slow': slow, '/remember': remember, '/max-age': maxAge })
  await client.ask('/login')
  const late = client.at(address)
  const answer = late.ask('/slow')
  await begun
  await client.ask('/remember')
  open()
  await answer
  assert.equal((await client.ask('/max-age')).json, { maxAge: 30 * 24 * hour })
})

test('keep different fields of the cookie that they changed', async ({ directory }) => {
  const { get, set } = promised(new FileStore(directory, { pruneInterval: 0 }))
  await set('abc', rollingSession(Date.now()))
  const [one, other] = [loadedByPlugin(await get('abc')), loadedByPlugin(await get('abc'))]
  one.cookie.originalMaxAge = 5 * hour
  one.cookie.expires = new Date(Date.now() + 5 * hour)
  other.cookie.path = '/shop'
  await set('abc', one)
  await set('abc', other)
  const { cookie } = await get('abc')
  assert.equal([cookie.originalMaxAge, cookie.path], [5 * hour, '/shop'])
})

test('do not bring back a session that was made, saved and revoked in one request', async ({ directory }) => {
  let store: FileStore | null = null
  const make: Handler = async request => {
    await request.session.regenerate()
    request.session.set('user' as never, 'ada' as never)
    await request.session.save()
    await store!.revoke(request.session.sessionId)
    request.session.set('later' as never, 1 as never)
    return 'made'
  }
  for (const acknowledge of ['disk', 'memory'] as const) {
    const server = await serve(directory, { '/make': make, '/user': user }, { acknowledge })
    store = server.store
    await server.client.ask('/make')
    await store.close()
    assert.equal(await namesIn(directory), [])
    assert.equal((await server.client.ask('/user')).json, { user: null })
    await server.app.close()
    for await (const { id } of store.list()) await store.revoke(id)
  }
})

for (const cookie of ['', '"cookie":null,', '"cookie":"none",', '"cookie":[],']) {
  test(`do not bring back a session with {${cookie}} in its file after its logout`, async ({ directory }) => {
    const { client, store } = await serve(directory, { '/login': login, '/user': user })
    await client.ask('/login')
    const [name = ''] = await namesIn(directory)
    await writeFile(`${directory}/${name}`, `{${cookie}"user":"edited"}`)
    assert.equal((await client.ask('/user')).json, { user: 'edited' })
    await writeFile(`${directory}/${name}`, `{${cookie}"user":"edited"}`)
    const { get, set, destroy } = promised(store)
    const id = name.replace('.json', '')
    const session = await get(id)
    assert.is(session.user, 'edited')
    await destroy(id)
    const live = loadedByPlugin(session)
    live.changed = true
    await set(id, live)
    assert.equal(await namesIn(directory), [])
  })
}

for (const io of ['auto', 'async'] as const) {
  test(`keep what a first save of a request changed when that save fails and a second one succeeds (io ${io})`, async ({ directory }) => {
    const store = new FileStore(directory, { io, pruneInterval: 0 })
    const { get, set } = promised(store)
    await set('abc', rollingSession(Date.now()))
    const live = loadedByPlugin(await get('abc'))
    const broken = { ...live, toJSON () { throw new Error('not now') } }
    live.first = 1
    await rejection(set('abc', broken))
    const first = set('abc', live)
    live.second = 2
    await Promise.all([first, set('abc', live)])
    const { first: one, second } = await get('abc')
    assert.equal([one, second], [1, 2])
  })

  test(`call back in the order of the calls and take effect in it (io ${io})`, async ({ directory }) => {
    const store = new FileStore(directory, { io, pruneInterval: 0, touchInterval: 0 })
    await promised(store).set('abc', { ...rollingSession(now), n: 0 })
    const order: string[] = []
    const calls = [
      () => called(done => store.touch('abc', { cookie: { ...rollingSession(now).cookie, path: '/touched' } }, done)),
      () => called(done => store.set('abc', { ...rollingSession(Date.now()), n: 1 } as never, done)),
      () => called(done => store.get('abc', done)),
      () => called(done => store.touch('abc', rollingSession(Date.now()), done)),
      () => called(done => store.destroy('abc', done)),
      () => called(done => store.get('abc', done)),
      () => called(done => store.set('abc', { ...rollingSession(Date.now()), n: 2 } as never, done))
    ]
    await Promise.all(calls.map(async (call, index) => {
      await call()
      order.push(String(index))
    }))
    assert.is(order.join(''), '0123456')
    assert.is((await promised(store).get('abc')).n, 2)
  })
}

test('take a touch in its turn, before a set that was called after it', async ({ directory }) => {
  for (const merge of [true, false]) {
    const store = new FileStore(directory, { io: 'async', merge, pruneInterval: 0 })
    const { get, set } = promised(store)
    await set('abc', { ...rollingSession(Date.now()), n: 1 })
    const touching = called(done => store.touch('abc', { cookie: { ...rollingSession(Date.now()).cookie, path: '/old' } }, done))
    const setting = set('abc', { cookie: { ...rollingSession(Date.now()).cookie, path: '/new' }, n: 2 })
    await Promise.all([touching, setting])
    const { cookie, n } = await get('abc')
    assert.equal([cookie.path, n], ['/new', 2])
  }
})

test('may leave out the callbacks of set, destroy and touch, and no others', async ({ directory }) => {
  const store = new FileStore(directory, { pruneInterval: 0, onFailure: () => {} })
  store.set('abc', { user: 'ada' } as never)
  store.touch('abc', { user: 'ada' } as never)
  assert.equal(await promised(store).get('abc'), { user: 'ada' })
  store.destroy('abc')
  store.set('', {} as never)
  assert.is(await promised(store).get('abc'), null)
  for (const call of [
    () => store.get('abc', undefined as never), () => store.get('abc', 'no' as never), () => store.set('abc', {} as never, 5 as never),
    () => store.destroy('abc', {} as never), () => store.all(undefined as never), () => store.clear('no' as never)
  ]) assert.throws(call, /callback/)
  await turn()
})

test('are awaited by revokeWhere', async ({ directory }) => {
  const store = new FileStore(directory, { pruneInterval: 0 })
  for (const id of ['ada', 'bob', 'eve']) await promised(store).set(id, { user: id })
  const count = await store.revokeWhere(async ({ id }) => {
    await turn()
    return id !== 'bob'
  })
  assert.equal([count, await namesIn(directory)], [2, ['bob.json']])
})

test.run()
