import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { Disk } from '../../src/fs/disk.ts'
import { PruneScheduler, type SchedulerOptions } from '../../src/pruning/scheduler.ts'
import { fakeTimers, namesIn, nextTurn, now, runModule, suiteOnDisk } from '../support.ts'

const test = suiteOnDisk('PruneScheduler')

let timers: ReturnType<typeof fakeTimers>

test.before.each(() => { timers = fakeTimers() })
test.after.each(() => { timers.restore() })

const interval = 60_000

/** A scheduler whose clock follows the timers, and the number of its prunes. */
function scheduled (directory: string, options: Partial<SchedulerOptions> = {}) {
  const state = { time: now, prunes: 0 }
  const scheduler = new PruneScheduler({
    directory,
    disk: new Disk('auto'),
    clock: () => state.time,
    interval,
    prune: async () => { state.prunes++ },
    ...options
  })
  /** Lets time pass, for both clocks. */
  const pass = async (milliseconds: number) => {
    state.time += milliseconds
    await timers.advance(milliseconds)
  }
  return { scheduler, state, pass }
}

test('prunes a second after the start, and then once in each interval', async ({ directory }) => {
  const { scheduler, state, pass } = scheduled(directory)
  assert.equal(timers.pending(), [])
  scheduler.start()
  await pass(999)
  assert.is(state.prunes, 0)
  await pass(1)
  assert.is(state.prunes, 1)
  assert.equal(await namesIn(directory), ['.pruned'])
  for (const prunes of [2, 3]) {
    await pass(interval - 1)
    assert.is(state.prunes, prunes - 1)
    await pass(1)
    assert.is(state.prunes, prunes)
  }
})

test('prunes after a short interval if that is less than a second', async ({ directory }) => {
  const { scheduler, state, pass } = scheduled(directory, { interval: 20 })
  scheduler.start()
  await pass(20)
  assert.is(state.prunes, 1)
})

test('starts once', ({ directory }) => {
  const { scheduler } = scheduled(directory)
  for (let time = 0; time < 3; time++) scheduler.start()
  assert.is(timers.pending().length, 1)
})

test('keeps no process alive', async ({ directory }) => {
  const { scheduler, pass } = scheduled(directory)
  scheduler.start()
  assert.equal(timers.pending(), [{ delay: 1_000, isRef: false }])
  await pass(1_000)
  assert.equal(timers.pending(), [{ delay: interval, isRef: false }])
})

test('waits for the rest of the interval when another process has pruned', async ({ directory }) => {
  await writeFile(join(directory, '.pruned'), '')
  await utimes(join(directory, '.pruned'), new Date(now - 10_000), new Date(now - 10_000))
  const { scheduler, state, pass } = scheduled(directory)
  scheduler.start()
  await pass(1_000)
  assert.equal([state.prunes, timers.pending()], [0, [{ delay: interval - 11_000, isRef: false }]])
  await pass(interval - 11_000)
  assert.is(state.prunes, 1)
})

test('does not wait for the lease when there is something urgent to do', async ({ directory }) => {
  await writeFile(join(directory, '.pruned'), '')
  await utimes(join(directory, '.pruned'), new Date(now), new Date(now))
  for (const isUrgent of [true, false]) {
    const { scheduler, state, pass } = scheduled(directory, { isUrgent: async () => isUrgent })
    scheduler.start()
    await pass(1_000)
    assert.is(state.prunes, isUrgent ? 1 : 0)
    await scheduler.stop()
  }
})

test('never prunes with an interval of 0', async ({ directory }) => {
  const { scheduler, state, pass } = scheduled(directory, { interval: 0 })
  scheduler.start()
  await pass(365 * 86_400_000)
  assert.equal([state.prunes, timers.pending(), await namesIn(directory)], [0, [], []])
  await scheduler.stop()
})

test('prunes no more after it was stopped, and cannot be started again', async ({ directory }) => {
  const { scheduler, state, pass } = scheduled(directory)
  scheduler.start()
  await scheduler.stop()
  scheduler.start()
  await pass(interval)
  assert.equal([state.prunes, timers.pending()], [0, []])
})

test('ends a prune that is under way early when it is stopped, and waits for its end', async ({ directory }) => {
  const signals: AbortSignal[] = []
  let end = () => {}
  const { scheduler, pass } = scheduled(directory, {
    prune (signal) {
      signals.push(signal)
      return new Promise(resolve => { end = resolve })
    }
  })
  scheduler.start()
  await pass(1_000)
  assert.equal(signals.map(({ aborted }) => aborted), [false])
  let isStopped = false
  const stopping = scheduler.stop().then(() => { isStopped = true })
  await nextTurn()
  assert.equal([signals[0]!.aborted, isStopped], [true, false])
  end()
  await stopping
  await pass(interval)
  assert.equal([signals.length, timers.pending()], [1, []])
})

test('does not delay the end of a process', async () => {
  const { code, output } = await runModule(`
    import { Disk } from '../src/fs/disk.ts'
    import { PruneScheduler } from '../src/pruning/scheduler.ts'
    new PruneScheduler({ directory: '.', disk: new Disk(), clock: Date.now, interval: 5_000, prune: async () => console.log('pruned') }).start()
  `)
  assert.equal([code, output], [0, ''])
})

test.run()
