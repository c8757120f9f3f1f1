import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { loadedByPlugin, namesIn, rejection, rollingSession, clockTick, suiteOnDisk } from '../support.ts'
import { storeMaker, turn, ways } from './support.ts'

for (const [way, options] of ways) {
  const test = suiteOnDisk(`FileStore, failures (${way})`)
  const storeOn = storeMaker(options)

  const noSessions = ['5', 'null', '[]', '"session"', '', '\0\0\0\0', '{"user":"ad', '{"__proto__":{}}', '{"user":{"__proto__":{"admin":true}}}']

  for (const text of noSessions) {
    test(`${JSON.stringify(text)} is no session, is seen, and stays`, async ({ directory }) => {
      const { store, get, set, failures } = storeOn(directory)
      const file = store.sessionFile('abc')
      await writeFile(file, text)
      await clockTick(file)
      for (let time = 1; time < 4; time++) {
        assert.is(await get('abc'), null)
        await turn()
        assert.equal(failures.map(failure => [failure.type, 'file' in failure && failure.file]), Array(time).fill(['malformed', file]))
      }
      assert.is(await readFile(file, 'utf8'), text)
      await set('abc', { user: 'ada' })
      assert.equal(await get('abc'), { user: 'ada' })
    })
  }

  test('50 MB of nothing is no session, is seen, and stays', async ({ directory }) => {
    const { store, get, failures } = storeOn(directory)
    await writeFile(store.sessionFile('abc'), Buffer.alloc(50_000_000))
    assert.is(await get('abc'), null)
    await turn()
    assert.equal(failures.map(({ type }) => type), ['malformed'])
    assert.is((await stat(store.sessionFile('abc'))).size, 50_000_000)
  })

  test('a directory is no session, is seen, and stays; write and removal fail', async ({ directory }) => {
    const { store, get, set, destroy, failures } = storeOn(directory)
    const file = store.sessionFile('abc')
    await mkdir(join(file, 'inner'), { recursive: true })
    assert.is(await get('abc'), null)
    await turn()
    assert.equal(failures.map(failure => [failure.type, 'file' in failure && failure.file]), [['read-failed', file]])
    for (const [error, type] of [[await rejection(set('abc', {})), 'write-failed'], [await rejection(destroy('abc')), 'remove-failed']]) {
      assert.is(error.constructor, Error)
      assert.is(error.code, undefined)
      assert.is(error.cause.type, type)
      assert.is(error.cause.file, file)
    }
    assert.equal(await namesIn(file), ['inner'])
    assert.is(failures.length, 1)
  })

  test('what is missing is no session, quietly', async ({ directory }) => {
    const { get, destroy, failures } = storeOn(join(directory, 'missing'))
    assert.is(await get('abc'), null)
    await destroy('abc')
    await turn()
    assert.equal(failures, [])
    assert.equal(await namesIn(directory), [])
  })

  test('a failed write is tried again by the next set', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const file = store.sessionFile('abc')
    await mkdir(join(file, 'inner'), { recursive: true })
    await rejection(set('abc', { user: 'ada' }))
    assert.is(await get('abc'), null)
    await rm(file, { recursive: true })
    await set('abc', { user: 'ada' })
    assert.equal(await get('abc'), { user: 'ada' })
    assert.is(await readFile(file, 'utf8'), '{"user":"ada"}')
  })

  test('a failed write of a loaded session is tried again by the next set', async ({ directory }) => {
    const { store, get, set } = storeOn(directory)
    const file = store.sessionFile('abc')
    await set('abc', rollingSession(Date.now()))
    const session = loadedByPlugin(await get('abc'))
    await rm(file)
    await mkdir(join(file, 'inner'), { recursive: true })
    session.user = 'bob'
    await rejection(set('abc', session))
    await rm(file, { recursive: true })
    await writeFile(file, JSON.stringify(rollingSession(Date.now())))
    await set('abc', session)
    assert.is((await get('abc')).user, 'bob')
  })

  const cycle: Record<string, unknown> = {}

  cycle.self = cycle

  for (const [what, session] of [['a cycle', cycle], ['a BigInt', { n: 1n }], ['an array', []], ['a text', 'ada'],
    ['null', null], ['nothing', undefined],
    ['one whose keys cannot be listed', new Proxy({}, { ownKeys () { throw new Error('no') } })], ['a __proto__ of its own', JSON.parse('{"__proto__":{}}')]] as const) {
    test(`${what} is not written, and the callback hears of it`, async ({ directory }) => {
      const { get, set } = storeOn(directory)
      await set('abc', { user: 'ada' })
      const error = await rejection(set('abc', session as object))
      assert.is(error.cause.type, 'not-serializable')
      assert.equal(await get('abc'), { user: 'ada' })
    })
  }

  test.run()
}
