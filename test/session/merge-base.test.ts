import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attachMergeBase, attachMergeBaseToPluginSession, findMergeBase, isPluginSession } from '../../src/session/merge-base.ts'
import type { StoredSession } from '../../src/session/session.ts'
import { mergeBase } from '../support.ts'

const base = mergeBase({}, '/sessions/abc.json')

/** The sessions that the installed plugin saves after a store gave it one with a base, in the order of their saves. */
async function saveThroughPlugin (handle: (session: any) => void | Promise<void>): Promise<Array<[id: string, session: object]>> {
  const saved: Array<[string, object]> = []
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    secret: 's'.repeat(32),
    cookie: { secure: false, maxAge: 60_000 },
    store: {
      get (_id, done) {
        const session: StoredSession = { cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) }, user: 'ada' }
        attachMergeBase(session, base)
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
  assert.is(findMergeBase(saved[0]![1], base.file), null, 'a new session')
  saved.length = 0
  await app.inject({ url: '/handled', headers: { cookie } })
  await app.close()
  return saved
}

const test = suite('findMergeBase')

test('finds what attachMergeBase attached, through the session that the installed plugin makes', async () => {
  const [[, session]] = await saveThroughPlugin(() => {}) as [[string, object]]
  assert.is(findMergeBase(session, base.file), base)
})

test('finds it after the options of the cookie were changed', async () => {
  const [[, session]] = await saveThroughPlugin(session => { session.options({ path: '/' }) }) as [[string, object]]
  assert.is(findMergeBase(session, base.file), base)
})

test('finds it after the session was reloaded', async () => {
  const [[, session]] = await saveThroughPlugin(session => session.reload()) as [[string, object]]
  assert.is(findMergeBase(session, base.file), base)
})

test('is null for a session that was regenerated, whose file is another', async () => {
  const saved = await saveThroughPlugin(session => session.regenerate())
  assert.ok(saved.length > 0)
  for (const [, session] of saved) assert.is(findMergeBase(session, '/sessions/other.json'), null)
})

test('finds what attachMergeBaseToPluginSession attached, for its file only', () => {
  const session = {}
  attachMergeBaseToPluginSession(session, base)
  assert.equal([findMergeBase(session, base.file), findMergeBase(session, '/sessions/other.json')], [base, null])
  const other = mergeBase(null, '/sessions/other.json')
  attachMergeBaseToPluginSession(session, other)
  assert.equal([findMergeBase(session, base.file), findMergeBase(session, other.file)], [null, other])
})

test('finds it in a session that was saved through a proxy of the application', () => {
  const session = {}
  attachMergeBaseToPluginSession(new Proxy(session, {}), base)
  assert.is(findMergeBase(session, base.file), base)
})

test('finds what another copy of the module attached', () => {
  const key = Symbol.for('fastify-file-session-store.merge-base')
  assert.is(findMergeBase({ [key]: base }, base.file), base)
  assert.is(findMergeBase({ [Symbol('cookieOpts')]: { [key]: base } }, base.file), base)
})

test('is null for a session that was not made by the plugin', () => {
  const session: StoredSession = { cookie: {} }
  attachMergeBase(session, base)
  assert.is(findMergeBase(session, base.file), null)
  assert.is(findMergeBase({ [Symbol('a')]: undefined, [Symbol('b')]: null, [Symbol('c')]: 'd', [Symbol('d')]: {} }, base.file), null)
})

test('finds a base under whichever symbol, whatever it found before', () => {
  const symbols = [Symbol('a'), Symbol('b')]
  for (const symbol of [...symbols, ...symbols, ...symbols.reverse()]) {
    const session: StoredSession = { cookie: {} }
    attachMergeBase(session, base)
    assert.is(findMergeBase({ [symbol]: session.cookie }, base.file), base)
    assert.is(findMergeBase({ [symbol]: session.cookie }, '/sessions/other.json'), null)
    assert.is(findMergeBase({ [symbol]: {} }, base.file), null)
  }
})

test('finds a base behind other symbols', () => {
  const { cookie } = { cookie: {} } satisfies StoredSession
  attachMergeBase({ cookie }, base)
  assert.is(findMergeBase({ [Symbol('a')]: undefined, [Symbol('b')]: null, [Symbol('c')]: 'd', [Symbol('d')]: cookie }, base.file), base)
})

