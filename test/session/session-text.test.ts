import { ok } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NotASession, SessionText } from '../../src/session/session-text.ts'
import { snapshotOf } from '../../src/session/snapshot.ts'
import { failureOf, now, rollingSession, snapshot, valueOf } from '../support.ts'
import { sessions } from './fixtures.ts'

const parsing = suite('SessionText')

parsing('parses a text with a byte order mark, each time', () => {
  const marked = new SessionText('\uFEFF{"user":"ada"}')
  assert.equal([marked.parse(), marked.parse()], [ok({ user: 'ada' }), ok({ user: 'ada' })])
  assert.is(marked.text, '{"user":"ada"}')
})

parsing('parses to what JSON.parse gives', () => {
  const text = '{"user":"ada","constructor":"none","cookie":{"originalMaxAge":5000,"expires":"2030-01-02T03:04:10.678Z"}}'
  assert.equal(new SessionText(text).parse(), ok(JSON.parse(text)))
})

parsing('parses to a new object each time', () => {
  const text = new SessionText('{"cart":{"items":[1]},"cookie":{}}')
  for (let time = 0; time < 3; time++) {
    const session = valueOf(text.parse()) as any
    assert.equal(session, { cart: { items: [1] }, cookie: {} })
    session.cart.items.push(2)
    session.cookie.path = '/'
    delete session.cart
  }
})

const notAnObject = 'it is not a JSON object'
const forbidden = 'it holds a forbidden __proto__ or constructor property'

const others: ReadonlyArray<readonly [text: string, message: string, isJson: boolean]> = [
  ['5', notAnObject, true],
  ['null', notAnObject, true],
  ['true', notAnObject, true],
  ['[]', notAnObject, true],
  ['[{"cookie":{}}]', notAnObject, true],
  ['"session"', notAnObject, true],
  ['{"__proto__":{}}', forbidden, true],
  ['{"__proto__":null}', forbidden, true],
  ['{"\\u005f_proto__":{"admin":true}}', forbidden, true],
  ['{"user":{"__proto__":{"admin":true}}}', forbidden, true],
  ['{"constructor":{"prototype":{"admin":true}}}', forbidden, true],
  ['', 'it is not JSON', false],
  ['  ', 'it is not JSON', false],
  ['\0\0\0\0', 'it is not JSON', false],
  ['secret', 'it is not JSON', false],
  ['{"user":"ad', 'it is not JSON (at position 11)', false],
  ['{"user":"ada"}}', 'it is not JSON (at position 14)', false],
  ["{'user':'ada'}", 'it is not JSON (at position 1)', false],
  [`{"deep":${'['.repeat(256)}${']'.repeat(256)}}`, 'it is nested deeper than 256 levels', false]
]

for (const [text, message, isJson] of others) {
  parsing(`fails for ${JSON.stringify(text).slice(0, 50)}, however often it is parsed`, () => {
    const parsed = new SessionText(text)
    for (let time = 0; time < 3; time++) {
      const failure = failureOf(parsed.parse())
      assert.instance(failure, NotASession)
      // Other versions of Node.js do not tell the position of every error.
      assert.is(failure.message.replace(/ \(at position \d+\)/, ''), message.replace(/ \(at position \d+\)/, ''))
      assert.is(failure.isJson, isJson)
      assert.is(parsed.canonical, text)
    }
  })
}

parsing('quotes nothing of the text in a failure', () => {
  const secrets = ['hunter2', '{"password":"hunter2', '{"password":hunter2}', '{"hunter2"}', '["hunter2",]', '"hunter2', 'hunter2'.repeat(100)]
  for (const secret of secrets) {
    const failure = failureOf(new SessionText(secret).parse())
    assert.not.match(`${failure.message} ${failure.stack}`, /hunter2/)
    assert.is(failure.cause, undefined)
  }
})

parsing('tells the position of a syntax error', () => {
  assert.is(failureOf(new SessionText('{"user":"ada"}}').parse()).message, 'it is not JSON (at position 14)')
})

