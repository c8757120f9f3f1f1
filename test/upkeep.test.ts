import { join } from 'node:path'
import { errAsync, okAsync, ResultAsync } from 'neverthrow'
import * as assert from 'uvu/assert'
import { nodeCalls, type Calls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'
import type { WalkFailed } from '../src/errors.ts'
import { Upkeep, type UpkeepSettings } from '../src/upkeep.ts'
import { namesIn, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('Upkeep')

/** An upkeep that was started, and the moment at which something about it happens first. */
function started (directory: string, happens: (done: () => void) => Partial<UpkeepSettings>) {
  const failures: WalkFailed[] = []
  let upkeep: Upkeep | undefined
  const happened = new Promise<void>(resolve => {
    upkeep = new Upkeep(directory, {
      clock: Date.now,
      disk: new Disk(),
      pruneInterval: 60_000,
      prune: () => okAsync(null),
      report: failure => { failures.push(failure) },
      ...happens(resolve)
    })
    upkeep.start()
  })
  // Its own timers keep no process alive.
  const alive = setInterval(() => {}, 1_000)
  return { upkeep: upkeep!, happened: happened.finally(() => { clearInterval(alive) }), failures }
}

/** A disk that tells when it makes a file, which it does by `create`. */
function making (done: () => void, create: Calls['create'] = nodeCalls.create): Disk {
  return new Disk('async', {
    ...nodeCalls,
    create: async (...parameters) => {
      done()
      return await create(...parameters)
    }
  })
}

test('prunes a directory that it claimed, and ends that early when it is stopped', async ({ directory }) => {
  const signals: AbortSignal[] = []
  const { upkeep, happened, failures } = started(directory, done => ({
    prune (signal) {
      signals.push(signal)
      done()
      return ResultAsync.fromSafePromise(new Promise(resolve => { signal.onabort = resolve }))
    }
  }))
  await happened
  assert.equal(signals.map(({ aborted }) => aborted), [false])
  assert.equal(await namesIn(directory), ['.pruned'])
  await upkeep.stop()
  assert.equal(signals.map(({ aborted }) => aborted), [true])
  assert.equal(failures, [])
})

test('prunes again when the interval is over, and only then', async ({ directory }) => {
  let time = Date.now()
  let pruned = 0
  const { upkeep, happened } = started(directory, done => ({
    clock: () => time,
    pruneInterval: 20,
    prune () {
      if (++pruned === 3) done()
      time += 20
      return okAsync(null)
    }
  }))
  await happened
  await upkeep.stop()
  assert.is(pruned, 3)
})

test('waits for what is left of the interval when another has pruned', async ({ directory }) => {
  const prune = () => assert.unreachable() as never
  await new Disk().claim(join(directory, '.pruned'), 1_000_000)
  let looks = 0
  const { upkeep, happened, failures } = started(directory, done => ({
    clock: () => 1_000_000 + 59_990,
    prune,
    disk: new Disk('async', {
      ...nodeCalls,
      stat: (async (file: string) => {
        if (++looks === 2) done()
        return await nodeCalls.stat(file)
      }) as unknown as Calls['stat']
    })
  }))
  await happened
  await upkeep.stop()
  assert.equal([await namesIn(directory), failures], [['.pruned'], []])
})

test('reports a prune that failed', async ({ directory }) => {
  const failure: WalkFailed = { type: 'walk-failed', directory, cause: new Error('no') }
  const { upkeep, happened, failures } = started(directory, done => ({
    prune () {
      done()
      return errAsync(failure)
    }
  }))
  await happened
  await upkeep.stop()
  assert.equal(failures, [failure])
})

test('reports a directory that it cannot claim', async ({ directory }) => {
  const cause = Object.assign(new Error('no'), { code: 'EACCES' })
  const { upkeep, happened, failures } = started(directory, done => ({ disk: making(done, async () => { throw cause }) }))
  await happened
  await upkeep.stop()
  assert.equal(failures, [{ type: 'walk-failed', directory, cause }])
})

test('has nothing to do where there is no directory yet', async ({ directory }) => {
  const { upkeep, happened, failures } = started(join(directory, 'absent'), done => ({
    disk: making(done),
    prune: () => assert.unreachable() as never
  }))
  await happened
  await upkeep.stop()
  assert.equal(failures, [])
})

test('never starts with an interval of 0', async ({ directory }) => {
  const prune = () => assert.unreachable() as never
  const one = new Upkeep(directory, { clock: Date.now, disk: new Disk(), pruneInterval: 0, prune, report: failure => { throw failure.cause } })
  one.start()
  // This one, started later, had its turn.
  const other = started(directory, done => ({ disk: making(done) }))
  await other.happened
  await Promise.all([one.stop(), other.upkeep.stop()])
})

test.run()
