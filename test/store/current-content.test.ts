import { writeFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { rollingSession, clockTick, suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, current content (${way})`)
  const storeOn = storeMaker(options)

  test('gives what another store set, and ends what another ended', async ({ directory }) => {
    const [one, other] = [storeOn(directory), storeOn(directory)]
    for (let n = 0; n < 20; n++) {
      await one.set('abc', { n })
      assert.equal(await other.get('abc'), { n })
      await other.set('abc', { n, other: true })
      assert.equal(await one.get('abc'), { n, other: true })
    }
    await other.destroy('abc')
    assert.is(await one.get('abc'), null)
  })

  test('gives what was edited by hand, at equal size too', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    await clockTick(store.sessionFile('abc'))
    assert.equal(await get('abc'), { user: 'ada' })
    await writeFile(store.sessionFile('abc'), '{"user":"bob"}')
    assert.equal(await get('abc'), { user: 'bob' })
  })

  test('gives what an earlier call has set, before that is on the disk', async ({ directory }) => {
    const { get, set, destroy } = storeOn(directory)
    const first = set('abc', { n: 1 })
    assert.equal(await get('abc'), { n: 1 })
    const second = set('abc', rollingSession(Date.now()))
    const found = await get('abc')
    assert.is(found.user, 'ada')
    assert.instance(found.cookie.expires, Date)
    const end = destroy('abc')
    assert.is(await get('abc'), null)
    await Promise.all([first, second, end])
    assert.is(await get('abc'), null)
  })

  test.run()
}
