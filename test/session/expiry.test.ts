import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  clockSkewMs, currentTime, defaultTtl, expiryOf, fixedExpiryOf, impliedLastUse, isExpired, isRolling, lifetimeOf, recordingInterval, withExpiry
} from '../../src/session/expiry.ts'
import type { StoredSession } from '../../src/session/session.ts'
import { now } from '../support.ts'

const date = '2031-01-01T00:00:00.000Z'
const time = Date.parse(date)
const ttl = 1_000
const day = 86_400_000

/** Sessions, when they expire if they were last used at `now`, and how long a use prolongs them. */
const sessions: ReadonlyArray<readonly [session: unknown, expires: number, lifetime: number | null, rule: string]> = [
  [{ cookie: { originalMaxAge: 5_000 } }, now + 5_000, 5_000, 'originalMaxAge after the last use'],
  [{ cookie: { originalMaxAge: 5_000, expires: date } }, now + 5_000, 5_000, 'originalMaxAge after the last use, whatever expires says'],
  [{ cookie: { originalMaxAge: 5_000, expires: date, fixedExpiry: false } }, now + 5_000, 5_000, 'originalMaxAge after the last use, when fixedExpiry is false'],
  [{ cookie: { originalMaxAge: 5_000, expires: date, fixedExpiry: 1 } }, now + 5_000, 5_000, 'originalMaxAge after the last use, when fixedExpiry is not true'],
  [{ cookie: { originalMaxAge: -1 } }, now - 1, -1, 'before the last use, when originalMaxAge is negative'],
  [{ cookie: { originalMaxAge: 5_000, expires: date, fixedExpiry: true } }, time, null, 'at expires that the application has fixed beside a maxAge'],
  [{ cookie: { originalMaxAge: 5_000, expires: 0, fixedExpiry: true } }, 0, null, 'in 1970, when the application has fixed that'],
  [{ cookie: { originalMaxAge: 5_000, fixedExpiry: true } }, now + ttl, ttl, 'ttl after the last use, when the fixed expires is missing'],
  [{ cookie: { expires: date } }, time, null, 'at expires'],
  [{ cookie: { expires: date, originalMaxAge: null } }, time, null, 'at expires, when originalMaxAge is null'],
  [{ cookie: { expires: date, originalMaxAge: 0 } }, time, null, 'at expires, when originalMaxAge is 0'],
  [{ cookie: { expires: date, originalMaxAge: NaN } }, time, null, 'at expires, when originalMaxAge is NaN'],
  [{ cookie: { expires: date, originalMaxAge: Infinity } }, time, null, 'at expires, when originalMaxAge is infinite'],
  [{ cookie: { expires: date, originalMaxAge: '5000' } }, time, null, 'at expires, when originalMaxAge is a string'],
  [{ cookie: { expires: new Date(time) } }, time, null, 'at expires that is a Date'],
  [{ cookie: { expires: time } }, time, null, 'at expires that is a number'],
  [{ cookie: { expires: null } }, now + ttl, ttl, 'ttl after the last use, when expires is null'],
  [{ cookie: { expires: 'soon' } }, now + ttl, ttl, 'ttl after the last use, when expires is not a date'],
  [{ cookie: { expires: new Date(NaN) } }, now + ttl, ttl, 'ttl after the last use, when expires is an invalid Date'],
  [{ cookie: {} }, now + ttl, ttl, 'ttl after the last use, when the cookie has neither'],
  [{}, now + ttl, ttl, 'ttl after the last use, when there is no cookie'],
  [{ cookie: null }, now + ttl, ttl, 'ttl after the last use, when the cookie is null'],
  [{ cookie: 'cookie' }, now + ttl, ttl, 'ttl after the last use, when the cookie is a string'],
  [{ cookie: [date] }, now + ttl, ttl, 'ttl after the last use, when the cookie is an array']
]

const expiry = suite('expiryOf')

for (const [session, expires, , rule] of sessions) {
  expiry(`is ${rule}`, () => {
    assert.is(expiryOf(session as StoredSession, now, ttl), expires)
  })
}

expiry('stays in the range of a Date', () => {
  for (const [session, expected] of [
    [{ cookie: { originalMaxAge: 1e300 } }, 8.64e15], [{ cookie: { originalMaxAge: -1e300 } }, -8.64e15], [{ cookie: { expires: 1e300 } }, 8.64e15]
  ] as const) {
    assert.is(expiryOf(session, now, ttl), expected)
    assert.is(new Date(expected).getTime(), expected)
  }
})

expiry.run()

const lifetime = suite('lifetimeOf')

