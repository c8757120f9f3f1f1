import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cookieExpiry, isSame, isSameButUse, isUsedLater, lastUseOf, withStoreExpiry } from '../../src/copy/cookie-dates.ts'

const noon = Date.parse('2030-01-01T12:00:00Z')
const rolling = (use: number, maxAge = 60_000) => ({ cookie: { originalMaxAge: maxAge, expires: new Date(use + maxAge) } })

const expiry = suite('cookieExpiry')

for (const [name, session, expected] of [
  ['a date', { cookie: { expires: new Date(noon) } }, noon],
  ['a text', { cookie: { expires: '2030-01-01T12:00:00Z' } }, noon],
  ['milliseconds', { cookie: { expires: noon } }, noon],
  ['an invalid date', { cookie: { expires: 'soon' } }, null],
  ['null', { cookie: { expires: null } }, null],
  ['no date', { cookie: {} }, null],
  ['no cookie', {}, null]
] as const) {
  expiry(`of a cookie with ${name} is ${expected}`, () => assert.is(cookieExpiry(session), expected))
}

expiry.run()

const lastUse = suite('lastUseOf')

lastUse('is the maxAge before the expiry', () => assert.is(lastUseOf(rolling(noon)), noon))
lastUse('is not known without a maxAge', () => assert.is(lastUseOf({ cookie: { expires: new Date(noon) } }), null))
lastUse('is not known without an expiry', () => assert.is(lastUseOf({ cookie: { originalMaxAge: 60_000 } }), null))
lastUse('is not known where the application has set the expiry', () => {
  assert.is(lastUseOf({ cookie: { ...rolling(noon).cookie, fixedExpiry: true } }), null)
})

lastUse.run()

const later = suite('isUsedLater')

later('is true of a later use by a millisecond', () => assert.is(isUsedLater(rolling(noon + 1), rolling(noon)), true))
later('is false of the same use', () => assert.is(isUsedLater(rolling(noon), rolling(noon)), false))
later('is false of an earlier use', () => assert.is(isUsedLater(rolling(noon - 1), rolling(noon)), false))
later('does not go by the expiry', () => assert.is(isUsedLater(rolling(noon, 90_000), rolling(noon + 1, 60_000)), false))
later('is false where either does not say', () => {
  assert.is(isUsedLater(rolling(noon), {}), false)
  assert.is(isUsedLater({}, rolling(noon)), false)
})

later.run()

const same = suite('isSame')

same('compares as JSON', () => {
  assert.is(isSame(rolling(noon), JSON.parse(JSON.stringify(rolling(noon)))), true)
  assert.is(isSame(rolling(noon), rolling(noon + 1)), false)
})

same('does not mind the order of the keys, and minds that of a list', () => {
  assert.is(isSame({ user: 'Ada', cart: { a: 1, b: 2 } }, { cart: { b: 2, a: 1 }, user: 'Ada' }), true)
  assert.is(isSame({ cart: [1, 2] }, { cart: [2, 1] }), false)
})

same.run()

const butUse = suite('isSameButUse')

butUse('does not mind the dates of a cookie whose expiry moves with the use, and the order of the keys', () => {
  const { cookie } = rolling(noon)
  assert.is(isSameButUse({ cookie, user: 'Ada' }, { user: 'Ada', cookie: { originalExpires: new Date(noon), ...rolling(noon + 1).cookie } }), true)
})

for (const [name, one, other] of [
  ['the content', { ...rolling(noon), cart: 1 }, { ...rolling(noon), cart: 2 }],
  ['the maxAge', rolling(noon), rolling(noon, 90_000)],
  ['another field of the cookie', rolling(noon), { cookie: { ...rolling(noon).cookie, path: '/' } }],
  ['an expiry without a maxAge', { cookie: { expires: noon } }, { cookie: { expires: noon + 1 } }],
  ['an expiry of its own', { cookie: { ...rolling(noon).cookie, fixedExpiry: true } }, { cookie: { ...rolling(noon + 1).cookie, fixedExpiry: true } }]
] as const) {
  butUse(`minds ${name}`, () => assert.is(isSameButUse(one, other), false))
}

butUse.run()

const shown = suite('withStoreExpiry')

const browser = { cookie: { originalMaxAge: null, expires: null, path: '/' }, user: 'Ada' }

shown('shows a store the expiry that the cookie does not say', () => {
  assert.equal((withStoreExpiry(browser, noon).cookie as { expires: Date }).expires, new Date(noon))
  assert.equal((withStoreExpiry({ user: 'Ada' }, noon).cookie as { expires: Date }).expires, new Date(noon))
})

shown('does not let it be stored', () => {
  for (const session of [browser, { user: 'Ada' }]) assert.is(JSON.stringify(withStoreExpiry(session, noon)), JSON.stringify(session))
})

shown('does not change the session', () => {
  const before = structuredClone(browser)
  withStoreExpiry(browser, noon)
  assert.equal(browser, before)
})

shown('leaves a session alone whose cookie says when it expires, or of which that is not known', () => {
  const session = rolling(noon)
  assert.is(withStoreExpiry(session, noon + 1), session)
  assert.is(withStoreExpiry(browser, undefined), browser)
})

shown.run()
