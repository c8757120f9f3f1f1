import { readFile, utimes, writeFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { now, rollingSession, suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, expiry (${way})`)
  const storeOn = storeMaker(options)

  const lifetimes: ReadonlyArray<readonly [rule: string, session: object, lifetime: number]> = [
    ['maxAge after its last use', rollingSession(now), 60_000],
    ['at expires', { cookie: { expires: new Date(now + 30_000), originalMaxAge: null } }, 30_000],
    ['ttl after its last use', { cookie: { expires: null, originalMaxAge: null } }, 10_000],
    ['ttl after its last use, without a cookie', { user: 'ada' }, 10_000]
  ]

  for (const [rule, session, lifetime] of lifetimes) {
    test(`a session is none from the millisecond that it expires: ${rule}`, async ({ directory }) => {
      let time = now
      const { store, get, set } = storeOn(directory, { clock: () => time, ttl: 10_000 })
      await set('abc', session)
      time = now + lifetime - 1
      assert.is.not(await get('abc'), null)
      time = now + lifetime
      assert.is(await get('abc'), null)
      assert.is(await readFile(store.sessionFile('abc'), 'utf8'), JSON.stringify(session))
    })
  }

  test('a session that is used lives on', async ({ directory }) => {
    let time = now
    const { get, set } = storeOn(directory, { clock: () => time })
    for (let request = 0; request < 5; request++) {
      await set('abc', rollingSession(time))
      time += 59_999
      assert.equal((await get('abc')).cookie.expires, new Date(time + 1))
    }
    time += 1
    assert.is(await get('abc'), null)
  })

  test('a stale expires in the file reaches nobody', async ({ directory }) => {
    const { store, get } = storeOn(directory, { clock: () => now })
    const file = store.sessionFile('abc')
    await writeFile(file, JSON.stringify(rollingSession(0)))
    await utimes(file, now / 1000, (now + 0.5) / 1000)
    const expires = new Date(now + 60_000)
    assert.equal(await get('abc'), { cookie: { originalMaxAge: 60_000, path: '/', expires }, user: 'ada' })
  })

  test.run()
}