for (const [session, , expected, rule] of sessions) {
  lifetime(`is ${expected} for a session that expires ${rule}`, () => {
    assert.is(lifetimeOf(session as StoredSession, ttl), expected)
  })
}

lifetime('uses the default ttl of 14 days', () => {
  assert.is(defaultTtl, 14 * day)
  assert.is(lifetimeOf({}), 14 * day)
})

lifetime.run()

const expired = suite('isExpired')

expired('is true from the exact millisecond of the expiry', () => {
  assert.equal([now - 1, now, now + 1].map(expiresAt => isExpired(expiresAt, { clock: () => now })), [true, true, false])
})

expired('uses the real clock unless told otherwise', () => {
  assert.equal([isExpired(Date.now() - 1, {}), isExpired(Date.now() + 60_000, {})], [true, false])
})

expired.run()

const rolling = suite('isRolling')

rolling('is true for a cookie with an originalMaxAge', () => {
  for (const originalMaxAge of [1, -1, 0.5]) assert.is(isRolling({ originalMaxAge }), true)
})

rolling('is false for any other cookie, one with a fixed expiry, and anything else', () => {
  const others = [
    { originalMaxAge: 0 }, { originalMaxAge: NaN }, { originalMaxAge: Infinity }, { originalMaxAge: '1' }, { originalMaxAge: null },
    { originalMaxAge: 1, fixedExpiry: true }, {}, null, undefined, 'cookie', 1, [1]
  ]
  for (const cookie of others) assert.is(isRolling(cookie), false)
})

rolling.run()

const dated = suite('withExpiry')

const expiryOptions = { ttl, clock: () => now + 10 }

const datings: ReadonlyArray<readonly [what: string, cookie: unknown, expected: unknown, expires: number]> = [
  ['gives a rolling cookie its expiry as a Date', { originalMaxAge: 5_000 }, { originalMaxAge: 5_000, expires: new Date(now + 5_000) }, now + 5_000],
  ['replaces stale dates of a rolling cookie', { originalMaxAge: 5_000, expires: date, originalExpires: date }, { originalMaxAge: 5_000, expires: new Date(now + 5_000) }, now + 5_000],
  ['gives a fixed expiry as a Date', { originalMaxAge: 5_000, expires: date, fixedExpiry: true }, { originalMaxAge: 5_000, expires: new Date(time), fixedExpiry: true }, time],
  ['gives expires as a Date', { expires: time }, { expires: new Date(time) }, time],
  ['gives a cookie without a date none', { path: '/' }, { path: '/' }, now + ttl],
  ['removes an expires that is not a date', { expires: 'soon' }, {}, now + ttl],
  ['leaves a cookie that is null', null, null, now + ttl],
  ['leaves a cookie that is a string', 'cookie', 'cookie', now + ttl]
]

for (const [what, cookie, expected, expires] of datings) {
  dated(what, () => {
    const session = { cookie, user: 'ada' } as StoredSession
    const result = withExpiry(session, now, expiryOptions)
    assert.equal(result, { session: { cookie: expected, user: 'ada' }, expiresAt: expires })
    assert.is(result.session, session)
  })
}

dated('gives a session without a cookie none', () => {
  assert.equal(withExpiry({ user: 'ada' }, now, expiryOptions), { session: { user: 'ada' }, expiresAt: now + ttl })
})

dated('counts a last use in the future from now on', () => {
  const ahead = now + 365 * day
  assert.is(withExpiry({}, ahead, expiryOptions).expiresAt, now + 10 + ttl)
  assert.is(withExpiry({ cookie: { originalMaxAge: 5_000 } }, ahead, expiryOptions).expiresAt, now + 10 + 5_000)
})

dated('uses the default ttl and the real clock unless told otherwise', () => {
  const earliest = Date.now()
  const { expiresAt } = withExpiry({}, Infinity, {})
  assert.ok(expiresAt >= earliest + defaultTtl && expiresAt <= Date.now() + defaultTtl)
})

dated.run()

const recording = suite('recordingInterval')

recording('is the touchInterval, or a hundredth of a shorter lifetime', () => {
  for (const [lifetime, touchInterval, expected] of [
    [null, 1_000, 1_000], [100_000, 1_000, 1_000], [99_999, 1_000, 999.99], [5_000, 1_000, 50], [5_000, 10, 10], [14 * day, 0, 0], [-5_000, 1_000, 0]
  ] as const) {
    assert.is(recordingInterval(lifetime, touchInterval), expected)
  }
})

recording.run()

const use = suite('impliedLastUse')

