import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TimeSlice } from '../../src/async/time-slice.ts'

const test = suite('TimeSlice')

test('yields to the event loop when 4 ms are used up, and not before', async () => {
  let time = 1_000
  let turns = 0
  const count = () => { turns++; counting = setImmediate(count) }
  let counting = setImmediate(count)
  try {
    const slice = new TimeSlice(() => time)
    for (const milliseconds of [3.9, 4, 5]) {
      time += milliseconds
      const before = turns
      const isUsedUp = milliseconds >= 4
      assert.is(slice.isUsedUp, isUsedUp)
      await slice.yield()
      assert.is(turns > before, isUsedUp)
      assert.is(slice.isUsedUp, false)
      // A slice that is not used up goes on: the next step starts where this one did.
      if (!isUsedUp) time -= milliseconds
    }
  } finally {
    clearImmediate(counting)
  }
})

test('starts anew at the moment at which the event loop came back', async () => {
  let time = 0
  const slice = new TimeSlice(() => time)
  time = 4
  const yielding = slice.yield()
  time = 100
  await yielding
  time = 103.9
  assert.is(slice.isUsedUp, false)
  time = 104
  assert.is(slice.isUsedUp, true)
})

test('uses the monotonic clock unless told otherwise', async () => {
  const start = performance.now()
  const slice = new TimeSlice()
  while (!slice.isUsedUp);
  assert.ok(performance.now() - start >= 4)
  await slice.yield()
})

test.run()