test('is null for anything that throws when it is read, and for anything that is not an object', () => {
  const thrower = new Proxy({}, { ownKeys () { throw new Error('no') }, get () { throw new Error('no') } })
  for (const session of [thrower, { get [Symbol('a')] () { throw new Error('no') } }, 5, 'text']) {
    assert.is(findMergeBase(session as object, base.file), null)
  }
  for (const session of [null, undefined]) assert.is(findMergeBase(session as never, base.file), null)
})

test.run()

const attaching = suite('A merge base')

attaching('leaves no trace in JSON, and none among the keys', () => {
  const session: StoredSession = { cookie: {}, user: 'ada' }
  attachMergeBase(session, base)
  assert.equal([JSON.stringify(session), Object.keys(session.cookie!)], ['{"cookie":{},"user":"ada"}', []])
  const live = { user: 'ada' }
  attachMergeBaseToPluginSession(live, base)
  assert.equal([JSON.stringify(live), Object.keys(live), { ...live }], ['{"user":"ada"}', ['user'], { user: 'ada' }])
  assert.equal(Object.getOwnPropertySymbols({ ...live }), [], 'not even in a copy')
})

attaching('is attached to a session without a cookie, or with one that is not an object, by a cookie that only the plugin sees', () => {
  for (const cookie of [{}, { cookie: null }, { cookie: 'a=b' }, { cookie: 5 }, { cookie: [] }]) {
    const session = { ...cookie, user: 'ada' } as StoredSession
    attachMergeBase(session, base)
    assert.equal([JSON.stringify(session), Object.keys(session), { ...session }], ['{"user":"ada"}', ['user'], { user: 'ada' }])
    assert.is(findMergeBase({ [Symbol('cookieOpts')]: { ...session.cookie } }, base.file), base)
    session.cookie = { path: '/' }
    session.cookie = { path: '/shop' }
    assert.is(JSON.stringify(session), 'cookie' in cookie ? '{"cookie":{"path":"/shop"},"user":"ada"}' : '{"user":"ada","cookie":{"path":"/shop"}}')
    delete session.cookie
    assert.is('cookie' in session, false)
    attachMergeBase(session, base)
    delete session.cookie
    assert.is('cookie' in session, false)
  }
})

attaching('is found for a live session that nothing can be added to', () => {
  const refusing = [{ defineProperty: () => false }, { defineProperty: () => true }, { defineProperty: () => { throw new Error('refused') } }].map(traps => new Proxy({ user: 'ada' }, traps))
  for (const session of [Object.freeze({ user: 'ada' }), Object.preventExtensions({}), ...refusing]) {
    attachMergeBaseToPluginSession(session, base)
    assert.is(findMergeBase(session, base.file), base)
    assert.is(findMergeBase(session, 'another file'), null)
    assert.is(findMergeBase({ ...session }, base.file), null)
    const later = { ...base }
    attachMergeBaseToPluginSession(session, later)
    assert.is(findMergeBase(session, base.file), later)
  }
})

attaching('is found by another copy of the module', async () => {
  const copy: { readonly attachMergeBaseToPluginSession: typeof attachMergeBaseToPluginSession } = await import(`../../src/session/merge-base.ts?${'copy'}`)
  for (const session of [{}, Object.freeze({})]) {
    copy.attachMergeBaseToPluginSession(session, base)
    assert.is(findMergeBase(session, base.file), base)
  }
})

attaching.run()

const live = suite('isPluginSession')

live('is true for a session of the installed plugin, and false for its copy', async () => {
  const [[, session]] = await saveThroughPlugin(() => {}) as [[string, object]]
  assert.is(isPluginSession(session), true)
  assert.is(isPluginSession(JSON.parse(JSON.stringify(session))), false)
})

live('is false for anything else', () => {
  const thrower = new Proxy({}, { ownKeys () { throw new Error('no') } })
  for (const session of [{}, { cookie: {} }, { [Symbol('other')]: 1 }, [], 5, thrower]) assert.is(isPluginSession(session as object), false)
})

live.run()
