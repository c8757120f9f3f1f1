import { readFile, stat, writeFile } from 'node:fs/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import * as assert from 'uvu/assert'
import { FileStore } from '../src/index.ts'
import type { StoreOptions } from '../src/options.ts'
import { Client } from './client.ts'
import { namesIn, runModule, suiteOnDisk } from './support.ts'

type Plugin = Partial<FastifySessionOptions>

const hour = 60 * 60 * 1000

/** An application that keeps its sessions in a directory, and a client of it. */
async function serve (directory: string, options: StoreOptions = {}, plugin: Plugin = {}): Promise<{ app: FastifyInstance, client: Client }> {
  const app = Fastify()
  const store = new FileStore(directory, { pruneInterval: 0, ...options })
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 's'.repeat(32), cookie: { secure: false, maxAge: hour }, store, ...plugin })
  app.addHook('onClose', () => store.close())
  const fields = (session: any) => ({ ...session, cookie: undefined })
  app.get<{ Params: { key: string, value: string } }>('/set/:key/:value', async ({ session, params }) => {
    session.set(params.key as never, params.value as never)
    return fields(session)
  })
  app.get('/get', async ({ session }) => fields(session))
  app.get('/id', async ({ session }) => ({ id: session.sessionId }))
  app.get('/logout', async ({ session }) => {
    await session.destroy()
    return {}
  })
  app.get('/regenerate', async request => {
    await request.session.regenerate(['user'])
    return fields(request.session)
  })
  app.get('/nested/:item', async ({ session, params }) => {
    const cart: string[] = session.get('cart' as never) ?? []
    cart.push((params as { item: string }).item)
    session.set('cart' as never, cart as never)
    return fields(session)
  })
  app.get('/save-twice', async ({ session }) => {
    session.set('step' as never, 1 as never)
    await session.save()
    session.set('step' as never, 2 as never)
    await session.save()
    return fields(session)
  })
  app.get('/reload', async request => {
    request.session.set('user' as never, 'forgotten' as never)
    await request.session.reload()
    return fields(request.session)
  })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, client: new Client(address) }
}

