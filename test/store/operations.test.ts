import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileStore, type SessionFailure, type StoreOptions } from '../../src/index.ts'
import { called, loadedByPlugin, namesIn, now, promised, rejection, rollingSession, suiteOnDisk, until } from '../support.ts'
import { fileContent, ways } from './support.ts'

for (const [way, given] of ways) {
  const test = suiteOnDisk(`FileStore, beyond what the plugin needs (${way})`)

  /** A store whose time is told, with a session of each kind: `ada` and `bob` alive, `old` expired. */
  const storeOn = async (directory: string, options: StoreOptions = {}) => {
    const clock = { now }
    const failures: SessionFailure[] = []
    const store = new FileStore(directory, { ...given, clock: () => clock.now, pruneInterval: 0, onFailure: failure => { failures.push(failure) }, ...options })
    const callbacks = promised(store)
    await callbacks.set('old', { ...rollingSession(now - 300_000), user: 'old' })
    await callbacks.set('ada', { ...rollingSession(now), user: 'ada' })
    await callbacks.set('bob', { ...rollingSession(now), user: 'bob' })
    return { store, clock, failures, ...callbacks }
  }

  test('touches: the last use is now, and the cookie as told; the rest stays', async ({ directory }) => {
    const { store, clock, get } = await storeOn(directory)
    clock.now = now + 30_000
    await called(done => store.touch('ada', { cookie: rollingSession(clock.now).cookie, user: 'eve' } as any, done))
    assert.is((await fileContent(store.sessionFile('ada'))).time, clock.now)
    const { cookie, ...fields } = await get('ada')
    assert.equal(fields, { user: 'ada' })
    assert.equal(cookie.expires, new Date(clock.now + 60_000))
    await called(done => store.touch('ada', { cookie: { ...cookie, path: '/shop' } } as any, done))
    assert.is((await get('ada')).cookie.path, '/shop')
  })

  test('keeps the cookie where a touch is told none, and counts it as a use', async ({ directory }) => {
    const { store, set, get, clock } = await storeOn(directory)
    await set('bare', { user: 'eve' })
    for (const session of [null, undefined, {}]) {
      clock.now += 1_000
      await called(done => store.touch('ada', session as any, done))
      await called(done => store.touch('bare', session as any, done))
      assert.equal((await get('ada')).cookie.expires, new Date(clock.now + 60_000))
      assert.equal(await get('bare'), { user: 'eve' })
      assert.is((await fileContent(store.sessionFile('bare'))).time, clock.now)
    }
  })

  test('touches nothing that is gone, without an error', async ({ directory }) => {
    const { store } = await storeOn(directory)
    for (const id of ['absent', 'old']) await called(done => store.touch(id, rollingSession(now) as any, done))
    assert.equal(await namesIn(directory), ['ada.json', 'bob.json', 'old.json'])
    assert.is((await fileContent(store.sessionFile('old'))).time, now - 300_000)
  })

  test('clears an encrypted session without a cookie, which is certainly one, and no plain one', async ({ directory }) => {
    const encrypting = new FileStore(directory, { ...given, secret: 'k'.repeat(32), pruneInterval: 0 })
    const plain = new FileStore(directory, { ...given, pruneInterval: 0, onFailure: () => {} })
    await promised(encrypting).set('encrypted', { user: 'ada' })
    await promised(plain).set('plain', { user: 'ada' })
    await called(done => encrypting.clear(done))
    assert.equal(await namesIn(directory), ['plain.json'])
  })

  test('reports a touch of a session that cannot be read, which is no error', async ({ directory }) => {
    const { store, failures } = await storeOn(directory)
    await mkdir(store.sessionFile('refused'))
    await called(done => store.touch('refused', rollingSession(now) as any, done))
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(failures.map(({ type }) => type), ['touch-failed'])
    const error = await rejection(called(done => store.touch('', rollingSession(now) as any, done)))
    assert.is(error.cause.type, 'invalid-id')
  })

  test('gives all that are alive, their ids, and how many they are', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const all = await called<any[]>(done => store.all(done))
    assert.equal(all.map(({ user }) => user).sort(), ['ada', 'bob'])
    assert.equal((await called<string[]>(done => store.ids(done))).sort(), ['ada', 'bob'])
    assert.is(await called(done => store.length(done)), 2)
  })

  test('lists what is alive, and what has expired when asked for', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const [alive, all] = [[] as any[], [] as any[]]
    for await (const listed of store.list()) alive.push(listed)
    for await (const { id } of store.list({ expired: true })) all.push(id)
    alive.sort((one, other) => one.id.localeCompare(other.id))
    assert.equal(alive.map(({ id, lastUsedAt, expiresAt, session }) => ({ id, lastUsedAt: Number(lastUsedAt), expiresAt: Number(expiresAt), user: session.user })), [
      { id: 'ada', lastUsedAt: now, expiresAt: now + 60_000, user: 'ada' },
      { id: 'bob', lastUsedAt: now, expiresAt: now + 60_000, user: 'bob' }
    ])
    assert.equal(all.sort(), ['ada', 'bob', 'old'])
  })

  test('lists what is about to be, and nothing that is about to go', async ({ directory }) => {
    const { store, set, destroy } = await storeOn(directory)
    const changes = [set('new', rollingSession(now)), destroy('ada')]
    const users: unknown[] = []
    for await (const { id, session } of store.list()) users.push(`${id} ${(session as any).user}`)
    await Promise.all(changes)
    assert.equal(users.sort(), ['bob bob', 'new ada'])
  })

  test('lists nothing older than what was set when it began', async ({ directory }) => {
    const { store, set } = await storeOn(directory)
    for (let n = 0; n < 50; n++) {
      const setting = set('bob', { n })
      for await (const { id, session } of store.list()) if (id === 'bob') assert.is((session as any).n, n)
      await setting
    }
  })

  test('revokes and clears what can be read, and fails when something could not be', async ({ directory }) => {
    const [secret, other] = ['k'.repeat(32), 'o'.repeat(32)]
    for (const [type, options, foreign] of [['decrypt-failed', {}, { secret }], ['decrypt-failed', { secret }, { secret: other }], ['not-encrypted', { secret, requireEncryption: true }, {}]] as const) {
      const { store, set } = await storeOn(directory, options)
      const file = store.sessionFile('unreadable')
      await promised(new FileStore(directory, { ...foreign, pruneInterval: 0 })).set('unreadable', rollingSession(now))
      for (const [end, left] of [[() => store.revokeWhere(() => true), ['old.json', 'unreadable.json']], [() => called(done => store.clear(done)), ['unreadable.json']]] as const) {
        await set('ada', rollingSession(now))
        const error = await rejection(end())
        assert.equal([error.message, error.cause.type, error.cause.file], ['The session could not be read', type, file])
        assert.equal(await namesIn(directory), left)
      }
      await rm(file)
    }
  })

  test('revokes and clears without an error although a file is no session', async ({ directory }) => {
    const { store, set } = await storeOn(directory)
    for (const [name, text] of [['half.json', '{"user":'], ['list.json', '[]'], ['empty.json', '']] as const) await writeFile(join(directory, name), text)
    assert.is(await store.revokeWhere(() => true), 2)
    await set('ada', rollingSession(now))
    await called(done => store.clear(done))
    assert.equal(await namesIn(directory), ['empty.json', 'half.json', 'list.json'])
  })

  test('clears what it has accepted and not written yet, as it would clear it later', async ({ directory }) => {
    for (const [secret, left] of [['k'.repeat(32), []], [undefined, ['bare.json']]] as const) {
      const store = new FileStore(directory, { ...given, acknowledge: 'memory', pruneInterval: 0, ...(secret && { secret }) })
      const { set } = promised(store)
      // Encrypted it is certainly a session; as plain JSON it may be anybody's.
      await set('bare', { user: 'ada' })
      await set('whole', rollingSession(now))
      await called(done => store.clear(done))
      await store.close()
      assert.equal(await namesIn(directory), left)
    }
  })

  test('clears every session, expired or not, and no other file', async ({ directory }) => {
    const { store } = await storeOn(directory)
    await writeFile(join(directory, 'notes.txt'), 'text')
    await called(done => store.clear(done))
    assert.equal(await namesIn(directory), ['notes.txt'])
    await called(done => store.clear(done))
  })

  test('tells of a directory that cannot be walked through', async ({ directory }) => {
    await writeFile(join(directory, 'file'), 'text')
    const store = new FileStore(join(directory, 'a\0b'), { ...given, pruneInterval: 0 })
    for (const call of ['all', 'ids', 'length', 'clear'] as const) {
      assert.instance(await rejection(called(done => store[call](done))), Error)
    }
    assert.is((await rejection(store.prune())).cause.type, 'scan-failed')
    // A route may send the message to a client.
    for (const call of [() => store.revokeWhere(() => true), () => store.list().next()]) {
      const { message, cause } = await rejection(call())
      assert.match(message, /^The sessions could not be listed( \(\w+\))?$/)
      assert.is(cause.type, 'scan-failed')
    }
  })

  test('reports a failed clear without a callback to the operator, and what went away meanwhile to nobody', async ({ directory }) => {
    const failures: string[] = []
    const onFailure = ({ type }: { readonly type: string }) => { failures.push(type) }
    const store = new FileStore(join(directory, 'a\0b'), { ...given, pruneInterval: 0, onFailure })
    store.clear()
    await until(() => failures.length > 0)
    const fine = new FileStore(directory, { ...given, pruneInterval: 0, onFailure })
    fine.list = async function * () { yield { id: 'gone', session: {} } as never }
    fine.clear()
    await called(done => fine.clear(done))
    assert.equal(failures, ['scan-failed'])
  })

  test('warns of a directory that others can enter', async ({ directory }) => {
    if (process.platform === 'win32') return
    const failures: string[] = []
    await chmod(directory, 0o755)
    const warnings = await new FileStore(directory, { ...given, pruneInterval: 0, onFailure: ({ type }) => { failures.push(type) } }).check()
    await until(() => failures.length > 0)
    assert.is(warnings.length, 1)
    assert.equal(failures, ['directory-exposed'])
  })

  test('revokes, also what is not there', async ({ directory }) => {
    const { store, get } = await storeOn(directory)
    const session = loadedByPlugin(await get('ada'))
    await store.revoke('ada')
    await store.revoke('absent')
    await promised(store).set('ada', { ...session, user: 'eve' })
    assert.is(await get('ada'), null)
    assert.is((await rejection(store.revoke(''))).cause.type, 'invalid-id')
  })

  test('revokes those that a test is true for, and says how many', async ({ directory }) => {
    const { store } = await storeOn(directory)
    assert.is(await store.revokeWhere(({ session }) => (session as any).user === 'ada'), 1)
    assert.is(await store.revokeWhere(({ session }) => (session as any).user === 'ada'), 0)
    assert.equal(await namesIn(directory), ['bob.json', 'old.json'])
  })

  test('says of which it could not revoke, when the others are', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const revoke = store.revoke.bind(store)
    store.revoke = async id => {
      if (id === 'ada') throw new Error('refused')
      await revoke(id)
    }
    assert.is((await rejection(store.revokeWhere(() => true))).message, 'refused')
    assert.equal(await namesIn(directory), ['ada.json', 'old.json'])
  })

  test('prunes what has expired', async ({ directory }) => {
    const { store } = await storeOn(directory)
    const { removed } = await store.prune()
    assert.is(removed, 1)
    assert.equal(await namesIn(directory), ['ada.json', 'bob.json'])
  })

  test('closes when everything has reached the disk, and still answers', async ({ directory }) => {
    const { store, get } = await storeOn(directory)
    for (let n = 0; n < 3; n++) store.set('late', { n } as any, () => {})
    store.destroy('ada', () => {})
    await store.close()
    assert.equal(await namesIn(directory), ['bob.json', 'late.json', 'old.json'])
    assert.is(await readFile(store.sessionFile('late'), 'utf8'), '{"n":2}')
    assert.equal(await get('late'), { n: 2 })
  })

  test.run()
}
