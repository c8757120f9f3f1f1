import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CallOrder } from '../../src/copy/call-order.ts'
import { rejection } from '../support.ts'

const test = suite('CallOrder')

test('runs the tasks of a key one after the other, in the order of the calls', async () => {
  const order = new CallOrder()
  const log: string[] = []
  const task = (name: string, turns: number) => async () => {
    log.push(`${name} starts`)
    for (let turn = 0; turn < turns; turn++) await null
    log.push(`${name} ends`)
  }
  await Promise.all([order.run('a', task('first', 9)), order.run('a', task('second', 1))])
  assert.equal(log, ['first starts', 'first ends', 'second starts', 'second ends'])
})

test('runs the tasks of different keys side by side', async () => {
  const order = new CallOrder()
  let release = () => {}
  const first = order.run('a', () => new Promise<void>(resolve => { release = resolve }))
  assert.is(await order.run('b', async () => 'done'), 'done')
  release()
  await first
})

test('passes on what a task rejects with, and goes on', async () => {
  const order = new CallOrder()
  const failing = order.run('a', async () => { throw new Error('no') })
  const next = order.run('a', async () => 1)
  assert.is((await rejection(failing)).message, 'no')
  assert.is(await next, 1)
})

test.run()
