import { err, ok, type Result } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { settled, settledResult } from '../../src/async/result.ts'
import { whileBusy } from '../../src/fs/busy.ts'
import { busyCodes } from '../../src/fs/errno.ts'
import { systemError } from '../support.ts'

const test = suite('whileBusy')

/** A call with these results, one after the other and the last one for ever, and the times at which it was made. */
function callOf (...results: ReadonlyArray<Result<string, unknown>>) {
  const times: number[] = []
  const call = () => settled(results[Math.min(times.push(performance.now()), results.length) - 1]!)
  return { call, times }
}

test('gives the result of a call that succeeds, immediately', () => {
  const { call, times } = callOf(ok('done'))
  assert.equal(settledResult(whileBusy(call)), ok('done'))
  assert.is(times.length, 1)
})

for (const code of busyCodes) {
  test(`makes the call again until it succeeds (${code})`, async () => {
    const { call, times } = callOf(err(systemError(code)), err(systemError(code)), ok('done'))
    assert.equal(await whileBusy(call), ok('done'))
    assert.is(times.length, 3)
  })
}

test('gives the other failure of a later call', async () => {
  const other = systemError('ENOSPC')
  const { call, times } = callOf(err(systemError('EBUSY')), err(other), ok('done'))
  assert.equal(await whileBusy(call), err(other))
  assert.is(times.length, 2)
})

test('waits twice as long before each call, and gives up after a second', async () => {
  const busy = systemError('EBUSY')
  const { call, times } = callOf(err(busy))
  assert.equal(await whileBusy(call), err(busy))
  // 5, 10, 20, 40, 80, 160, 320 and 365 ms; a timer may come a millisecond early, and late by any time.
  const waits = times.slice(1).map((time, index) => time - times[index]!)
  assert.equal(waits.map((wait, index) => wait >= [5, 10, 20, 40, 80, 160, 320, 365][index]! - 1.5), waits.map(() => true))
  assert.is(times.length, 9)
})

// A second later it would be too late for a handler that does not return its reply.
test('fails immediately when the call is refused for good', () => {
  for (const code of ['EPERM', 'EACCES', 'EIO', 'EROFS', 'ENOENT'].filter(code => !busyCodes.has(code))) {
    const refused = systemError(code)
    assert.equal(settledResult(whileBusy(callOf(err(refused)).call)), err(refused))
  }
})

test.run()
