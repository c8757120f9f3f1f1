import { ok } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { datedCookie, serialize, snapshotOf, type Snapshot } from '../../src/session/snapshot.ts'
import { failureOf, now, rollingSession, valueOf } from '../support.ts'
import { nested, sessions } from './fixtures.ts'

const fixedAt = new Date(now + 100_000)

/** The snapshot of a session whose cookie the plugin may have counted from any moment up to now. */
function snapshot (session: object, moment = now): Snapshot {
  return valueOf(snapshotOf(session, { now: moment, countedFrom: -Infinity }))
}

const snapshots = suite('snapshotOf')

snapshots('leaves a session without a rolling cookie as its plain JSON', () => {
  const session = { cookie: { expires: new Date(now), path: '/' }, user: 'ada' }
  assert.equal(snapshotOf(session, { now }), ok({ canonical: JSON.stringify(session), cookie: null, lastUsedAt: now, takenAt: now }))
})

snapshots('leaves the dates of a rolling cookie out of the canonical JSON, and keeps them beside it', () => {
  const { cookie } = rollingSession(now)
  assert.equal(snapshotOf(rollingSession(now), { now }), ok({
    canonical: '{"cookie":{"originalMaxAge":60000,"path":"/"},"user":"ada"}',
    cookie,
    lastUsedAt: now,
    takenAt: now
  }))
})

snapshots('gives the same canonical JSON at each use', () => {
  assert.is(snapshot(rollingSession(now)).canonical, snapshot(rollingSession(now + 1_000), now + 1_000).canonical)
})

const changes: ReadonlyArray<readonly [what: string, change: (session: any) => void]> = [
  ['a value', session => { session.user = 'bob' }],
  ['a new key', session => { session.cart = [] }],
  ['a removed key', session => { delete session.user }],
  ['maxAge', session => { session.cookie.originalMaxAge = 6_000 }],
  ['another key of the cookie', session => { session.cookie.path = '/shop' }],
  ['the end of maxAge, after which the dates decide', session => { session.cookie.originalMaxAge = null }],
  ['expires beside a maxAge', session => { session.cookie.expires = fixedAt }]
]

for (const [what, change] of changes) {
  snapshots(`gives another canonical JSON after a change of ${what}`, () => {
    const session = rollingSession(now)
    change(session)
    assert.is.not(snapshot(session).canonical, snapshot(rollingSession(now)).canonical)
  })
}

snapshots('gives another canonical JSON after a change of expires without a maxAge', () => {
  const [one, other] = [{ cookie: { expires: new Date(now) } }, { cookie: { expires: new Date(now + 1) } }]
  assert.is.not(snapshot(one).canonical, snapshot(other).canonical)
})

snapshots('keeps an expiry that the application set beside a maxAge, with a mark', () => {
  const cookie = { originalMaxAge: 5_000, expires: fixedAt, originalExpires: new Date(now), path: '/' }
  assert.equal(snapshotOf({ cookie, user: 'ada' }, { now, countedFrom: now - 1_000 }), ok({
    canonical: JSON.stringify({ cookie: { originalMaxAge: 5_000, expires: fixedAt, path: '/', fixedExpiry: true }, user: 'ada' }),
    cookie: null,
    lastUsedAt: now,
    takenAt: now
  }))
})

snapshots('takes an expiry that is nearer than counted for the application\'s only when it is known from when it was counted', () => {
  const session = { cookie: { originalMaxAge: 60_000, expires: new Date(now + 10_000) } }
  const known = valueOf(snapshotOf(session, { now, countedFrom: now - 1_000 }))
  assert.equal([known.cookie, JSON.parse(known.canonical).cookie.fixedExpiry], [null, true])
  // Unknown, it decides the last use instead, and so the same expiry.
  const unknown = valueOf(snapshotOf(session, { now }))
  assert.equal([unknown.cookie?.expires, unknown.lastUsedAt], [session.cookie.expires, now + 10_000 - 60_000])
})

snapshots('takes an expiry of 1970 for the application\'s in any case', () => {
  const { canonical } = valueOf(snapshotOf({ cookie: { originalMaxAge: 60_000, expires: new Date(0) } }, { now }))
  assert.equal(JSON.parse(canonical).cookie, { originalMaxAge: 60_000, expires: '1970-01-01T00:00:00.000Z', fixedExpiry: true })
})

snapshots('was last used at the moment from which its expiry was counted', () => {
  assert.is(snapshot(rollingSession(now - 3_000)).lastUsedAt, now - 3_000)
  assert.is(snapshot({ cookie: {} }).lastUsedAt, now)
})

