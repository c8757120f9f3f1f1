import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attachBase, baseOf, type Base } from '../src/base.ts'
import type { StoredSession } from '../src/expiry.ts'
import { Content } from '../src/text.ts'

const test = suite('attachBase and baseOf')
const base: Base = { file: '/sessions/abc.json', content: new Content('{}') }

/** What the installed plugin makes of a session that a store gives it with a base; `handle` is the request's. */
async function throughPlugin (handle: (session: any) => void | Promise<void>): Promise<Array<[id: string, session: object]>> {
  const saved: Array<[string, object]> = []
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    secret: 's'.repeat(32),
    cookie: { secure: false, maxAge: 60_000 },
    store: {
      get (_id, done) {
        const session: StoredSession = { cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) }, user: 'ada' }
        attachBase(session, base)
        done(null, session as never)
      },
      set (id, session, done) {
        saved.push([id, session])
        done()
      },
      destroy (_id, done) { done() }
    }
  })
  app.get('/', async () => 'ok')
  app.get('/handled', async request => {
    await handle(request.session)
    return 'ok'
  })
  const first = await app.inject('/')
  const cookie = String(first.headers['set-cookie']).split(';')[0]!
  saved.length = 0
  await app.inject({ url: '/handled', headers: { cookie } })
  await app.close()
  return saved
}

test('find each other through the session that the installed plugin makes', async () => {
  const [[, session]] = await throughPlugin(() => {}) as [[string, object]]
  assert.is(baseOf(session, base.file), base)
})

test('find each other after the cookie\'s options were changed', async () => {
  const [[, session]] = await throughPlugin(session => { session.options({ path: '/' }) }) as [[string, object]]
  assert.is(baseOf(session, base.file), base)
})

test('do not when the session was regenerated: its id is another', async () => {
  const saved = await throughPlugin(session => session.regenerate())
  assert.ok(saved.length > 0)
  for (const [, session] of saved) assert.is(baseOf(session, '/sessions/other.json'), null)
})

test('leave no trace in JSON, and none among the keys', async () => {
  const session: StoredSession = { cookie: {}, user: 'ada' }
  attachBase(session, base)
  assert.equal([JSON.stringify(session), Object.keys(session.cookie!)], ['{"cookie":{},"user":"ada"}', []])
})

test('find nothing in what no plugin made', () => {
  const session: StoredSession = { cookie: {} }
  attachBase(session, base)
  assert.is(baseOf(session, base.file), null)
  assert.is(baseOf({ [Symbol('a')]: undefined, [Symbol('b')]: null, [Symbol('c')]: 'd', [Symbol('d')]: {} }, base.file), null)
})

test('find each other behind whatever else stands under symbols', () => {
  const { cookie } = { cookie: {} } satisfies StoredSession
  attachBase({ cookie }, base)
  assert.is(baseOf({ [Symbol('a')]: undefined, [Symbol('b')]: null, [Symbol('c')]: 'd', [Symbol('d')]: cookie }, base.file), base)
})

test('let a session be that has no cookie', () => {
  const session = { user: 'ada' }
  attachBase(session, base)
  attachBase({ cookie: null as never }, base)
  assert.equal(session, { user: 'ada' })
})

test.run()