const uses: ReadonlyArray<readonly [cookie: unknown, lastUsedAt: number, rule: string]> = [
  [undefined, now, 'now, when there is no cookie'],
  [null, now, 'now, when the cookie is null'],
  [{}, now, 'now, when the cookie has no dates'],
  [{ expires: new Date(now + 5_000) }, now, 'now, when there is no maxAge'],
  [{ originalMaxAge: 5_000 }, now, 'now, when there is no expires'],
  [{ originalMaxAge: 5_000, expires: null }, now, 'now, when expires is null'],
  [{ originalMaxAge: 5_000, expires: 'soon' }, now, 'now, when expires is not a date'],
  [{ originalMaxAge: 5_000, expires: new Date(now), fixedExpiry: true }, now, 'now, when the expiry is fixed'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 5_000) }, now, 'now, when expires was just counted'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 2_000) }, now - 3_000, 'when expires was counted from'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 2_000).toISOString() }, now - 3_000, 'when an expires that is a string was counted from'],
  [{ originalMaxAge: 5_000, expires: now + 2_000 }, now - 3_000, 'when an expires that is a number was counted from'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 9_000) }, now, 'never later than now']
]

for (const [cookie, expected, rule] of uses) {
  use(`is ${rule}`, () => {
    assert.is(impliedLastUse(cookie, now), expected)
  })
}

use.run()

const fixed = suite('fixedExpiryOf')

const maxAge = 60_000

/** A cookie with a maxAge whose expiry was counted from `counted`. */
const countedFrom = (counted: number) => ({ originalMaxAge: maxAge, expires: new Date(counted + maxAge) })

const loadedAt = now - 5_000

const fixings: ReadonlyArray<readonly [what: string, cookie: unknown, loadedAt: number | null, expected: number | null]> = [
  ['there is no cookie', undefined, loadedAt, null],
  ['there is no maxAge', { expires: new Date(now) }, loadedAt, null],
  ['the maxAge is 0', { originalMaxAge: 0, expires: new Date(0) }, loadedAt, null],
  ['there is no expires', { originalMaxAge: maxAge }, loadedAt, null],
  ['expires is not a date', { originalMaxAge: maxAge, expires: 'soon' }, loadedAt, null],
  ['expires was counted when the session was loaded', countedFrom(loadedAt), loadedAt, null],
  ['expires was counted now', countedFrom(now), loadedAt, null],
  ['expires was counted in between', countedFrom(now - 3_000), loadedAt, null],
  ['expires is farther by the second that is tolerated', countedFrom(now + 1_000), loadedAt, null],
  ['expires is farther by more than a second', countedFrom(now + 1_001), loadedAt, now + 1_001 + maxAge],
  ['expires is nearer by the second that is tolerated', countedFrom(loadedAt - 1_000), loadedAt, null],
  ['expires is nearer by more than a second', countedFrom(loadedAt - 1_001), loadedAt, loadedAt - 1_001 + maxAge],
  ['expires is in 1970', { originalMaxAge: maxAge, expires: new Date(0) }, loadedAt, 0],
  ['expires is farther, and it is not known when the session was loaded', countedFrom(now + 1_001), null, now + 1_001 + maxAge],
  ['expires is nearer, and it is not known when the session was loaded', countedFrom(now - maxAge + 1), null, null],
  ['expires is over, and it is not known when the session was loaded', countedFrom(now - 2 * maxAge), null, null],
  ['expires cannot have been counted since 1970', countedFrom(-1), null, maxAge - 1],
  ['expires may have been counted in 1970', countedFrom(0), null, null],
  ['expires is in 1970, and it is not known when the session was loaded', { originalMaxAge: maxAge, expires: new Date(0) }, null, 0],
  ['the cookie is marked as fixed', { ...countedFrom(now), fixedExpiry: true }, loadedAt, now + maxAge],
  ['expires is a string', { originalMaxAge: maxAge, expires: date }, loadedAt, time],
  ['expires is a number', { originalMaxAge: maxAge, expires: time }, loadedAt, time]
]

for (const [what, cookie, loadedAt, expected] of fixings) {
  fixed(`is ${expected === null ? 'null' : 'expires'} when ${what}`, () => {
    assert.is(fixedExpiryOf(cookie, now, loadedAt), expected)
  })
}

fixed.run()

const current = suite('currentTime')

current('is Date.now as it is at the call, also after fake timers replaced it', () => {
  const { now: realNow } = Date
  try {
    Date.now = () => 12_345
    assert.is(currentTime(), 12_345)
  } finally {
    Date.now = realNow
  }
  assert.ok(Math.abs(currentTime() - Date.now()) < 1_000)
})

current('may differ by ten seconds between machines', () => {
  assert.is(clockSkewMs, 10_000)
})

current.run()
