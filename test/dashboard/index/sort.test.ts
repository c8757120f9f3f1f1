import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sortedByKey } from '../../../src/dashboard/index/sort.ts'
import { TimeSlice } from '../../../src/dashboard/index/time-slice.ts'

const test = suite('sortedByKey')

const unlimited = () => new TimeSlice({ budgetMs: Infinity, restMs: 0 })

async function sorted (keys: readonly number[]): Promise<number[]> {
  return [...await sortedByKey(keys.length, entry => keys[entry]!, unlimited())]
}

test('gives the entries in ascending order of their keys', async () => {
  assert.equal(await sorted([]), [])
  assert.equal(await sorted([7]), [0])
  assert.equal(await sorted([3, 1, 2]), [1, 2, 0])
})

test('keeps the order of equal keys', async () => {
  assert.equal(await sorted([5, 1, 5, 1, 5]), [1, 3, 0, 2, 4])
})

test('sorts keys of up to 48 bits as a comparison does', async () => {
  const keys = Array.from({ length: 5_000 }, (_, index) => (index * 2_654_435_761 * 7_919) % 2 ** 48)
  keys.push(0, 2 ** 48 - 1, 2 ** 32, 2 ** 16, 65_535)
  const expected = keys.map((_, index) => index).sort((one, other) => keys[one]! - keys[other]! || one - other)
  assert.equal(await sorted(keys), expected)
})

test('rests whenever its slice is over', async () => {
  let now = 0
  const slice = new TimeSlice({ budgetMs: 1, restMs: 0 }, () => now++)
  let rests = 0
  const rest = slice.rest.bind(slice)
  slice.rest = async () => { rests++; await rest() }
  await sortedByKey(100_000, entry => entry, slice)
  // Three passes, twice through all entries, in blocks of 16,384.
  assert.is(rests, 3 * 2 * 7)
})

test.run()
