import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultTtl, expiresAt, isObject, lastUse, moves, timeOf, type StoredSession } from '../src/expiry.ts'

const now = Date.parse('2030-01-02T03:04:05.678Z')
const date = '2031-01-01T00:00:00.000Z'
const time = Date.parse(date)
const ttl = 1_000

const expiry = suite('expiresAt')

const expiries: ReadonlyArray<readonly [session: unknown, expires: number, rule: string]> = [
  [{ cookie: { originalMaxAge: 5_000 } }, now + 5_000, 'originalMaxAge after the last use'],
  [{ cookie: { originalMaxAge: 5_000, expires: date } }, now + 5_000, 'originalMaxAge after the last use, whatever expires says'],
  [{ cookie: { originalMaxAge: -1 } }, now - 1, 'before its last use, when originalMaxAge is negative'],
  [{ cookie: { expires: date } }, time, 'at expires'],
  [{ cookie: { expires: date, originalMaxAge: null } }, time, 'at expires, when originalMaxAge is null'],
  [{ cookie: { expires: date, originalMaxAge: 0 } }, time, 'at expires, when originalMaxAge is 0'],
  [{ cookie: { expires: date, originalMaxAge: NaN } }, time, 'at expires, when originalMaxAge is not a number'],
  [{ cookie: { expires: date, originalMaxAge: '5000' } }, time, 'at expires, when originalMaxAge is a string'],
  [{ cookie: { expires: new Date(time) } }, time, 'at expires that is a Date'],
  [{ cookie: { expires: time } }, time, 'at expires that is a number'],
  [{ cookie: { expires: null } }, now + ttl, 'ttl after the last use, when expires is null'],
  [{ cookie: { expires: 'soon' } }, now + ttl, 'ttl after the last use, when expires is no date'],
  [{ cookie: { expires: new Date(NaN) } }, now + ttl, 'ttl after the last use, when expires is an invalid Date'],
  [{ cookie: {} }, now + ttl, 'ttl after the last use, when the cookie has neither'],
  [{}, now + ttl, 'ttl after the last use, when there is no cookie'],
  [{ cookie: null }, now + ttl, 'ttl after the last use, when the cookie is null'],
  [{ cookie: 'cookie' }, now + ttl, 'ttl after the last use, when the cookie is a string'],
  [{ cookie: [date] }, now + ttl, 'ttl after the last use, when the cookie is an array']
]

for (const [session, expires, rule] of expiries) {
  expiry(`is ${rule}`, () => {
    assert.is(expiresAt(session as StoredSession, now, ttl), expires)
  })
}

expiry('is 14 days after the last use unless told otherwise', () => {
  assert.is(defaultTtl, 14 * 86_400_000)
})

expiry.run()

const use = suite('lastUse')

const uses: ReadonlyArray<readonly [cookie: unknown, usedAt: number, rule: string]> = [
  [undefined, now, 'now, when there is no cookie'],
  [null, now, 'now, when the cookie is null'],
  [{}, now, 'now, when the cookie says nothing'],
  [{ expires: new Date(now + 5_000) }, now, 'now, when expires stands still'],
  [{ originalMaxAge: 5_000 }, now, 'now, when there is no expires'],
  [{ originalMaxAge: 5_000, expires: null }, now, 'now, when expires is null'],
  [{ originalMaxAge: 5_000, expires: 'soon' }, now, 'now, when expires is no date'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 5_000) }, now, 'now, when expires was just moved'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 2_000) }, now - 3_000, 'when expires was counted from'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 2_000).toISOString() }, now - 3_000, 'when expires was counted from, as a string too'],
  [{ originalMaxAge: 5_000, expires: now + 2_000 }, now - 3_000, 'when expires was counted from, as a number too'],
  [{ originalMaxAge: 5_000, expires: new Date(now + 9_000) }, now, 'never later than now']
]

for (const [cookie, usedAt, rule] of uses) {
  use(`is ${rule}`, () => {
    assert.is(lastUse(cookie, now), usedAt)
  })
}

use.run()

const moving = suite('moves')

moving('is so for a cookie with an originalMaxAge', () => {
  assert.is(moves({ originalMaxAge: 1 }), true)
  assert.is(moves({ originalMaxAge: -1 }), true)
})

moving('is not so for any other cookie, and for what is none', () => {
  const still = [{ originalMaxAge: 0 }, { originalMaxAge: NaN }, { originalMaxAge: '1' }, { originalMaxAge: null }, {}, null, undefined, 'cookie', 1]
  for (const cookie of still) assert.is(moves(cookie), false)
})

moving.run()

const farthest = suite('expiresAt, at its ends')

farthest('stays what a Date can say', () => {
  for (const [originalMaxAge, expected] of [[1e300, 8.64e15], [-1e300, -8.64e15]] as const) {
    assert.is(expiresAt({ cookie: { originalMaxAge } }, time, 1), expected)
    assert.is(new Date(expected).getTime(), expected)
  }
})

farthest.run()

const times = suite('timeOf')

times('is the time of a date, of its text, and of its number', () => {
  assert.is(timeOf(new Date(time)), time)
  assert.is(timeOf(date), time)
  assert.is(timeOf(time), time)
  assert.is(timeOf(0), 0)
  assert.is(timeOf('Wed, 01 Jan 2031 00:00:00 GMT'), time)
})

times('is null for what says no time', () => {
  for (const date of [undefined, null, '', 'soon', NaN, Infinity, -Infinity, new Date(NaN), true, {}, [time], 1n]) {
    assert.is(timeOf(date), null)
  }
})

times.run()

const object = suite('isObject')

object('is so for what JSON calls an object', () => {
  assert.is(isObject({}), true)
  assert.is(isObject(Object.create(null)), true)
})

object('is not so for anything else', () => {
  for (const value of [null, undefined, [], 'text', 5, true, () => {}]) assert.is(isObject(value), false)
})

object.run()
