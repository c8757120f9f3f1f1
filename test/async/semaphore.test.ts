import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Semaphore } from '../../src/async/semaphore.ts'
import { nextTurn, rejection } from '../support.ts'

const test = suite('Semaphore')

/** Jobs that end when the test ends them; `running` has one function for each that has started. */
function jobs () {
  const running: Array<() => void> = []
  return { running, job: () => new Promise<void>(resolve => { running.push(resolve) }) }
}

test('runs no more jobs at the same time than its limit, before and after it was full', async () => {
  const semaphore = new Semaphore(2)
  const { running, job } = jobs()
  const all = [1, 2, 3, 4, 5].map(() => semaphore.run(job))
  for (const most of [2, 3, 4, 5]) {
    await nextTurn()
    assert.is(running.length, most)
    running[most - 2]!()
  }
  running[4]!()
  await Promise.all(all)
  const more = [semaphore.run(job), semaphore.run(job), semaphore.run(job)]
  await nextTurn()
  assert.is(running.length, 7)
  running.slice(5).forEach(end => { end() })
  await nextTurn()
  running[7]!()
  await Promise.all(more)
})

test('starts a job synchronously when a place is free', () => {
  const { running, job } = jobs()
  void new Semaphore(1).run(job)
  assert.is(running.length, 1)
})

test('starts the jobs in the order of the calls', async () => {
  const semaphore = new Semaphore(1)
  const order: number[] = []
  await Promise.all([1, 2, 3].map(number => semaphore.run(async () => { order.push(number) })))
  assert.equal(order, [1, 2, 3])
})

test('resolves to what a job resolves to, and gives its place to the next one when it fails', async () => {
  const semaphore = new Semaphore(1)
  const failing = rejection(semaphore.run(async () => { throw new Error('no') }))
  assert.is(await semaphore.run(async () => 'yes'), 'yes')
  assert.is((await failing).message, 'no')
  assert.is((await rejection(semaphore.run(() => { throw new Error('at the call') }))).message, 'at the call')
  assert.is(await semaphore.run(async () => 'yes'), 'yes')
})

test.run()
