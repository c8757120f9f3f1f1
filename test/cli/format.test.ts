import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatBytes, formatDuration, localTime, parseDuration, plural, relativeTime } from '../../src/cli/format.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const parse = suite('parseDuration')

for (const [text, expected] of [
  ['250ms', 250], ['30s', 30 * second], ['10m', 10 * minute], ['10min', 10 * minute], ['2h', 2 * hour], ['14d', 14 * day], ['1w', 7 * day],
  ['1.5h', 90 * minute], [' 3 d ', 3 * day], ['0s', 0]
] as const) {
  parse(`takes '${text}'`, () => assert.is(parseDuration(text), expected))
}

for (const text of ['', '10', 'm', '10x', '-1h', '1h30m', '1e3s', 'Infinityd', '1,5h']) {
  parse(`refuses '${text}'`, () => assert.is(parseDuration(text), null))
}

parse.run()

const duration = suite('formatDuration')

for (const [milliseconds, expected] of [
  [0, '0 ms'], [999, '999 ms'], [1499, '1 s'], [59_400, '59 s'], [59_600, '1 min'], [59.6 * minute, '1 h'], [23.7 * hour, '1 day'],
  [6.99 * day, '7 days'], [45 * day, '45 days'], [75 * day, '3 months'], [400 * day, '13 months'], [3 * 365 * day, '3 years'], [Infinity, '∞ years']
] as const) {
  duration(`gives ${milliseconds} ms as ${expected}`, () => assert.is(formatDuration(milliseconds), expected))
}

duration.run()

const relative = suite('relativeTime')

for (const [distance, expected] of [
  [0, 'now'], [999, 'now'], [-999, 'now'], [-1000, '1 s ago'], [-1999, '1 s ago'], [-59_999, '59 s ago'], [-(2 * hour - 1), '1 h ago'], [-2 * day, '2 days ago'],
  [1000, 'in 1 s'], [7 * day - 1, 'in 7 days'], [2 * hour - 1, 'in 2 h'], [90 * minute, 'in 2 h']
] as const) {
  relative(`gives a distance of ${distance} ms as ${expected}`, () => assert.is(relativeTime(1e12 + distance, 1e12), expected))
}

relative.run()

const bytes = suite('formatBytes')

for (const [count, expected] of [
  [0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [9949, '9.9 kB'], [9950, '10 kB'], [999_499, '999 kB'], [999_500, '1.0 MB'], [1.5e9, '1.5 GB'], [2e12, '2.0 TB'], [3e15, '3 PB']
] as const) {
  bytes(`gives ${count} as ${expected}`, () => assert.is(formatBytes(count), expected))
}

bytes.run()

const others = suite('localTime and plural')

others('localTime gives a time to the second, and what no calendar has as it is', () => {
  assert.match(localTime(0), /^19(69-12-31|70-01-01) \d\d:00:00$/)
  assert.is(localTime(9e15), '9000000000000000')
})

others('plural counts', () => {
  assert.equal([plural(1, 'session'), plural(0, 'session'), plural(2000, 'session'), plural(2, 'this', 'these')], ['1 session', '0 sessions', '2,000 sessions', '2 these'])
})

others.run()
