import { ok, type ResultAsync } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pending, settledOk, settledResult } from '../../src/async/result.ts'
import { ReadOrder } from '../../src/queue/read-order.ts'
import { nextTurn } from '../support.ts'

const test = suite('ReadOrder')

/** A result that is given when the test says so. */
function later (): { readonly result: ResultAsync<string, never>, readonly give: (value: string) => void } {
  let give = (_: string) => {}
  const result = pending<string, never>(new Promise(resolve => { give = value => resolve(ok(value)) }))
  return { result, give }
}

test('gives what is known immediately when no read is under way', () => {
  const order = new ReadOrder()
  assert.equal(settledResult(order.read('a', settledOk('read'))), ok('read'))
  assert.equal(settledResult(order.after('a', settledOk('changed'))), ok('changed'))
})

test('gives each result after those of the reads of its session before, and not of another session', async () => {
  const order = new ReadOrder()
  const given: string[] = []
  const note = (result: ResultAsync<string, never>) => { void result.map(value => given.push(value)) }
  const [first, second] = [later(), later()]
  note(order.read('a', first.result))
  note(order.after('a', settledOk('changed')))
  note(order.read('a', second.result))
  note(order.read('a', settledOk('third read')))
  note(order.after('b', settledOk('other')))
  assert.equal(given, ['other'])
  second.give('second read')
  await nextTurn()
  assert.equal(given, ['other'])
  first.give('first read')
  await nextTurn()
  assert.equal(given, ['other', 'first read', 'changed', 'second read', 'third read'])
  assert.equal(settledResult(order.after('a', settledOk('now'))), ok('now'))
})

test('waits for a read although the one before it has been given, and for none that was', async () => {
  const order = new ReadOrder()
  const [first, second] = [later(), later()]
  const read = order.read('a', first.result)
  void order.read('a', second.result)
  first.give('first read')
  await read
  await nextTurn()
  assert.is(settledResult(order.after('a', settledOk('changed'))), undefined)
  second.give('second read')
  await nextTurn()
  assert.equal(settledResult(order.after('a', settledOk('changed'))), ok('changed'))
  const alone = later()
  void order.read('a', alone.result)
  alone.give('read')
  await nextTurn()
  assert.equal(settledResult(order.after('a', settledOk('changed'))), ok('changed'))
})

test.run()
