import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canSkip, classify, graceMs, isFromFuture, type FileClass } from '../../src/pruning/classify.ts'
import { SessionText } from '../../src/session/session-text.ts'
import { now } from '../support.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const anHour = { cookie: { originalMaxAge: hour } }

const classes = suite('classify')

const files: ReadonlyArray<readonly [what: string, text: string | object, ago: number, expected: FileClass, isEncrypted?: boolean]> = [
  ['a session', anHour, 0, 'live'],
  ['a session that expires this millisecond', anHour, hour, 'live'],
  ['a session in the last millisecond of its grace', anHour, hour + minute - 1, 'live'],
  ['a session whose grace is over', anHour, hour + minute, 'expired'],
  ['a session whose expiry is a minute ago', { cookie: { expires: new Date(now - minute) } }, 0, 'expired'],
  ['a session whose expiry is less than a minute ago', { cookie: { expires: new Date(now - minute + 1) } }, 30 * day, 'live'],
  ['a session with a fixed expiry that is over', { cookie: { originalMaxAge: hour, expires: new Date(0), fixedExpiry: true } }, 0, 'expired'],
  ['a session without an expiry of its own', { cookie: {} }, 14 * day + minute - 1, 'live'],
  ['a session without an expiry of its own, after the ttl', { cookie: {} }, 14 * day + minute, 'expired'],
  ['a session with a negative maxAge', { cookie: { originalMaxAge: -1 } }, minute, 'expired'],
  ['a session that was used by a clock that was ahead', anHour, -365 * day, 'live'],
  ['an object without a cookie', { name: 'package' }, 365 * day, 'foreign'],
  ['an object whose cookie is not an object', { cookie: 'a=b' }, 365 * day, 'foreign'],
  ['an object whose cookie is an array', { cookie: [] }, 365 * day, 'foreign'],
  ['an empty object', {}, 365 * day, 'foreign'],
  ['an array', '[{"cookie":{}}]', 365 * day, 'foreign'],
  ['a JSON text that is not an object', '5', 365 * day, 'foreign'],
  ['an object with a forbidden key', '{"__proto__":{},"cookie":{}}', 365 * day, 'foreign'],
  ['half a JSON', '{"cookie":{"originalMaxAge":1},"user', 365 * day, 'unreadable'],
  ['an empty file', '', 365 * day, 'unreadable'],
  ['an object that is nested too deep', `{"cookie":{},"deep":${'['.repeat(256)}${']'.repeat(256)}}`, 365 * day, 'unreadable'],
  ['an encrypted session without a cookie', { user: 'ada' }, 0, 'live', true],
  ['an encrypted session without a cookie, after the ttl', { user: 'ada' }, 14 * day + minute, 'expired', true],
  ['an encrypted text that is not a session', '[]', 365 * day, 'foreign', true]
]

for (const [what, content, ago, expected, isEncrypted = false] of files) {
  classes(`takes ${what} for ${expected}`, () => {
    const text = new SessionText(typeof content === 'string' ? content : JSON.stringify(content), { isEncrypted })
    assert.is(classify(text, now - ago, { clock: () => now }), expected)
  })
}

classes('goes by the given ttl', () => {
  const text = new SessionText('{"cookie":{}}')
  assert.equal([hour + minute - 1, hour + minute].map(ago => classify(text, now - ago, { clock: () => now, ttl: hour })), ['live', 'expired'])
})

classes('gives a request that was in flight a minute', () => {
  assert.is(graceMs, minute)
})

classes.run()

const version = (ago: number, atimeMs: number) => ({ mtimeMs: now - ago, atimeMs, ctimeMs: now, birthtimeMs: 0, ino: 1, size: 1 })

const skipping = suite('canSkip')

const times: ReadonlyArray<readonly [what: string, ago: number, atimeMs: number, expected: boolean]> = [
  ['was used less than a minute ago', minute - 1, 0, true],
  ['was used a minute ago', minute, 0, false],
  ['has an expiry that has not come', 365 * day, now + 1, true],
  ['has an expiry of this millisecond', day, now, false],
  ['has no expiry that the store set, but the time at which it was read', day, now - hour, false],
  ['was used by a clock that is ahead by ten seconds', -10_000, now + 1, true],
  ['was used by a clock that was ahead by more', -10_001, now + day, false]
]

for (const [what, ago, atimeMs, expected] of times) {
  skipping(`is ${expected} for a file that ${what}`, () => {
    assert.is(canSkip(version(ago, atimeMs), now), expected)
  })
}

skipping.run()

const future = suite('isFromFuture')

future('is true for a last use that is more than ten seconds ahead', () => {
  assert.equal([0, -10_000, -10_001].map(ago => isFromFuture(version(ago, 0), now)), [false, false, true])
})

future.run()
