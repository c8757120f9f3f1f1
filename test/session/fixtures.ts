import { createRequire } from 'node:module'
import { now, rollingSession } from '../support.ts'

const Cookie = createRequire(import.meta.url)('@fastify/session/lib/cookie.js')

// Each with the date of its creation.
const cookies = [new Cookie({ maxAge: 60_000, httpOnly: true }), new Cookie({ expires: new Date(1_893_553_445_678) }), new Cookie({})]

/** Sessions of all kinds; each call gives new objects. */
export const sessions: ReadonlyArray<readonly [name: string, session: () => object]> = [
  ['an empty session', () => ({})],
  ['a session without a cookie', () => ({ user: { name: 'Ada', cart: [1, 2, 3] }, seen: new Date(now) })],
  ['a cookie that is null', () => ({ cookie: null, user: 'ada' })],
  ['a cookie that is a string', () => ({ cookie: 'originalMaxAge' })],
  ['a cookie that is an array', () => ({ cookie: [{ originalMaxAge: 1 }] })],
  ['an empty cookie', () => ({ cookie: {}, user: 'ada' })],
  ['a cookie with expires', () => ({ cookie: { expires: new Date(now), path: '/' } })],
  ['a cookie with maxAge', () => rollingSession(now)],
  ['a cookie with maxAge and no dates', () => ({ cookie: { originalMaxAge: 5_000 } })],
  ['a cookie whose dates are null', () => ({ cookie: { expires: null, originalExpires: null, originalMaxAge: 5_000 } })],
  ['a cookie whose dates are strings', () => ({ cookie: { originalMaxAge: 5_000, originalExpires: 'x', expires: '2030-01-01' }, n: 1 })],
  ['a cookie whose dates are numbers', () => ({ a: 1, cookie: { expires: now, originalMaxAge: 5_000 } })],
  ['a cookie with an invalid date', () => ({ cookie: { expires: new Date(NaN), originalMaxAge: 5_000 } })],
  ['a cookie with only the original date', () => ({ cookie: { originalExpires: new Date(now), originalMaxAge: 5_000 } })],
  ['a cookie with a fixed expiry', () => ({ cookie: { originalMaxAge: 5_000, expires: new Date(now), fixedExpiry: true } })],
  ['a cookie of @fastify/session', () => ({ cookie: cookies[0], user: 'ada' })],
  ['a cookie of @fastify/session with expires', () => ({ cookie: cookies[1] })],
  ['a cookie of @fastify/session that ends with the browser', () => ({ cookie: cookies[2] })],
  ['a session with toJSON', () => ({ toJSON: () => rollingSession(now) })],
  ['a toJSON that is not a function', () => ({ toJSON: 'json', cookie: { originalMaxAge: 1, toJSON: null } })],
  ['a cookie with values that JSON leaves out', () => ({ user: 'ada', cookie: { path: undefined, originalMaxAge: 1, secure: () => {}, expires: new Date(now) } })],
  ['values that JSON leaves out or changes', () => ({ a: undefined, b: () => {}, c: NaN, d: [undefined], e: { toJSON: () => 'e' }, cookie: { originalMaxAge: 1 } })],
  ['keys that are numbers', () => ({ 10: 'ten', b: 1, 2: 'two', cookie: { originalMaxAge: 1, 7: 'seven' } })],
  ['a cookie that is not the first key', () => ({ user: 'ada', cookie: rollingSession(now).cookie, cart: [] })],
  ['names that look forbidden and are not', () => ({ constructor: 'Ford', a: '"__proto__"', b: { constructor: { name: 'Ada' } } })],
  ['all of Unicode', () => ({ '': 'é\u{1F600}\0\u2028', '\uD800': '\uDC00', cookie: { originalMaxAge: 1 } })]
]

/** A value nested in as many arrays. */
export function nested (levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels))
}
