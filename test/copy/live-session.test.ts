import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LiveSession } from '../../src/copy/live-session.ts'
import type { StoredSession } from '../../src/session/session.ts'
import { rejection } from '../support.ts'

const test = suite('LiveSession')

const mark = Symbol('mark')
const attach = (copy: StoredSession, value: unknown) => Object.defineProperty(copy, mark, { value, configurable: true, writable: true })
const markOf = (session: object) => (session as { [mark]?: unknown })[mark]

test('saves what the session held when it was made, with the symbols that it has when it is saved', async () => {
  const live: Record<string | symbol, unknown> = { list: [1] }
  const session = new LiveSession(live)
  Object.assign(live, { list: [2], [mark]: 'later' })
  const saved: object[] = []
  await session.save(async copy => { saved.push(copy) })
  assert.equal([saved.map(copy => ({ ...copy })), saved.map(markOf)], [[{ list: [1], [mark]: 'later' }], ['later']])
  assert.ok(saved[0] !== live)
})

test('gives the live session what a store attached, not enumerable, also in place of something else', async () => {
  for (const live of [{}, { [mark]: 'before' }]) {
    await new LiveSession(live).save(async copy => { attach(copy, 'attached') })
    assert.equal(Object.getOwnPropertyDescriptor(live, mark), { value: 'attached', enumerable: false, configurable: true, writable: true })
  }
})

test('gives it also when the store fails', async () => {
  const live = {}
  const error = new Error('refused')
  assert.is(await rejection(new LiveSession(live).save(copy => {
    attach(copy, 'attached')
    return Promise.reject(error)
  })), error)
  assert.is(markOf(live), 'attached')
})

test('leaves alone what was changed meanwhile and what no store changed', async () => {
  const live = { [mark]: 'before' }
  await new LiveSession(live).save(async () => { live[mark] = 'meanwhile' })
  assert.equal(Object.getOwnPropertyDescriptor(live, mark), { value: 'meanwhile', enumerable: true, configurable: true, writable: true })
})

for (const [name, live] of [['sealed', Object.seal({ user: 'Ada' })], ['frozen', Object.freeze({ user: 'Ada', [mark]: 'before' })]] as const) {
  test(`saves a ${name} session, which stays as it is`, async () => {
    const before = markOf(live)
    await new LiveSession(live).save(async copy => { attach(copy, 'attached') })
    assert.is(markOf(live), before)
  })
}

test('rejects with what the session threw, and only when it is saved', async () => {
  const session = new LiveSession({ count: 1n })
  await new Promise(resolve => { setImmediate(resolve) })
  assert.instance(await rejection(session.save(async () => { throw new Error('saved') })), TypeError)
})

test.run()
