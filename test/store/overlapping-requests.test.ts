import { mkdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { loadedByPlugin, namesIn, rollingSession, suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, overlapping requests (${way})`)
  const storeOn = storeMaker(options)

  test('a request under way does not bring back a session that was ended', async ({ directory }) => {
    const [one, other] = [storeOn(directory), storeOn(directory)]
    for (const ending of [one, other]) {
      await one.set('abc', rollingSession(Date.now()))
      const session = loadedByPlugin(await one.get('abc'))
      await ending.destroy('abc')
      session.user = 'bob'
      await one.set('abc', session)
      assert.is(await one.get('abc'), null)
      assert.equal(await namesIn(directory), [])
    }
  })

  test('a session that was set anew under the old one\'s id or another is a session', async ({ directory }) => {
    const { get, set, destroy } = storeOn(directory)
    await set('abc', rollingSession(Date.now()))
    const session = loadedByPlugin(await get('abc'))
    await destroy('abc')
    await set('regenerated', session)
    assert.is((await get('regenerated')).user, 'ada')
    await set('abc', rollingSession(Date.now()))
    assert.is((await get('abc')).user, 'ada')
  })

  test('requests at once keep each other\'s changes', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', { ...rollingSession(Date.now()), old: true })
    const sessions = await Promise.all(Array.from({ length: 5 }, async () => loadedByPlugin(await get('abc'))))
    delete sessions[0].old
    await Promise.all(sessions.map((session, index) => set('abc', Object.assign(session, { [`key ${index}`]: index }))))
    const { cookie, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', 'key 0': 0, 'key 1': 1, 'key 2': 2, 'key 3': 3, 'key 4': 4 })
  })

  test('a session that is set twice leaves what another changed between', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', rollingSession(Date.now()))
    const [one, other] = [loadedByPlugin(await get('abc')), loadedByPlugin(await get('abc'))]
    await set('abc', Object.assign(one, { n: 1 }))
    await set('abc', Object.assign(other, { n: 2 }))
    await set('abc', Object.assign(one, { m: 1 }))
    const { cookie: _, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', n: 2, m: 1 })
  })

  test('a session loaded and set while another change of it is written leaves what it met', async ({ directory }) => {
    const { get, set } = storeOn(directory)
    await set('abc', rollingSession(Date.now()))
    const [one, other] = [loadedByPlugin(await get('abc')), loadedByPlugin(await get('abc'))]
    await set('abc', { ...one, one: 1, kept: true })
    const written = set('abc', { ...other, other: 2 })
    const third = loadedByPlugin(await get('abc'))
    const followed = set('abc', { ...third, third: 3 })
    const { one: _, ...fourth } = loadedByPlugin(await get('abc'))
    await Promise.all([written, followed, set('abc', fourth)])
    const { cookie: __, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', kept: true, other: 2, third: 3 })
  })

  test('shows what will be there while a loaded session is written', async ({ directory }) => {
    const { store, get, set, destroy } = storeOn(directory)
    await set('abc', rollingSession(Date.now()))
    const [one, other, third] = [loadedByPlugin(await get('abc')), loadedByPlugin(await get('abc')), loadedByPlugin(await get('abc'))]
    const fields = async () => {
      const { cookie: _, ...fields } = await get('abc') ?? {}
      return fields
    }
    await set('abc', { ...one, one: 1 })
    const setting = set('abc', { ...other, other: 2 })
    assert.equal(await fields(), { user: 'ada', one: 1, other: 2 })
    const followed = set('abc', { ...third, third: 3 })
    assert.equal(await fields(), { user: 'ada', one: 1, other: 2, third: 3 })
    await Promise.all([setting, followed])
    assert.equal(await fields(), { user: 'ada', one: 1, other: 2, third: 3 })
    // At this moment it is gone, or cannot be read; what becomes of the write then is another matter.
    const last = loadedByPlugin(await get('abc'))
    const late = set('abc', { ...last, last: 4 })
    rmSync(store.sessionFile('abc'))
    const gone = get('abc')
    mkdirSync(store.sessionFile('abc'))
    const unreadable = get('abc')
    await Promise.allSettled([late, gone, unreadable])
    await rm(store.sessionFile('abc'), { recursive: true, force: true })
    await destroy('abc')
  })

  test('the later request has the last word on everything when merging is off', async ({ directory }) => {
    const { get, set } = storeOn(directory, { merge: false })
    await set('abc', rollingSession(Date.now()))
    const [one, other] = [loadedByPlugin(await get('abc')), loadedByPlugin(await get('abc'))]
    await set('abc', { ...one, one: 1 })
    await set('abc', { ...other, other: 1 })
    const { cookie, ...fields } = await get('abc')
    assert.equal(fields, { user: 'ada', other: 1 })
  })

  test.run()
}
