import { stat } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { now, rollingSession, suiteOnDisk } from '../support.ts'
import { fileContent, storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, unchanged sessions (${way})`)
  const storeOn = storeMaker(options)

  test('touches a file when only the expiry moved', async ({ directory }) => {
    let time = now
    const { store, get, set } = storeOn(directory, { clock: () => time })
    await set('abc', rollingSession(time))
    const before = await fileContent(store.sessionFile('abc'))
    assert.is(before.time, now)
    for (let request = 0; request < 5; request++) {
      time += 1_000
      const session = await get('abc')
      assert.equal(session.cookie.expires, new Date(time - 1_000 + 60_000))
      await set('abc', rollingSession(time))
      assert.equal(await fileContent(store.sessionFile('abc')), { ...before, time })
    }
  })

  test('touches a file when the plugin adds its second date', async ({ directory }) => {
    const { store, set } = storeOn(directory, { clock: () => now + 1 })
    const { cookie: { originalExpires, ...cookie }, ...fields } = rollingSession(now)
    await set('abc', { ...fields, cookie: { ...cookie, originalExpires: undefined } })
    const before = await fileContent(store.sessionFile('abc'))
    await set('abc', { ...fields, cookie: { ...cookie, expires: new Date(now + 60_001), originalExpires } })
    assert.equal(await fileContent(store.sessionFile('abc')), { ...before, time: now + 1 })
  })

  test('leaves a file that was used as late', async ({ directory }) => {
    const { store, set } = storeOn(directory, { clock: () => now })
    await set('abc', rollingSession(now - 1_000))
    const before = await stat(store.sessionFile('abc'))
    assert.is(Math.floor(before.mtimeMs), now - 1_000)
    await set('abc', rollingSession(now - 1_000))
    const { ctimeMs, ino } = await stat(store.sessionFile('abc'))
    assert.equal([ctimeMs, ino], [before.ctimeMs, before.ino])
  })

  test.run()
}