snapshots('does not change with the live session', () => {
  const session = { ...rollingSession(now), cart: { items: ['apple'] } }
  const text = JSON.stringify(session)
  const taken = snapshot(session)
  session.cart.items.push('pear')
  session.user = 'bob'
  session.cookie.expires.setTime(0)
  session.cookie.path = '/other'
  assert.is(serialize(taken), text)
})

snapshots('does not change with what is nested in the live cookie', () => {
  for (const change of [(nested: any) => { nested.list.push(2) }, (nested: any) => { nested.self = nested }, (nested: any) => { nested.count = 1n }, (nested: any) => { nested.toJSON = () => { throw new Error('changed') } }]) {
    for (const dates of [{}, { expires: new Date(now + 5_000) }]) {
      const nested = { list: [1], text: Object('a') }
      const session = { cookie: { originalMaxAge: 5_000, ...dates, nested, toJSON: undefined, when: new Date(0), nothing: null }, user: 'ada' }
      const text = JSON.stringify(session)
      const taken = snapshot(session)
      change(nested)
      assert.is(serialize(taken), text)
    }
  }
})

snapshots('applies toJSON once, as JSON.stringify does', () => {
  const twice = (value: object) => ({ toJSON: (key: string) => ({ ...value, key, toJSON: () => 'again' }) })
  for (const session of [
    twice({ user: 'ada' }), { cookie: twice({ path: '/' }), user: 'ada' }, { cookie: twice({ originalMaxAge: 5_000, expires: new Date(now) }) },
    { toJSON: () => new (class { user = 'ada'; toJSON () { return [] } })() }, Object.assign(twice({ user: 'ada' }), { cookie: {} })
  ]) {
    const taken = snapshot(session)
    assert.is(serialize(taken), JSON.stringify(session))
    assert.type(JSON.parse(taken.canonical), 'object')
  }
})

snapshots('does not change the live session', () => {
  for (const make of [() => rollingSession(now), () => ({ cookie: { originalMaxAge: 5_000, expires: fixedAt, originalExpires: fixedAt } })]) {
    const session = make()
    const { cookie } = session
    snapshot(session)
    assert.is(session.cookie, cookie)
    assert.equal(session, make())
  }
})

snapshots.run()

const refusals = suite('snapshotOf, of what cannot be JSON,')

const thrown = new Error('not now')
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle
const ownProto = (): object => JSON.parse('{"__proto__": {"admin": true}, "cookie": {"originalMaxAge": 5000}}')

const refused: ReadonlyArray<readonly [what: string, session: unknown, name: string, message: RegExp]> = [
  ['a cycle', cycle, 'TypeError', /circular/],
  ['a cycle beside a rolling cookie', { cookie: { originalMaxAge: 1 }, cycle }, 'TypeError', /circular/],
  ['a BigInt', { count: 1n }, 'TypeError', /BigInt/],
  ['a BigInt for the date of a rolling cookie', { cookie: { originalMaxAge: 1, expires: 1n } }, 'TypeError', /BigInt/],
  ['a toJSON that throws', { toJSON () { throw thrown } }, 'Error', /^not now$/],
  ['a cookie whose toJSON throws', { cookie: { toJSON () { throw thrown } } }, 'Error', /^not now$/],
  ['a cookie that throws when it is read', { get cookie () { throw thrown } }, 'Error', /^not now$/],
  ['an expires that throws when it is read', { cookie: { originalMaxAge: 1, get expires () { throw thrown } } }, 'Error', /^not now$/],
  ['a date whose toJSON throws', { cookie: { originalMaxAge: 1, expires: { toJSON () { throw thrown } } } }, 'Error', /^not now$/],
  ['a getter that throws', { get user () { throw thrown } }, 'Error', /^not now$/],
  ['a proxy that throws', new Proxy({}, { ownKeys () { throw thrown } }), 'Error', /^not now$/],
  ['undefined', undefined, 'TypeError', /^it is not an object$/],
  ['null', null, 'TypeError', /^it is not an object$/],
  ['a number', 5, 'TypeError', /^it is not an object$/],
  ['a string', 'session', 'TypeError', /^it is not an object$/],
  ['an array', [], 'TypeError', /^it is not an object$/],
  ['a function', () => {}, 'TypeError', /^it is not an object$/],
  ['an object whose JSON is a string', new Date(now), 'TypeError', /^it is not an object$/],
  ['an object whose JSON is nothing', { toJSON: () => undefined }, 'TypeError', /^it is not an object$/],
  ['its own __proto__', ownProto(), 'SyntaxError', /forbidden/],
  ['an inner __proto__', { user: ownProto() }, 'SyntaxError', /forbidden/],
  ['a constructor with a prototype', { constructor: { prototype: {} } }, 'SyntaxError', /forbidden/],
  ['a boxed string', Object('ada'), 'TypeError', /^it is not an object$/],
  ['a boxed number in the place of the session', { toJSON: () => Object(1) }, 'TypeError', /^it is not an object$/],
  ['a date of a rolling cookie that is nested too deeply', { cookie: { originalMaxAge: 1, expires: nested(300) } }, 'TypeError', /^it is nested deeper than 256 levels$/],
  ['a date of a rolling cookie that is, beside another', { cookie: { originalMaxAge: 1, expires: nested(300), originalExpires: new Date(now) } }, 'TypeError', /^it is nested deeper than 256 levels$/],
  ['a second date that is, beside another', { cookie: { originalMaxAge: 1, expires: new Date(now), originalExpires: nested(300) } }, 'TypeError', /^it is nested deeper than 256 levels$/],
  ['a second date that is', { cookie: { originalMaxAge: 1, originalExpires: nested(300) } }, 'TypeError', /^it is nested deeper than 256 levels$/],
  ['a date of a rolling cookie with a __proto__ of its own', { cookie: { originalMaxAge: 1, expires: ownProto() } }, 'SyntaxError', /forbidden/],
  ['257 levels', { deep: nested(256) }, 'TypeError', /^it is nested deeper than 256 levels$/]
]

