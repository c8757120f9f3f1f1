import { ResultAsync } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeCalls, type Calls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'

interface Cost { readonly took: number, readonly waited?: number, readonly preempted?: number }

/**
 * A disk whose synchronous calls take what `cost` says, in milliseconds of a
 * clock of its own, and what it was asked. Its process was switched `switches`
 * times before.
 */
function simulated (cost: () => Cost, switches = 1) {
  let time = 1_000
  let [voluntaryContextSwitches, involuntaryContextSwitches] = [switches, switches]
  const synchronous: Array<{ readonly time: number, readonly took: number }> = []
  let asynchronous = 0
  let counted = 0
  const atOnce = () => {
    const { took, waited = 0, preempted = 0 } = cost()
    synchronous.push({ time, took })
    time += took
    voluntaryContextSwitches += waited
    involuntaryContextSwitches += preempted
  }
  const stats = { isFile: () => true, mtimeMs: 1, ctimeMs: 1, ino: 1, size: 1 }
  const calls = {
    ...nodeCalls,
    statSync: () => { atOnce(); return stats },
    readSync: () => { atOnce(); return 'text' },
    touchSync: () => { atOnce() },
    stat: async () => { asynchronous++; return stats },
    read: async () => { asynchronous++; return 'text' },
    touch: async () => { asynchronous++ },
    now: () => time,
    switches: () => { counted++; return { voluntaryContextSwitches, involuntaryContextSwitches } }
  } as unknown as Calls
  return {
    disk: new Disk('auto', calls),
    synchronous,
    asynchronous: () => asynchronous,
    counted: () => counted,
    wait: (milliseconds: number) => { time += milliseconds }
  }
}

/** One request's calls every `every` milliseconds. */
async function serve ({ disk, wait }: ReturnType<typeof simulated>, requests: number, every: number): Promise<void> {
  for (let request = 0; request < requests; request++) {
    await disk.stat('file')
    await disk.read('file', 1)
    await disk.touch('file', 1)
    wait(every)
  }
}

const slow = suite('Pace on a slow disk')

for (const [took, every] of [[5, 10], [40, 3], [1.5, 500], [900, 1]] as const) {
  slow(`costs the event loop one call of ${took} ms a second at the most, with a request each ${every} ms`, async () => {
    const simulation = simulated(() => ({ took, waited: 1 }))
    const requests = 120_000 / every
    await serve(simulation, Math.ceil(requests), every)
    const starts = simulation.synchronous.map(({ time }) => time)
    const gaps = starts.slice(1).map((start, index) => start - starts[index]! - took)
    assert.ok(Math.min(...gaps) >= 1_000, `only ${Math.min(...gaps)} ms between two`)
    assert.ok(Math.max(...gaps) <= 1_000 + every, `as much as ${Math.max(...gaps)} ms between two`)
    assert.is(simulation.asynchronous() + starts.length, Math.ceil(requests) * 3)
  })
}

slow('is asked synchronously again, for good, once it is fast', async () => {
  let took = 5
  const simulation = simulated(() => ({ took, waited: 1 }))
  await serve(simulation, 100, 10)
  took = 0.002
  simulation.wait(1_000)
  const before = simulation.asynchronous()
  await serve(simulation, 1_000, 10)
  assert.is(simulation.asynchronous(), before)
})

slow('is one slow call away from the thread pool', async () => {
  const simulation = simulated(() => ({ took: 5, waited: 1 }))
  assert.not.instance(simulation.disk.touch('file', 1), ResultAsync)
  simulation.wait(999.9)
  assert.instance(simulation.disk.stat('file'), ResultAsync)
  simulation.wait(0.1)
  assert.not.instance(simulation.disk.stat('file'), ResultAsync)
})

for (const code of ['ENOENT', 'EIO']) {
  slow(`counts a slow call that fails too (${code})`, () => {
    const simulation = simulated(() => {
      simulation.wait(5)
      throw Object.assign(new Error('refused'), { code })
    }, 0)
    assert.not.instance(simulation.disk.stat('file'), ResultAsync)
    assert.instance(simulation.disk.stat('file'), ResultAsync)
  })
}

slow.run()

const busy = suite('Pace on a busy machine')

busy('takes a call that was preempted for no slow one', async () => {
  const simulation = simulated(() => ({ took: 20, waited: 1, preempted: 1 }))
  await serve(simulation, 1_000, 10)
  assert.is(simulation.asynchronous(), 0)
})

busy('takes a call that waited for nothing for no slow one', async () => {
  const simulation = simulated(() => ({ took: 20 }))
  await serve(simulation, 1_000, 10)
  assert.is(simulation.asynchronous(), 0)
})

busy('takes a call of up to a millisecond for no slow one', async () => {
  const simulation = simulated(() => ({ took: 1, waited: 1 }))
  await serve(simulation, 1_000, 10)
  assert.is(simulation.asynchronous(), 0)
})

busy('counts switches now and then, not for each call', async () => {
  const simulation = simulated(() => ({ took: 0.002 }))
  await serve(simulation, 100_000, 0)
  assert.is(simulation.synchronous.length, 300_000)
  assert.ok(simulation.counted() <= 600 / 50, `${simulation.counted()} counts in 600 ms`)
})

busy('counts switches again when 50 ms have passed', () => {
  const simulation = simulated(() => ({ took: 0 }))
  for (const [wait, counted] of [[0, 1], [49, 1], [1, 2], [49, 2], [1, 3]] as const) {
    simulation.wait(wait)
    void simulation.disk.stat('file')
    assert.is(simulation.counted(), counted)
  }
})

busy('judges the call after a preempted one by itself', async () => {
  let preempted = 1
  const simulation = simulated(() => ({ took: 5, waited: 1, preempted }))
  assert.not.instance(simulation.disk.stat('file'), ResultAsync)
  preempted = 0
  assert.not.instance(simulation.disk.stat('file'), ResultAsync)
  assert.instance(simulation.disk.stat('file'), ResultAsync)
})

busy('takes every slow call for one of the disk where switches are not counted', () => {
  const simulation = simulated(() => ({ took: 5 }), 0)
  assert.not.instance(simulation.disk.stat('file'), ResultAsync)
  assert.instance(simulation.disk.stat('file'), ResultAsync)
})

busy.run()
