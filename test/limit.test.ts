import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Limit } from '../src/limit.ts'
import { rejection } from './support.ts'

const test = suite('Limit')

/** Jobs that end when they are told to, and how many run. */
function jobs () {
  const running: Array<() => void> = []
  return { running, job: () => new Promise<void>(resolve => { running.push(resolve) }) }
}

test('runs no more jobs at once than it was told', async () => {
  const limit = new Limit(2)
  const { running, job } = jobs()
  const all = [1, 2, 3, 4, 5].map(() => limit.run(job))
  for (const most of [2, 3, 4, 5]) {
    await new Promise(setImmediate)
    assert.is(running.length, most)
    running[most - 2]!()
  }
  running[4]!()
  await Promise.all(all)
  const [, next] = [limit.run(job), limit.run(job), limit.run(job)]
  assert.is(running.length, 7, 'as many as before')
  running.slice(5).forEach(end => { end() })
  await next
})

test('runs the jobs in the order of the calls', async () => {
  const limit = new Limit(1)
  const order: number[] = []
  await Promise.all([1, 2, 3].map(number => limit.run(async () => { order.push(number) })))
  assert.equal(order, [1, 2, 3])
})

test('gives what a job gives, and goes on after one that fails', async () => {
  const limit = new Limit(1)
  const failing = rejection(limit.run(async () => { throw new Error('no') }))
  assert.is(await limit.run(async () => 'yes'), 'yes')
  assert.is((await failing).message, 'no')
})

test.run()