for (const [what, session, name, message] of refused) {
  refusals(`fails for ${what}`, () => {
    const cause = failureOf(snapshotOf(session as object, { now }))
    assert.is(cause.name, name)
    assert.match(cause.message, message)
  })
}

// Since Node.js 26 JSON.stringify does not overflow the stack.
refusals('fails for thousands of levels, whether JSON.stringify overflows the stack or not', () => {
  const cause = failureOf(snapshotOf({ deep: nested(100_000) }, { now }))
  assert.match(`${cause.name}: ${cause.message}`, /^(RangeError: .*stack.*|TypeError: it is nested deeper than 256 levels)$/)
})

refusals('fails with the very error that was thrown', () => {
  assert.is(failureOf(snapshotOf({ toJSON () { throw thrown } }, { now })), thrown)
})

refusals('accepts 256 levels', () => {
  assert.ok(snapshotOf({ deep: nested(255) }, { now }).isOk())
})

refusals.run()

const serializing = suite('serialize')

for (const [name, session] of sessions) {
  serializing(`gives the JSON of ${name}, key by key`, () => {
    assert.is(serialize(snapshot(session())), JSON.stringify(session()))
  })
}

serializing('gives strange dates as JSON has them', () => {
  for (const expires of [() => {}, Symbol('never'), { year: 2030 }, false, [1], null, 5, 'soon', undefined]) {
    for (const session of [{ cookie: { originalMaxAge: 1, expires } }, { user: 'ada', cookie: { originalExpires: expires, originalMaxAge: 1 } }]) {
      assert.is(serialize(snapshot(session)), JSON.stringify(session))
    }
  }
})

serializing('gives the cookie its dates where the canonical JSON has another cookie, as after a merge', () => {
  const cookie = { originalMaxAge: 9_000, expires: new Date(now) }
  const canonical = '{"user":"ada","cookie":{"path":"/shop","originalMaxAge":9000}}'
  assert.equal(JSON.parse(serialize({ canonical, cookie })), { user: 'ada', cookie: { originalMaxAge: 9_000, expires: new Date(now).toJSON(), path: '/shop' } })
})

serializing.run()

const dating = suite('datedCookie')

dating('gives a rolling cookie the expiry of its last use', () => {
  assert.equal(datedCookie({ originalMaxAge: 5_000, path: '/' }, now), { expires: new Date(now + 5_000).toJSON(), originalMaxAge: 5_000, path: '/' })
})

dating('replaces the dates that a rolling cookie has, which are of another use', () => {
  const cookie = { originalMaxAge: 5_000, originalExpires: '2030-01-01', expires: '2030-01-01', path: '/' }
  assert.equal(datedCookie(cookie, now), { expires: new Date(now + 5_000).toJSON(), originalMaxAge: 5_000, path: '/' })
})

dating('is null for any other cookie, and without one', () => {
  for (const cookie of [undefined, {}, { expires: new Date(now) }, { originalMaxAge: 5_000, expires: new Date(now), fixedExpiry: true }]) {
    assert.is(datedCookie(cookie, now), null)
  }
})

dating.run()
