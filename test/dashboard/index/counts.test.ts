import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ageBounds, Counts, sizeBounds } from '../../../src/dashboard/index/counts.ts'

const test = suite('Counts')

test('counts each entry in one group of last use and one of size', () => {
  const now = 1_900_000_000_000
  const counts = new Counts(now)
  for (const bound of ageBounds) {
    counts.add(now - bound, 1)
    counts.add(now - bound - 1, 1)
  }
  assert.equal(counts.ages, [1, ...new Array(ageBounds.length - 1).fill(2), 1])
  for (const bound of sizeBounds) counts.add(now + 5_000, bound)
  counts.add(now, 1e9)
  assert.equal([counts.sizes.at(0), counts.sizes.at(1), counts.sizes.at(-1)], [2 * ageBounds.length + 1, 1, 1])
  assert.is(counts.total, 2 * ageBounds.length + sizeBounds.length + 1)
  assert.is(counts.bytes, 2 * ageBounds.length + sizeBounds.reduce((sum, bound) => sum + bound, 0) + 1e9)
})

test('knows how many were used within a bound', () => {
  const counts = new Counts(1_000_000)
  for (const ago of [0, 60_000, 60_001, 300_000, 300_001]) counts.add(1_000_000 - ago, 10)
  assert.equal([counts.usedWithin(60_000), counts.usedWithin(300_000), counts.usedWithin(3_600_000)], [2, 4, 5])
})

test.run()
