import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { call, destroySession, getSession, setSession, type KeyedStore } from '../../src/copy/keyed-store.ts'
import { rejection } from '../support.ts'

const test = suite('keyed-store')

const storeOf = (verbs: Partial<KeyedStore>): KeyedStore => ({ get: () => {}, set: () => {}, destroy: () => {}, ...verbs })

test('getSession resolves to the session, and to null for what stores call back with when there is none', async () => {
  const session = { user: 'Ada' }
  assert.is(await getSession(storeOf({ get: (_id, callback) => callback(null, session) }), 'a'), session)
  for (const none of [null, undefined]) assert.is(await getSession(storeOf({ get: (_id, callback) => callback(none, none) }), 'a'), null)
})

test('setSession and destroySession pass on id and session', async () => {
  const seen: unknown[] = []
  const store = storeOf({
    set: (id, session, callback) => { seen.push(id, session); callback() },
    destroy: (id, callback) => { seen.push(id); callback(null) }
  })
  await setSession(store, 'a', { user: 'Ada' })
  await destroySession(store, 'b')
  assert.equal(seen, ['a', { user: 'Ada' }, 'b'])
})

test('rejects with what a store calls back with, throws or rejects with', async () => {
  const error = new Error('down')
  assert.is(await rejection(call(callback => callback(error))), error)
  assert.is(await rejection(call(() => { throw error })), error)
  assert.is(await rejection(call(async () => { throw error })), error)
})

test('keeps the methods of a store bound to it', async () => {
  class Store {
    #session = { user: 'Ada' }
    get (_id: string, callback: (error: any, session?: any) => void) { callback(null, this.#session) }
    set () {}
    destroy () {}
  }
  assert.equal(await getSession(new Store(), 'a'), { user: 'Ada' })
})

test.run()
