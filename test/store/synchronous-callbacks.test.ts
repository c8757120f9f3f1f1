import * as assert from 'uvu/assert'
import { FileStore } from '../../src/index.ts'
import { now, promised, rollingSession, suiteOnDisk } from '../support.ts'
import { eventually, immediately } from './support.ts'

const atOnce = suiteOnDisk('FileStore while the disk is fast')

atOnce('calls back before it returns: get, unchanged set, touch', async ({ directory }) => {
  let time = now
  const store = new FileStore(directory, { clock: () => time, pruneInterval: 0 })
  await promised(store).set('abc', rollingSession(time))
  assert.ok(await eventually(async () => {
    const known = immediately(done => store.get('abc', done))
    const unknown = immediately(done => store.get('absent', done))
    const unchanged = immediately(done => store.set('abc', rollingSession(time) as any, done))
    time += 1_000
    const touched = immediately(done => store.set('abc', rollingSession(time) as any, done))
    if (known === null || unknown === null || unchanged === null || touched === null) return false
    assert.is((known[1] as any).user, 'ada')
    assert.equal([unknown, unchanged, touched], [[null, null], [], []])
    return true
  }))
})

atOnce('lets through what a callback throws, and goes on', async ({ directory }) => {
  const store = new FileStore(directory, { clock: () => now, pruneInterval: 0, onFailure: () => {} })
  const { get, set } = promised(store)
  await set('abc', { user: 'ada' })
  assert.ok(await eventually(async () => {
    let times = 0
    const call = () => { times++; throw new Error('mine') }
    if (immediately(done => store.get('abc', done)) === null) return false
    assert.throws(() => store.get('abc', call), /^mine$/)
    assert.throws(() => store.set('abc', { user: 'ada' } as any, call), /^mine$/)
    assert.throws(() => store.get('', call), /^mine$/)
    assert.is(times, 3)
    return true
  }))
  assert.equal(await get('abc'), { user: 'ada' })
  await set('abc', { user: 'bob' })
  assert.equal(await get('abc'), { user: 'bob' })
})

atOnce.run()
