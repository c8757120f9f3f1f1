import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Slice } from '../src/slice.ts'

const test = suite('Slice')

test('lets the event loop go on when its time is up, and not before', async () => {
  let turns = 0
  const count = () => { turns++; counting = setImmediate(count) }
  let counting = setImmediate(count)
  try {
    const slice = new Slice()
    await slice.pause()
    assert.is(turns, 0)
    const start = performance.now()
    while (performance.now() - start < 5);
    await slice.pause()
    assert.ok(turns > 0)
    const before = turns
    await slice.pause()
    assert.is(turns, before)
  } finally {
    clearImmediate(counting)
  }
})

test.run()
