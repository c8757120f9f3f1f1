import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FlushSchedule } from '../../src/queue/flush-schedule.ts'
import { fakeTimers } from '../support.ts'

let timers: ReturnType<typeof fakeTimers>
const test = suite('FlushSchedule')
test.before.each(() => { timers = fakeTimers() })
test.after.each(() => { timers.restore() })

function scheduled () {
  const flushes: boolean[] = []
  return { flushes, schedule: new FlushSchedule(isRetry => { flushes.push(isRetry) }) }
}

test('flushes once for all calls of 50 ms, and keeps the process alive for it', async () => {
  const { flushes, schedule } = scheduled()
  schedule.soon()
  assert.equal(timers.pending(), [{ delay: 50, isRef: true }])
  await timers.advance(49)
  schedule.soon()
  await timers.advance(1)
  assert.equal(flushes, [false])
  schedule.soon()
  await timers.advance(50)
  assert.equal(flushes, [false, false])
})

test('tries again after a second, and twice as late after each backOff, up to a minute, and keeps no process alive', async () => {
  const { flushes, schedule } = scheduled()
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    schedule.retry()
    schedule.retry()
    assert.equal(timers.pending(), [{ delay: seconds * 1_000, isRef: false }])
    await timers.advance(seconds * 1_000)
    schedule.backOff()
  }
  assert.is(flushes.length, 8)
  assert.ok(flushes.every(isRetry => isRetry))
  schedule.reset()
  schedule.retry()
  assert.equal(timers.pending(), [{ delay: 1_000, isRef: false }])
})

test('does both beside each other, and neither after clear', async () => {
  const { flushes, schedule } = scheduled()
  schedule.retry()
  schedule.soon()
  await timers.advance(1_000)
  assert.equal(flushes, [false, true])
  schedule.retry()
  schedule.soon()
  schedule.clear()
  schedule.clear()
  await timers.advance(100_000)
  assert.is(flushes.length, 2)
})

test('works with timers that are numbers, as those of a browser', () => {
  const { setTimeout } = globalThis
  try {
    globalThis.setTimeout = (() => 1) as never
    scheduled().schedule.retry()
  } finally {
    globalThis.setTimeout = setTimeout
  }
})

test.run()