for (const io of ['auto', 'async'] as const) {
  const test = suiteOnDisk(`An application (io ${io})`)

  /** `story` with an application and a client of it, which is closed afterwards. */
  const within = (story: (client: Client, directory: string) => Promise<void>, options: StoreOptions = {}, plugin: Plugin = {}) =>
    async ({ directory }: { directory: string }) => {
      const { app, client } = await serve(directory, { io, ...options }, plugin)
      try {
        await story(client, directory)
      } finally {
        await app.close()
      }
    }

  test('keeps a login, its changes, and forgets it at the logout', within(async (client, directory) => {
    assert.equal((await client.ask('/set/user/ada')).json, { user: 'ada' })
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
    assert.equal((await client.ask('/set/user/eve')).json, { user: 'eve' })
    const { id } = (await client.ask('/id')).json
    assert.ok((await namesIn(directory)).includes(`${id}.json`))
    await client.ask('/logout')
    assert.not((await namesIn(directory)).includes(`${id}.json`))
    assert.equal((await client.ask('/get')).json, {})
  }))

  test('keeps sessions as JSON that can be read', within(async (client, directory) => {
    await client.ask('/set/user/ada')
    const [name] = await namesIn(directory)
    const { cookie, ...fields } = JSON.parse(await readFile(`${directory}/${name}`, 'utf8'))
    assert.equal(fields, { user: 'ada' })
    assert.is(cookie.originalMaxAge, hour)
  }))

  test('keeps nested changes', within(async client => {
    for (const item of ['tea', 'cup', 'pot']) await client.ask(`/nested/${item}`)
    assert.equal((await client.ask('/get')).json, { cart: ['tea', 'cup', 'pot'] })
  }))

  test('keeps the second change after a save in the same request', within(async client => {
    await client.ask('/save-twice')
    assert.equal((await client.ask('/get')).json, { step: 2 })
  }))

  test('reloads a session as it was saved', within(async client => {
    await client.ask('/set/user/ada')
    assert.equal((await client.ask('/reload')).json, { user: 'ada' })
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
  }))

  test('gives a regenerated session a new id, and ends the old one', within(async (client, directory) => {
    await client.ask('/set/user/ada')
    const cookies = client.cookies
    const before = await namesIn(directory)
    assert.equal((await client.ask('/regenerate')).json, { user: 'ada' })
    const after = await namesIn(directory)
    assert.is(after.length, 1)
    assert.not.equal(after, before)
    assert.is.not(client.cookies, cookies)
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
  }))

  test('touches the file of a session that is only read, and does not write it', within(async (client, directory) => {
    await client.ask('/set/user/ada')
    const file = `${directory}/${(await namesIn(directory))[0]}`
    const before = await stat(file)
    const { setCookie } = await client.ask('/get')
    const after = await stat(file)
    assert.ok(setCookie?.includes('Expires='))
    assert.equal([after.ino, after.size], [before.ino, before.size])
    assert.ok(after.mtimeMs > before.mtimeMs)
  }, { touchInterval: 0 }))

  test('makes no change to a file whose session was used a moment ago', within(async (client, directory) => {
    await client.ask('/set/user/ada')
    const file = `${directory}/${(await namesIn(directory))[0]}`
    const before = await stat(file)
    for (let time = 0; time < 3; time++) assert.equal((await client.ask('/get')).json, { user: 'ada' })
    assert.is((await stat(file)).ctimeMs, before.ctimeMs)
  }, { touchInterval: 60_000 }, { cookie: { secure: false } }))

  test('leaves the file of a session that is only read where nothing rolls', within(async (client, directory) => {
    await client.ask('/set/user/ada')
    const file = `${directory}/${(await namesIn(directory))[0]}`
    const before = await stat(file)
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
    assert.is((await stat(file)).ctimeMs, before.ctimeMs)
    assert.equal((await client.ask('/set/user/eve')).json, { user: 'eve' })
    assert.equal((await client.ask('/get')).json, { user: 'eve' })
  }, {}, { rolling: false }))

  test('saves what nobody changed only where it is told to', within(async (client, directory) => {
    await client.ask('/get')
    assert.equal([await namesIn(directory), client.cookies], [[], ''])
    await client.ask('/set/user/ada')
    assert.is((await namesIn(directory)).length, 1)
  }, {}, { saveUninitialized: false }))

  test('saves what nobody changed by default', within(async (client, directory) => {
    await client.ask('/get')
    assert.is((await namesIn(directory)).length, 1)
    assert.match(client.cookies, /^sessionId=/)
  }))

  test('keeps a login over a restart', async ({ directory }) => {
    const first = await serve(directory, { io })
    await first.client.ask('/set/user/ada')
    await first.app.close()
    const second = await serve(directory, { io })
    const address = `http://127.0.0.1:${(second.app.server.address() as { port: number }).port}`
    assert.equal((await first.client.at(address).ask('/get')).json, { user: 'ada' })
    await second.app.close()
  })

  test('forgets a session when it has expired, and not before; a use puts that off', async ({ directory }) => {
    // Ahead of the plugin's clock: what the store says has expired is gone.
    let ahead = 0
    const { app, client } = await serve(directory, { io, clock: () => Date.now() + ahead })
    await client.ask('/set/user/ada')
    ahead += hour - 5_000
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
    const [name] = await namesIn(directory)
    ahead += hour + 5_000
    assert.equal((await client.ask('/get')).json, {})
    assert.ok((await namesIn(directory)).includes(name!))
    await app.close()
  })

  test('does not take an old date in the file for the expiry', within(async (client, directory) => {
    await client.ask('/set/user/ada')
    const file = `${directory}/${(await namesIn(directory))[0]}`
    const stale = (await readFile(file, 'utf8')).replace(/"expires":"[^"]*"/, '"expires":"2001-01-01T00:00:00.000Z"')
    await writeFile(file, stale)
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
  }))

  test('ends sessions that a cookie without maxAge began when ttl is over', async ({ directory }) => {
    let ahead = 0
    const { app, client } = await serve(directory, { io, ttl: hour, clock: () => Date.now() + ahead }, { cookie: { secure: false } })
    const { setCookie } = await client.ask('/set/user/ada')
    assert.not(setCookie?.includes('Expires'))
    ahead += hour - 5_000
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
    ahead += hour - 5_000
    assert.equal((await client.ask('/get')).json, { user: 'ada' })
    ahead += hour + 5_000
    assert.equal((await client.ask('/get')).json, {})
    await app.close()
  })

  test('takes a cookie that it did not sign for no session', async ({ directory }) => {
    const { app, client } = await serve(directory, { io })
    await client.ask('/set/user/ada')
    const [name = ''] = await namesIn(directory)
    const forged = await app.inject({ url: '/get', headers: { cookie: `sessionId=${name.replace('.json', '')}.forged` } })
    assert.equal(forged.json(), {})
    await app.close()
  })

  test('answers all the same when a session cannot be read, and tells', async ({ directory }) => {
    const failures: string[] = []
    const { app, client } = await serve(directory, { io, onFailure: ({ type }) => failures.push(type) })
    await client.ask('/set/user/ada')
    await writeFile(`${directory}/${(await namesIn(directory))[0]}`, 'half a JSO')
    assert.equal((await client.ask('/get')).json, {})
    assert.equal(failures, ['malformed'])
    await app.close()
  })

  test.run()
}

const sloppy = suiteOnDisk('A handler that does not return what it sends')

sloppy('works with a session that is only read, as with the memory store', async ({ directory }) => {
  const { code, output, errors } = await runModule(`
    import Fastify from 'fastify'
    import fastifyCookie from '@fastify/cookie'
    import fastifySession from '@fastify/session'
    import { FileStore } from '../src/index.ts'
    import { Client } from './client.ts'
    const app = Fastify()
    await app.register(fastifyCookie)
    await app.register(fastifySession, {
      secret: 's'.repeat(32), cookie: { secure: false, maxAge: 60_000 }, store: new FileStore(process.argv[1])
    })
    app.get('/login', async ({ session }) => { session.user = 'ada'; return 'in' })
    app.get('/sloppy', async ({ session }, reply) => { reply.send({ user: session.user }) })
    const client = new Client(await app.listen({ host: '127.0.0.1', port: 0 }))
    await client.ask('/login')
    for (let time = 0; time < 20; time++) console.log((await client.ask('/sloppy')).json.user)
    await app.close()
  `, [directory])
  assert.equal([code, output], [0, 'ada\n'.repeat(20)], errors)
})

sloppy.run()