parsing('leaves no trace of a forbidden key on other objects', () => {
  new SessionText('{"__proto__":{"admin":true}}').parse()
  assert.is(({} as any).admin, undefined)
})

parsing('is neither encrypted nor outdated unless told so', () => {
  const { isEncrypted, mustRewrite } = new SessionText('{}')
  assert.equal([isEncrypted, mustRewrite], [false, false])
  const text = new SessionText('{}', { isEncrypted: true, mustRewrite: true })
  assert.equal([text.isEncrypted, text.mustRewrite], [true, true])
})

parsing('says whether it is a session, whatever else was asked before', () => {
  for (const [text, expected] of [['{"a":1}', true], ['[]', false], ['{"a":', false], ['{"__proto__":{}}', false], ['5', false]] as const) {
    for (const ask of [() => {}, (text: SessionText) => text.canonical, (text: SessionText) => text.parse(), (text: SessionText) => text.parseCanonical()]) {
      const session = new SessionText(text)
      ask(session)
      assert.equal([session.isSession, session.isSession], [expected, expected], text)
    }
  }
  assert.is(SessionText.ofCanonical('{}').isSession, true)
})

parsing.run()

const canonical = suite('SessionText.canonical')

for (const [name, session] of sessions) {
  canonical(`is that of the snapshot of ${name}`, () => {
    const taken = valueOf(snapshotOf(session(), { now, countedFrom: -Infinity }))
    assert.is(new SessionText(JSON.stringify(session())).canonical, taken.canonical)
    assert.is(SessionText.ofCanonical(taken.canonical).canonical, taken.canonical)
    assert.is.not(new SessionText(JSON.stringify({ ...JSON.parse(JSON.stringify(session())), other: 1 })).canonical, taken.canonical)
  })
}

canonical('does not depend on the dates of a rolling cookie, nor on spaces', () => {
  const { canonical } = snapshot(rollingSession(now))
  for (const usedAt of [-60_000, 0, now, now + 365 * 86_400_000]) {
    assert.is(new SessionText(JSON.stringify(rollingSession(usedAt))).canonical, canonical)
    assert.is(new SessionText(JSON.stringify(rollingSession(usedAt), null, 2) + '\n').canonical, canonical)
  }
})

canonical('depends on a fixed expiry', () => {
  const fixed = (expires: number) => new SessionText(JSON.stringify({ cookie: { originalMaxAge: 5_000, expires: new Date(expires), fixedExpiry: true } })).canonical
  assert.is(fixed(now), fixed(now))
  assert.is.not(fixed(now), fixed(now + 1))
})

canonical('of a text that is canonical already is the text itself', () => {
  const text = JSON.stringify(rollingSession(now))
  assert.is(SessionText.ofCanonical(text).canonical, text)
})

canonical('does not change what the text parses to', () => {
  const text = new SessionText(JSON.stringify(rollingSession(now)))
  assert.is.not(text.canonical, text.text)
  assert.equal(text.parse(), ok(JSON.parse(JSON.stringify(rollingSession(now)))))
})

canonical('is parsed without the dates of a rolling cookie, to a new object each time', () => {
  const text = new SessionText(JSON.stringify(rollingSession(now)))
  const [one, other] = [valueOf(text.parseCanonical()), valueOf(text.parseCanonical())]
  assert.equal(one, { cookie: { originalMaxAge: 60_000, path: '/' }, user: 'ada' })
  assert.is.not(one, other)
  assert.equal(one, other)
})

canonical('of a text that is not a session is not parsed', () => {
  for (const raw of ['', 'not a session', '[1]', '5', '{"__proto__":{"isAdmin":true}}']) {
    const text = new SessionText(raw)
    assert.instance(failureOf(text.parseCanonical()), NotASession)
    assert.is(text.canonical, raw)
    assert.instance(failureOf(text.parseCanonical()), NotASession)
  }
})

canonical.run()
