import { createRequire } from 'node:module'
import { ok } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Content, draftOf, textOf } from '../src/text.ts'
import { failureOf, valueOf } from './support.ts'

const Cookie = createRequire(import.meta.url)('@fastify/session/lib/cookie.js')

// Each with the date of its making.
const cookies = [new Cookie({ maxAge: 60_000, httpOnly: true }), new Cookie({ expires: new Date(1_893_553_445_678) }), new Cookie({})]

const now = Date.parse('2030-01-02T03:04:05.678Z')

/** A session as `@fastify/session` keeps it with `maxAge`, used at `usedAt`. */
function rolling (usedAt: number) {
  const expires = new Date(usedAt + 5_000)
  return { cookie: { expires, originalMaxAge: 5_000, originalExpires: expires, path: '/', httpOnly: true }, user: 'ada' }
}

function ownProto (): object {
  return JSON.parse('{"__proto__": {"admin": true}, "cookie": {"originalMaxAge": 5000}}')
}

const sessions: ReadonlyArray<readonly [name: string, session: () => object]> = [
  ['an empty session', () => ({})],
  ['a session without a cookie', () => ({ user: { name: 'Ada', cart: [1, 2, 3] }, seen: new Date(now) })],
  ['a cookie that is null', () => ({ cookie: null, user: 'ada' })],
  ['a cookie that is a string', () => ({ cookie: 'originalMaxAge' })],
  ['a cookie that is an array', () => ({ cookie: [{ originalMaxAge: 1 }] })],
  ['a cookie that says nothing', () => ({ cookie: {}, user: 'ada' })],
  ['a cookie with expires', () => ({ cookie: { expires: new Date(now), path: '/' } })],
  ['a cookie with maxAge', () => rolling(now)],
  ['a cookie with maxAge and no dates', () => ({ cookie: { originalMaxAge: 5_000 } })],
  ['a cookie whose dates are null', () => ({ cookie: { expires: null, originalExpires: null, originalMaxAge: 5_000 } })],
  ['a cookie whose dates are texts', () => ({ cookie: { originalMaxAge: 5_000, originalExpires: 'x', expires: '2030-01-01' }, n: 1 })],
  ['a cookie whose dates are numbers', () => ({ a: 1, cookie: { expires: now, originalMaxAge: 5_000 } })],
  ['a cookie with an invalid date', () => ({ cookie: { expires: new Date(NaN), originalMaxAge: 5_000 } })],
  ['a cookie with only the original date', () => ({ cookie: { originalExpires: new Date(now), originalMaxAge: 5_000 } })],
  ['a cookie of @fastify/session', () => ({ cookie: cookies[0], user: 'ada' })],
  ['a cookie of @fastify/session with expires', () => ({ cookie: cookies[1] })],
  ['a cookie of @fastify/session that ends with the browser', () => ({ cookie: cookies[2] })],
  ['a session with toJSON', () => ({ toJSON: () => rolling(now) })],
  ['a toJSON that is no function', () => ({ toJSON: 'json', cookie: { originalMaxAge: 1, toJSON: null } })],
  ['a cookie with values that JSON leaves out', () => ({ user: 'ada', cookie: { path: undefined, originalMaxAge: 1, secure: () => {}, expires: new Date(now) } })],
  ['values that JSON leaves out or changes', () => ({ a: undefined, b: () => {}, c: NaN, d: [undefined], e: { toJSON: () => 'e' }, cookie: { originalMaxAge: 1 } })],
  ['keys that are numbers', () => ({ 10: 'ten', b: 1, 2: 'two', cookie: { originalMaxAge: 1, 7: 'seven' } })],
  ['keys that look forbidden and are not', () => ({ constructor: 'Ford', a: '"__proto__"', b: { constructor: { name: 'Ada' } } })],
  ['all of Unicode', () => ({ '': 'é\u{1F600}\0\u2028', '\uD800': '\uDC00', cookie: { originalMaxAge: 1 } })]
]

const draft = suite('draftOf')

for (const [name, session] of sessions) {
  draft(`keeps ${name} whole`, () => {
    assert.is(textOf(valueOf(draftOf(session(), now))), JSON.stringify(session()))
  })
}

draft('refuses dates that cannot be JSON, and keeps those that are strange as they are', () => {
  for (const expires of [1n, { toJSON () { throw new Error('no') } }]) {
    assert.ok(failureOf(draftOf({ cookie: { originalMaxAge: 1, expires } }, now)) instanceof Error)
  }
  for (const expires of [() => {}, Symbol('never'), { year: 2030 }, false, [1]]) {
    const session = { cookie: { originalMaxAge: 1, expires } }
    assert.is(textOf(valueOf(draftOf(session, now))), JSON.stringify(session))
  }
})

