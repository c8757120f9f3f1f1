import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileStore, type SessionFailure } from '../../src/index.ts'
import { called, loadedByPlugin, namesIn, now, promised, rejection, rollingSession, suiteOnDisk } from '../support.ts'
import { immediately, turn, ways } from './support.ts'

for (const [way, given] of ways) {
  const test = suiteOnDisk(`FileStore that acknowledges from memory (${way})`)

  const storeOn = (directory: string) => {
    const failures: SessionFailure[] = []
    const store = new FileStore(directory, { ...given, acknowledge: 'memory', pruneInterval: 0, touchInterval: 0, onFailure: failure => { failures.push(failure) } })
    return { store, failures, ...promised(store) }
  }

  test('calls back before it returns, and gives at once what was set', async ({ directory }) => {
    const { store } = storeOn(directory)
    assert.equal(immediately(done => store.set('abc', { user: 'ada' } as any, done)), [])
    assert.equal(immediately(done => store.get('abc', done)), [null, { user: 'ada' }])
    assert.equal(immediately(done => store.destroy('abc', done)), [])
    assert.equal(immediately(done => store.get('abc', done)), [null, null])
    await store.close()
    assert.equal(await namesIn(directory), [])
  })

  test('calls back before it returns for a change of a session that was loaded from its file', async ({ directory }) => {
    const before = storeOn(directory)
    await before.set('abc', rollingSession(now))
    await before.store.close()
    const { store, get } = storeOn(directory)
    const session = loadedByPlugin(await get('abc'))
    assert.equal(immediately(done => store.set('abc', { ...session, n: 1 }, done)), [])
    await store.close()
    assert.is((await storeOn(directory).get('abc')).n, 1)
  })

  test('waits for the disk while more than 16 MiB wait', async ({ directory }) => {
    const { store } = storeOn(directory)
    const large = { text: 'x'.repeat(5 * 1024 * 1024) } as any
    assert.equal(immediately(done => store.set('a', large, done)), [])
    await called<void>(done => store.set('b', large, done))
    assert.ok((await namesIn(directory)).includes('b.json'))
    await store.close()
  })

  test('keeps a session that is loaded and saved before it was written', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', rollingSession(now))
    const one = loadedByPlugin(await get('abc'))
    const other = loadedByPlugin(await get('abc'))
    await set('abc', { ...one, one: 1 })
    await set('abc', { ...other, other: 2 })
    const { cookie: _, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', one: 1, other: 2 })
    await store.close()
    assert.equal(JSON.parse(await readFile(store.sessionFile('abc'), 'utf8')).other, 2)
  })

  test('keeps what a request undid that two others had done', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', rollingSession(now))
    await store.close()
    const [one, other] = [loadedByPlugin(await get('abc')), loadedByPlugin(await get('abc'))]
    await set('abc', { ...one, flash: 'saved' })
    await store.close()
    await set('abc', { ...other, flash: 'saved' })
    const { flash: _, ...third } = loadedByPlugin(await get('abc'))
    await set('abc', third)
    assert.is((await get('abc')).flash, undefined)
    await store.close()
    assert.is((await get('abc')).flash, undefined)
  })

  test('does not bring back, not even for a moment, what was destroyed', async ({ directory }) => {
    const { store, get, set, destroy } = storeOn(directory)
    await set('abc', rollingSession(now))
    const session = loadedByPlugin(await get('abc'))
    await destroy('abc')
    await store.close()
    await set('abc', { ...session, n: 1 })
    assert.is(await get('abc'), null)
    await store.close()
    assert.equal(await namesIn(directory), [])
  })

  test('keeps what another changed on disk before it was loaded, and shows it', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', rollingSession(now))
    await store.close()
    const session = loadedByPlugin(await get('abc'))
    const file = store.sessionFile('abc')
    await writeFile(file, JSON.stringify({ ...rollingSession(now), other: 2 }))
    await utimes(file, now / 1000, now / 1000)
    await set('abc', { ...session, one: 1 })
    const { cookie: _, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', one: 1, other: 2 })
    await store.close()
    await rm(file)
    await mkdir(file)
    await set('abc', { ...session, one: 3 })
    assert.is((await get('abc')).one, 3)
    await rm(file, { recursive: true })
    await store.close()
  })

  test('lists what was set and not what was destroyed', async ({ directory }) => {
    const { store, set, destroy } = storeOn(directory)
    await set('ada', { user: 'ada' })
    await set('bob', { user: 'bob' })
    await destroy('bob')
    assert.equal(await called(done => store.all(done)), [{ user: 'ada' }])
    await store.close()
  })

  test('lists what is set while it goes on, and not what is destroyed', async ({ directory }) => {
    const { store, set, destroy } = storeOn(directory)
    const ids = ['ada', 'bob', 'eve']
    for (const id of ids) await set(id, { n: 1 })
    await store.close()
    const listed: unknown[] = []
    for await (const { id, session } of store.list()) {
      listed.push(session)
      if (listed.length > 1) continue
      const [next, last] = ids.filter(other => other !== id)
      await set(next!, { n: 2 })
      await destroy(last!)
    }
    assert.equal(listed, [{ n: 1 }, { n: 2 }])
    await store.close()
  })

  test('writes the last of a burst', async ({ directory }) => {
    const { store, set } = storeOn(directory)
    for (let n = 0; n < 10; n++) await set('abc', { n })
    await store.close()
    assert.is(await readFile(store.sessionFile('abc'), 'utf8'), '{"n":9}')
  })

  test('tells of a write that failed, and tries it again', async ({ directory }) => {
    const { store, failures, get, set } = storeOn(directory)
    const file = store.sessionFile('abc')
    await mkdir(join(file, 'inner'), { recursive: true })
    await set('abc', { user: 'ada' })
    await store.close()
    await turn()
    assert.equal(failures.map(({ type }) => type), ['write-failed'])
    await rm(file, { recursive: true })
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    await store.close()
    assert.is(await readFile(file, 'utf8'), '{"user":"ada"}')
  })

  test('still tells the callback of a session that cannot be JSON', async ({ directory }) => {
    const { set } = storeOn(directory)
    assert.is((await rejection(set('abc', { n: 1n }))).cause.type, 'not-serializable')
  })

  test.run()
}
