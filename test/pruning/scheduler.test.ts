import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Schedule } from '../src/schedule.ts'
import { runModule } from './support.ts'

const test = suite('Schedule')

// What is tested keeps no process alive.
let alive: NodeJS.Timeout
test.before(() => { alive = setInterval(() => {}, 1_000) })
test.after(() => { clearInterval(alive) })

/** A schedule that tells when its job is called, and whose job gives `time`. */
function watched (time: number, first = 1) {
  const calls: Array<() => void> = []
  let called = 0
  const schedule = new Schedule(async () => {
    called++
    calls.shift()?.()
    return time
  }, first)
  return { schedule, called: () => called, call: () => new Promise<void>(resolve => { calls.push(resolve) }) }
}

test('calls its job some time after the start, and then whenever it is due', async () => {
  const { schedule, called, call } = watched(1)
  schedule.start()
  assert.is(called(), 0)
  await call()
  await call()
  await call()
  assert.is(called(), 3)
  await schedule.stop()
})

test('starts once', async () => {
  const { schedule, called, call } = watched(2 ** 30)
  const other = watched(2 ** 30, 5)
  schedule.start()
  schedule.start()
  other.schedule.start()
  await call()
  await other.call()
  assert.is(called(), 1)
  await Promise.all([schedule.stop(), other.schedule.stop()])
})

test('calls nothing after it was stopped', async () => {
  const { schedule, called } = watched(0)
  const other = watched(0, 5)
  schedule.start()
  await schedule.stop()
  schedule.start()
  other.schedule.start()
  await other.call()
  await other.schedule.stop()
  assert.is(called(), 0)
})

test('waits for the job that runs when it is stopped', async () => {
  const events: string[] = []
  let end = () => {}
  let isRunning = () => {}
  const running = new Promise<void>(resolve => { isRunning = resolve })
  const schedule = new Schedule(async () => {
    if (events.length > 0) events.push('called again')
    isRunning()
    await new Promise<void>(resolve => { end = resolve })
    events.push('job ended')
    return 0
  }, 0)
  schedule.start()
  await running
  const stopping = schedule.stop().then(() => { events.push('stopped') })
  await new Promise(setImmediate)
  assert.equal(events, [])
  end()
  await stopping
  assert.equal(events, ['job ended', 'stopped'])
  // Due at once, if it still were.
  const other = watched(0, 5)
  other.schedule.start()
  await other.call()
  await other.schedule.stop()
  assert.equal(events, ['job ended', 'stopped'])
})

test('keeps no process alive', async () => {
  const { code, output } = await runModule(`
    import { Schedule } from '../src/schedule.ts'
    new Schedule(async () => console.log('called')).start()
  `)
  assert.equal([code, output], [0, ''])
})

test.run()
