import { writeFile } from 'node:fs/promises'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify from 'fastify'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FileStore } from '../../src/index.ts'
import { removeUnsendable, timeOf } from '../../src/session/cookie.ts'
import { Client } from '../client.ts'
import { suiteOnDisk } from '../support.ts'

const test = suite('removeUnsendable')

const good: readonly object[] = [
  {}, { path: '/', domain: null, sameSite: null, expires: null, originalMaxAge: null }, { originalMaxAge: 0 }, { originalMaxAge: 60_000.5 },
  { originalMaxAge: 365 * 86_400_000, expires: '2030-01-02T03:04:05.678Z' }, { expires: '' },
  { path: '/shop~a=b' }, { domain: 'example.com' }, { domain: '.Shop.example.com' }, { domain: 'a' }, { domain: 'a.b' }, { sameSite: 'Lax' }, { sameSite: 'strict' }, { sameSite: 'None' }, { originalMaxAge: 7_000 * 365 * 86_400_000 }, { expires: '9999-01-01T00:00:00.000Z' }, { sameSite: true }, { secure: 'auto', httpOnly: 'yes', other: {} }
]

const bad: readonly object[] = [
  { expires: 'tomorrow' }, { expires: {} },
  { originalMaxAge: '3600000' }, { originalMaxAge: 1e300 }, { maxAge: {} }, { maxAge: true }, { originalMaxAge: 'x', expires: 'garbage' }, { path: '/a;b' }, { path: 'a\0' }, { path: '/ä' }, { path: 5 },
  { originalMaxAge: 8.64e15 }, { originalMaxAge: 8_000 * 365 * 86_400_000 }, { expires: '+010000-01-01T00:00:00.000Z' }, { expires: '9999-01-01T00:00:00.001Z' }, { domain: 5 }, { domain: true }, { domain: 'a..b' }, { domain: 'a b' }, { sameSite: 'never' }, { sameSite: 5 }
]

// A session with one of these has expired.
const past = { good: [{ maxAge: -3_600_000 }, { expires: '1601-01-01T00:00:00.000Z' }], bad: [{ maxAge: -8e15 }, { expires: '1600-12-31T23:59:59.999Z' }, { expires: -8e15 }] }

test('leaves what can be sent, what is absent, and what the plugin sees to itself', () => {
  for (const cookie of [...good, ...past.good]) {
    const copy = { ...cookie }
    removeUnsendable(copy)
    assert.equal(copy, cookie)
  }
})

test('removes what cannot be sent, and nothing else', () => {
  for (const cookie of [...bad, ...past.bad]) {
    const copy: Record<string, unknown> = { httpOnly: true, ...cookie }
    removeUnsendable(copy)
    assert.equal(copy, { httpOnly: true })
  }
})

test.run()

const date = '2031-01-01T00:00:00.000Z'
const time = Date.parse(date)

const times = suite('timeOf')

times('is the time of a Date, of its text, and of its number', () => {
  assert.is(timeOf(new Date(time)), time)
  assert.is(timeOf(date), time)
  assert.is(timeOf(time), time)
  assert.is(timeOf(0), 0)
  assert.is(timeOf('Wed, 01 Jan 2031 00:00:00 GMT'), time)
})

times('is null for anything that is not a date', () => {
  for (const date of [undefined, null, '', 'soon', NaN, Infinity, -Infinity, new Date(NaN), true, {}, [time], 1n]) {
    assert.is(timeOf(date), null)
  }
})

times.run()

const app = suiteOnDisk('A session file with an odd cookie')

for (const [name, options] of [['auto', {}], ['async', { io: 'async' }], ['durable', { durable: true }]] as const) {
  app(`does no harm (${name})`, async ({ directory }) => {
    const failures: string[] = []
    const store = new FileStore(directory, { ...options, pruneInterval: 0, onFailure: ({ type }) => { failures.push(type) } })
    const server = Fastify()
    await server.register(fastifyCookie)
    await server.register(fastifySession, { secret: 's'.repeat(32), store, cookie: { secure: false } })
    server.get('/', async (request, reply) => {
      const session = request.session as unknown as Record<string, number>
      session['visits'] = (session['visits'] ?? 0) + 1
      return await reply.send({ visits: session['visits'] })
    })
    const client = new Client(await server.listen({ host: '127.0.0.1', port: 0 }))
    try {
      await client.ask('/')
      for (const cookie of [...good, ...bad, { expires: 'garbage', originalMaxAge: 60_000 }]) {
        const id = decodeURIComponent(/sessionId=([^.;]+)/.exec(client.cookies)![1]!)
        await writeFile(store.sessionFile(id), JSON.stringify({ cookie, visits: 5 }))
        const { status, json } = await client.ask('/')
        assert.equal([status, json.visits], [200, 6], JSON.stringify(cookie))
      }
      assert.equal(failures, [])
    } finally {
      await server.close()
      await store.close()
    }
  })
}

for (const [name, options] of [['auto', {}], ['async', { io: 'async' }], ['durable', { durable: true }], ['acknowledged from memory', { acknowledge: 'memory' }]] as const) {
  app(`that a request makes is an error of that request, as with the memory store (${name})`, async ({ directory }) => {
    for (const store of [undefined, new FileStore(directory, { ...options, pruneInterval: 0 })]) {
      const server = Fastify()
      await server.register(fastifyCookie)
      await server.register(fastifySession, { secret: 's'.repeat(32), cookie: { secure: false }, ...(store && { store }) })
      server.get('/:name', async (request: any) => {
        request.session.user = 'ada'
        const odd: Record<string, unknown> = { expires: new Date(8e15), past: new Date(-8e15), maxAge: 8e15, domain: 'a b', path: '/a;b', sameSite: 'never', fine: '/' }
        const { name } = request.params
        request.session.cookie[name === 'past' ? 'expires' : name] = odd[name]
        return 'in'
      })
      try {
        const statuses: unknown[] = []
        for (const name of ['expires', 'past', 'maxAge', 'domain', 'path', 'sameSite', 'fine']) statuses.push((await server.inject(`/${name}`)).statusCode)
        assert.equal(statuses, [500, 500, 500, 500, 500, 500, 200], store === undefined ? 'the memory store' : 'this store')
      } finally {
        await server.close()
        await store?.close()
      }
    }
  })
}

app.run()
