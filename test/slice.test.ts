import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Slice } from '../src/slice.ts'

const test = suite('Slice')

test('lets the event loop go on when its time is up, and not before', async () => {
  let time = 1_000
  let turns = 0
  const count = () => { turns++; counting = setImmediate(count) }
  let counting = setImmediate(count)
  try {
    const slice = new Slice(() => time)
    for (const milliseconds of [3.9, 4, 5]) {
      time += milliseconds
      const before = turns
      const isOver = milliseconds >= 4
      assert.is(slice.isOver, isOver)
      await slice.pause()
      assert.is(turns > before, isOver)
      assert.is(slice.isOver, false)
      // The next slice begins where this one went on.
      if (!isOver) time -= milliseconds
    }
  } finally {
    clearImmediate(counting)
  }
})

test('goes by the monotonic clock', async () => {
  const slice = new Slice()
  while (!slice.isOver);
  await slice.pause()
})

test.run()
