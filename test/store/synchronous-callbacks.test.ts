import * as assert from 'uvu/assert'
import { nodeFs } from '../../src/fs/node.ts'
import { FileStore, type SessionFailure } from '../../src/index.ts'
import { now, promised, rollingSession, suiteOnDisk } from '../support.ts'
import { eventually, immediately, turn } from './support.ts'

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

const slow = suiteOnDisk('FileStore on a disk that is slow for good')

slow('changes through the thread pool while its renames are slow, tells the operator once, and reads synchronously', async ({ directory }) => {
  const { now: clock, renameSync } = nodeFs
  let [time, renameMs] = [0, 30]
  Object.assign(nodeFs, {
    now: () => time,
    renameSync: (from: string, to: string) => {
      renameSync(from, to)
      time += renameMs
    }
  })
  try {
    const failures: SessionFailure[] = []
    const store = new FileStore(directory, { pruneInterval: 0, onFailure: failure => { failures.push(failure) } })
    const { get, set } = promised(store)
    let number = 0
    const isImmediate = () => immediately(done => store.set('abc', { number: ++number } as any, done)) !== null
    for (let count = 0; count < 8; count++) assert.ok(isImmediate(), `change ${count}`)
    assert.not(isImmediate())
    await turn()
    assert.equal(failures.map(({ type, ...failure }) => [type, 'durationMs' in failure && failure.durationMs, 'directory' in failure && failure.directory]), [['disk-slow', 30, directory]])
    await set('abc', { number })
    assert.is.not(immediately(done => store.get('abc', done)), null)
    // After a second one change is tried, and no one is told again.
    time += 1_000
    assert.ok(isImmediate())
    assert.not(isImmediate())
    await set('abc', { number: 'last' })
    assert.equal(await get('abc'), { number: 'last' })
    time += 1_000
    renameMs = 0.1
    for (let count = 0; count < 20; count++) assert.ok(isImmediate())
    await turn()
    assert.is(failures.length, 1)
  } finally {
    Object.assign(nodeFs, { now: clock, renameSync })
  }
})

slow.run()
