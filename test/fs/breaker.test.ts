import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SlowCallBreaker, type BreakerOptions } from '../../src/fs/breaker.ts'

/** A breaker whose calls take `cost()` milliseconds of a clock of its own, and the durations with which it was opened. */
function simulated (cost: () => number, limits: Partial<BreakerOptions> = {}) {
  let time = 1_000
  const opened: number[] = []
  const calls: Array<{ readonly time: number, readonly durationMs: number }> = []
  const breaker = new SlowCallBreaker({ slowCallMs: 1, slowCalls: 3, stalledCallMs: 20, now: () => time, onOpen: durationMs => { opened.push(durationMs) }, ...limits })
  return {
    breaker,
    opened,
    calls,
    wait: (milliseconds: number) => { time += milliseconds },
    /** Makes a call; whether it was synchronous. */
    call (kind = 'stat'): boolean {
      if (!breaker.isClosed) return false
      breaker.run(kind, () => {
        const durationMs = cost()
        calls.push({ time, durationMs })
        time += durationMs
      })
      return true
    }
  }
}

const test = suite('SlowCallBreaker')

test('is closed at first', () => {
  assert.is(simulated(() => 0).breaker.isClosed, true)
})

test('returns what the call returns and throws what it throws', () => {
  const { breaker } = simulated(() => 0)
  assert.is(breaker.run('stat', () => 'value'), 'value')
  assert.throws(() => breaker.run('stat', () => { throw new Error('refused') }), /^refused$/)
})

test('opens after as many slow calls in a row as it is told', () => {
  const { call, breaker, opened } = simulated(() => 1.5)
  assert.equal([call(), call(), breaker.isClosed, call(), breaker.isClosed], [true, true, true, true, false])
  assert.equal(opened, [1.5])
})

test('opens after a single call that stalls', () => {
  for (const [durationMs, isClosed] of [[20, true], [20.1, false]] as const) {
    const { call, breaker } = simulated(() => durationMs)
    call()
    assert.is(breaker.isClosed, isClosed)
  }
})

test('takes a call of exactly the limit for a fast one', () => {
  const { call, breaker } = simulated(() => 1)
  for (let count = 0; count < 100; count++) call()
  assert.is(breaker.isClosed, true)
})

test('starts to count anew after a fast call', () => {
  const durations = [2, 2, 0.5, 2, 2, 0.5, 2, 2]
  const { call, breaker, calls, opened } = simulated(() => durations[calls.length]!)
  for (let count = 0; count < durations.length; count++) call()
  assert.equal([breaker.isClosed, opened], [true, []])
})

test('counts a slow call that throws too', () => {
  const { breaker, wait } = simulated(() => 0)
  for (let count = 0; count < 3; count++) {
    assert.throws(() => breaker.run('stat', () => {
      wait(5)
      throw new Error('refused')
    }), /^refused$/)
  }
  assert.is(breaker.isClosed, false)
})

test('admits calls again when a second is over', () => {
  const { call, breaker, wait } = simulated(() => 25)
  call()
  wait(999.9)
  assert.is(breaker.isClosed, false)
  wait(0.1)
  assert.is(breaker.isClosed, true)
})

test('closes for good when the first call after the second is fast', () => {
  let durationMs = 25
  const { call, breaker, wait } = simulated(() => durationMs)
  call()
  wait(1_000)
  durationMs = 0.01
  call()
  durationMs = 1.5
  assert.equal([call(), call(), breaker.isClosed], [true, true, true])
})

test('opens again after one slow call while the disk stays slow, and reports only the first time', () => {
  const { call, breaker, wait, opened } = simulated(() => 2)
  for (let count = 0; count < 3; count++) call()
  for (let second = 0; second < 5; second++) {
    wait(1_000)
    assert.is(call(), true)
    assert.is(breaker.isClosed, false)
  }
  assert.equal(opened, [2])
})

test('reports again when it was closed in between', () => {
  let durationMs = 30
  const { call, wait, opened } = simulated(() => durationMs)
  for (const next of [0.1, 40, 0.1]) {
    call()
    wait(1_000)
    durationMs = next
  }
  call()
  assert.equal(opened, [30, 40])
})

test('counts the calls of each kind: one that is never slow does not hide another', () => {
  let kind = ''
  const { call, breaker, wait, opened } = simulated(() => kind === 'rename' ? 30 : 0.01, { slowCallMs: 25, slowCalls: 8, stalledCallMs: 1_000 })
  const change = () => ['stat', 'create', 'stat', 'rename'].map(next => call(kind = next))
  for (let count = 0; count < 7; count++) change()
  assert.equal([breaker.isClosed, opened], [true, []])
  assert.equal([change(), breaker.isClosed, opened], [[true, true, true, true], false, [30]])
  for (let second = 0; second < 3; second++) {
    wait(1_000)
    assert.equal([change(), breaker.isClosed, opened], [[true, true, true, true], false, [30]])
  }
})

test('does not count slow calls of several kinds together', () => {
  const { call, breaker } = simulated(() => 2)
  for (const kind of ['stat', 'read', 'stat', 'read']) call(kind)
  assert.is(breaker.isClosed, true)
  call('read')
  assert.is(breaker.isClosed, false)
})

test('reports each kind of calls once until one of them is fast again, whatever became of others', () => {
  let durationMs = 2
  const { call, wait, opened } = simulated(() => durationMs, { slowCalls: 2 })
  const make = (duration: number, ...kinds: string[]) => {
    durationMs = duration
    for (const kind of kinds) assert.ok(call(kind))
    wait(1_000)
  }
  // A call that is hardly ever made again.
  make(2, 'makeDirectory', 'makeDirectory')
  make(3, 'rename', 'rename')
  make(4, 'rename')
  assert.equal(opened, [2, 3])
  make(0.1, 'rename')
  make(5, 'rename', 'rename')
  make(6, 'makeDirectory')
  assert.equal(opened, [2, 3, 5])
})

test('needs no one to report to', () => {
  const breaker = new SlowCallBreaker({ slowCallMs: -1, slowCalls: 1, stalledCallMs: 1, now: () => 0 })
  breaker.run('stat', () => {})
  assert.is(breaker.isClosed, false)
})

for (const [durationMs, every] of [[5, 10], [40, 3], [1.5, 500], [900, 1]] as const) {
  test(`lets a disk whose calls take ${durationMs} ms block the event loop for one call a second at most, with a request each ${every} ms`, () => {
    const { call, calls, wait } = simulated(() => durationMs)
    for (let request = 0; request < 120_000 / every; request++) {
      call()
      wait(every)
    }
    // The first ones were needed to notice that the disk is slow.
    const starts = calls.slice(2).map(({ time }) => time)
    const gaps = starts.slice(1).map((start, index) => start - starts[index]! - durationMs)
    assert.ok(Math.min(...gaps) >= 1_000, `only ${Math.min(...gaps)} ms between two`)
    assert.ok(Math.max(...gaps) <= 1_000 + every, `as much as ${Math.max(...gaps)} ms between two`)
  })
}

test.run()