draft('refuses what could not be read back', () => {
  for (const session of [ownProto(), { user: ownProto() }, { constructor: { prototype: {} } }]) {
    assert.is(failureOf(draftOf(session, now)).name, 'SyntaxError')
  }
})

draft('settles what does not move into its plain JSON', () => {
  const session = { cookie: { expires: new Date(now), path: '/' }, user: 'ada' }
  assert.equal(draftOf(session, now), ok({ settled: JSON.stringify(session), cookie: null, usedAt: now }))
})

draft('settles without the dates that move with every use, and keeps them', () => {
  const { cookie } = rolling(now)
  assert.equal(draftOf(rolling(now), now), ok({
    settled: '{"cookie":{"originalMaxAge":5000,"path":"/","httpOnly":true},"user":"ada"}',
    cookie,
    usedAt: now
  }))
})

draft('is the same text at every use', () => {
  assert.is(valueOf(draftOf(rolling(now), now)).settled, valueOf(draftOf(rolling(now + 1_000), now + 1_000)).settled)
})

const changes: ReadonlyArray<readonly [what: string, change: (session: any) => void]> = [
  ['a value', session => { session.user = 'bob' }],
  ['a new key', session => { session.cart = [] }],
  ['a removed key', session => { delete session.user }],
  ['maxAge', session => { session.cookie.originalMaxAge = 6_000 }],
  ['another key of the cookie', session => { session.cookie.path = '/shop' }],
  ['the end of maxAge, which makes its dates say something', session => { session.cookie.originalMaxAge = null }]
]

for (const [what, change] of changes) {
  draft(`is another text after a change of ${what}`, () => {
    const session = rolling(now)
    change(session)
    assert.is.not(valueOf(draftOf(session, now)).settled, valueOf(draftOf(rolling(now), now)).settled)
  })
}

draft('is another text after a change of expires where no maxAge rules', () => {
  const one = { cookie: { expires: new Date(now) } }
  const other = { cookie: { expires: new Date(now + 1) } }
  assert.is.not(valueOf(draftOf(one, now)).settled, valueOf(draftOf(other, now)).settled)
})

draft('was used when its expiry was counted from', () => {
  assert.is(valueOf(draftOf(rolling(now - 3_000), now)).usedAt, now - 3_000)
  assert.is(valueOf(draftOf({ cookie: {} }, now)).usedAt, now)
})

draft('stays as it was, whatever becomes of the session', () => {
  const session = { ...rolling(now), cart: { items: ['apple'] } }
  const text = JSON.stringify(session)
  const taken = valueOf(draftOf(session, now))
  session.cart.items.push('pear')
  session.user = 'bob'
  session.cookie.expires.setTime(0)
  session.cookie.path = '/other'
  assert.is(textOf(taken), text)
})

draft('leaves the session as it is', () => {
  const session = rolling(now)
  const { cookie } = session
  valueOf(draftOf(session, now))
  assert.is(session.cookie, cookie)
  assert.equal(session, rolling(now))
})

const thrown = new Error('not now')
const cycle: Record<string, unknown> = {}
cycle.self = cycle

const refused: ReadonlyArray<readonly [what: string, session: unknown, name: string, message: RegExp]> = [
  ['a cycle', cycle, 'TypeError', /circular/],
  ['a cycle beside a cookie that moves', { cookie: { originalMaxAge: 1 }, cycle }, 'TypeError', /circular/],
  ['a BigInt', { count: 1n }, 'TypeError', /BigInt/],
  ['a toJSON that throws', { toJSON () { throw thrown } }, 'Error', /^not now$/],
  ['a cookie whose toJSON throws', { cookie: { toJSON () { throw thrown } } }, 'Error', /^not now$/],
  ['a getter that throws', { get user () { throw thrown } }, 'Error', /^not now$/],
  ['undefined', undefined, 'TypeError', /^it is not an object$/],
  ['null', null, 'TypeError', /^it is not an object$/],
  ['a number', 5, 'TypeError', /^it is not an object$/],
  ['a text', 'session', 'TypeError', /^it is not an object$/],
  ['an array', [], 'TypeError', /^it is not an object$/],
  ['a function', () => {}, 'TypeError', /^it is not an object$/],
  ['what becomes a text as JSON', new Date(now), 'TypeError', /^it is not an object$/],
  ['what becomes nothing as JSON', { toJSON: () => undefined }, 'TypeError', /^it is not an object$/]
]

for (const [what, session, name, message] of refused) {
  draft(`fails for ${what}`, () => {
    const cause = failureOf(draftOf(session as object, now))
    assert.is(cause.name, name)
    assert.match(cause.message, message)
  })
}

draft('fails with what was thrown itself', () => {
  assert.is(failureOf(draftOf({ toJSON () { throw thrown } }, now)), thrown)
})

