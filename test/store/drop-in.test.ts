import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { FileStore as OtherStore } from '@itrocks/fastify-file-session-store'
import * as assert from 'uvu/assert'
import { namesIn, promised, rollingSession, suiteOnDisk } from '../support.ts'
import { storeMaker, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, drop in (${way})`)
  const storeOn = storeMaker(options)

  test('sets, gets and destroys by callbacks, and names its files', async ({ directory }) => {
    const { store } = storeOn(directory)
    const received: unknown[][] = []
    const receive = (...values: unknown[]) => { received.push(values) }
    await new Promise<void>(resolve => store.set('abc', { user: 'ada' } as any, (...values: unknown[]) => { receive(...values); resolve() }))
    assert.is(store.sessionFile('abc'), join(directory, 'abc.json'))
    assert.is(await readFile(store.sessionFile('abc'), 'utf8'), '{"user":"ada"}')
    await new Promise<void>(resolve => store.get('abc', (...values: unknown[]) => { receive(...values); resolve() }))
    await new Promise<void>(resolve => store.destroy('abc', (...values: unknown[]) => { receive(...values); resolve() }))
    await new Promise<void>(resolve => store.get('abc', (...values: unknown[]) => { receive(...values); resolve() }))
    assert.equal(received, [[], [null, { user: 'ada' }], [], [null, null]])
  })

  test('reads the directory of @itrocks/fastify-file-session-store', async ({ directory }) => {
    const other = promised(new OtherStore(directory) as any)
    const session = rollingSession(Date.now())
    await other.set('abc_-123', session)
    const { get, set, destroy, failures } = storeOn(directory, { extension: '' })
    const found = await get('abc_-123')
    assert.is(found.user, 'ada')
    assert.ok(Math.abs(found.cookie.expires - session.cookie.expires.getTime()) < 10_000)
    await set('abc_-123', { ...found, user: 'bob' })
    assert.equal(await namesIn(directory), ['abc_-123'])
    await destroy('abc_-123')
    assert.equal(await namesIn(directory), [])
    assert.equal(failures, [])
  })

  test('reads the directory of session-file-store', async ({ directory }) => {
    const SessionFileStore = createRequire(import.meta.url)('session-file-store')({ Store: EventEmitter })
    const other = promised(new SessionFileStore({ path: directory, reapInterval: -1, logFn: () => {} }))
    await other.set('abc_-123', rollingSession(Date.now()))
    const { get, set, destroy, failures } = storeOn(directory)
    const found = await get('abc_-123')
    assert.is(found.user, 'ada')
    assert.type(found.__lastAccess, 'number')
    assert.instance(found.cookie.expires, Date)
    await set('abc_-123', { ...found, user: 'bob' })
    assert.is((await other.get('abc_-123')).user, 'bob')
    await destroy('abc_-123')
    assert.equal(await namesIn(directory), [])
    assert.equal(failures, [])
  })

  test.run()
}
