import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { History, type Sample } from '../../../src/dashboard/activity/history.ts'

const test = suite('History')

const sample = (at: number, more: Partial<Sample> = {}): Sample =>
  ({ at, inUse: null, lastHour: null, total: null, gets: 0, touches: 0, writes: 0, failures: 0, ...more })

test('is empty at first', () => {
  assert.equal(new History(3).series(0, 10), { at: [], inUse: [], lastHour: [], total: [], gets: [], touches: [], writes: [], failures: [] })
})

test('makes rates of counters, and keeps counts', () => {
  const history = new History(5)
  history.add(sample(10_000, { inUse: 3, gets: 100, failures: 1 }))
  history.add(sample(20_000, { inUse: 4, gets: 150, failures: 2 }))
  history.add(sample(40_000, { gets: 150, failures: 2 }))
  const { at, inUse, gets, failures, writes } = history.series(0, 10)
  assert.equal({ at, inUse, gets, failures, writes }, {
    at: [10, 20, 40], inUse: [3, 4, null], gets: [null, 5, 0], failures: [null, 6, 0], writes: [null, 0, 0]
  })
})

test('forgets the oldest sample when it is full', () => {
  const history = new History(3)
  for (const at of [1, 2, 3, 4, 5]) history.add(sample(at * 1000))
  assert.equal(history.series(0, 10).at, [3, 4, 5])
})

test('gives only samples since a time', () => {
  const history = new History(10)
  for (const at of [1, 2, 3]) history.add(sample(at * 1000))
  assert.equal(history.series(2_000, 10).at, [2, 3])
})

test('is thinned out, and keeps the latest', () => {
  const history = new History(100)
  for (let at = 1; at <= 100; at++) history.add(sample(at * 1000, { gets: at * 10 }))
  const { at, gets } = history.series(0, 10)
  assert.equal([at, gets.slice(1)], [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100], new Array(9).fill(10)])
})

test.run()