draft.run()

const content = suite('Content')

content('parses what begins with a byte order mark, each time', () => {
  const marked = new Content('\uFEFF{"user":"ada"}')
  assert.equal([marked.parse(), marked.parse()], [ok({ user: 'ada' }), ok({ user: 'ada' })])
})

content('parses to the session that it says, prototypes and all', () => {
  const text = '{"user":"ada","constructor":"none","cookie":{"originalMaxAge":5000,"expires":"2030-01-02T03:04:10.678Z"}}'
  assert.equal(new Content(text).parse(), ok(JSON.parse(text)))
})

content('parses to a new object each time', () => {
  const text = new Content('{"cart":{"items":[1]},"cookie":{}}')
  for (let time = 0; time < 3; time++) {
    const session = valueOf(text.parse()) as any
    assert.equal(session, { cart: { items: [1] }, cookie: {} })
    session.cart.items.push(2)
    session.cookie.path = '/'
    delete session.cart
  }
})

const noSessions: ReadonlyArray<readonly [text: string, name: string]> = [
  ['5', 'TypeError'],
  ['null', 'TypeError'],
  ['true', 'TypeError'],
  ['[]', 'TypeError'],
  ['[{}]', 'TypeError'],
  ['"session"', 'TypeError'],
  ['', 'SyntaxError'],
  ['  ', 'SyntaxError'],
  ['\0\0\0\0', 'SyntaxError'],
  ['{"user":"ad', 'SyntaxError'],
  ['{"user":"ada"}}', 'SyntaxError'],
  ["{'user':'ada'}", 'SyntaxError'],
  ['{"__proto__":{}}', 'SyntaxError'],
  ['{"__proto__":null}', 'SyntaxError'],
  ['{"\\u005f_proto__":{"admin":true}}', 'SyntaxError'],
  ['{"user":{"__proto__":{"admin":true}}}', 'SyntaxError'],
  ['{"constructor":{"prototype":{"admin":true}}}', 'SyntaxError']
]

for (const [text, name] of noSessions) {
  content(`is no session when it says ${JSON.stringify(text)}, however often it is asked`, () => {
    const asked = new Content(text)
    for (let time = 0; time < 3; time++) assert.is(failureOf(asked.parse()).name, name)
    if (name === 'TypeError') assert.is(failureOf(asked.parse()).message, 'it is not a JSON object')
    assert.is(asked.is('{}'), false)
    assert.is(failureOf(asked.parse()).name, name)
  })
}

content('leaves no trace of a forbidden key on other objects', () => {
  new Content('{"__proto__":{"admin":true}}').parse()
  assert.is(({} as any).admin, undefined)
})

for (const [name, session] of sessions) {
  content(`says the same as ${name} that it was written from`, () => {
    const text = new Content(JSON.stringify(session()))
    assert.is(text.is(valueOf(draftOf(session(), now)).settled), true)
    assert.is(text.is(valueOf(draftOf({ ...JSON.parse(JSON.stringify(session())), other: 1 }, now)).settled), false)
  })
}

content('says the same whatever its moving dates are, and however it is spaced', () => {
  const { settled } = valueOf(draftOf(rolling(now), now))
  assert.is(new Content(JSON.stringify(rolling(0))).is(settled), true)
  assert.is(new Content(JSON.stringify(rolling(0), null, 2) + '\n').is(settled), true)
})

content('that is settled already is compared as it is', () => {
  const { settled } = valueOf(draftOf(rolling(now), now))
  assert.is(Content.ofSettled(settled).is(settled), true)
  assert.is(Content.ofSettled(JSON.stringify(rolling(now))).is(settled), false)
})

content('parses after it was compared', () => {
  const text = new Content(JSON.stringify(rolling(now)))
  text.is('{}')
  assert.equal(text.parse(), ok({ cookie: { originalMaxAge: 5_000, path: '/', httpOnly: true }, user: 'ada' }))
})

content('equals another that says the same, and no other', () => {
  const [one, other] = [new Content(JSON.stringify(rolling(0))), new Content(JSON.stringify(rolling(now), null, 2))]
  assert.is(one.equals(other), true)
  assert.is(one.equals(new Content('{}')), false)
  assert.is(new Content('no session').equals(one), false)
})

content('that was secret is quoted in no error', () => {
  const { name, message } = failureOf(new Content('my secret {', { isSecret: true }).parse())
  assert.is(name, 'TypeError')
  assert.is(message, 'it is not JSON')
})

content('is outdated when it is said to be', () => {
  assert.is(new Content('{}').isOutdated, false)
  assert.is(new Content('{}', { isOutdated: true }).isOutdated, true)
})

content('has the length of its text', () => {
  assert.is(new Content('{"user":"ada"}').length, 14)
})

content.run()
