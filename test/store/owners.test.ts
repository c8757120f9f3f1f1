import { readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { FileStore, type StoreOptions } from '../../src/index.ts'
import { loadedByPlugin, now, promised, rejection, rollingSession, suiteOnDisk, until } from '../support.ts'

const test = suiteOnDisk('The index of owners')

const owner = (session: { account?: string }) => session.account ?? null

const storeOn = (directory: string, options: StoreOptions = {}) => {
  const store = new FileStore(directory, { owner, pruneInterval: 0, touchInterval: 0, clock: () => now, ...options })
  return { store, ...promised(store) }
}

const session = (account?: string) => ({ ...rollingSession(now), ...(account !== undefined && { account }) })

async function idsOf (store: FileStore, name: string): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of store.listOwner(name)) ids.push(id)
  return ids.sort()
}

async function pointers (directory: string): Promise<number> {
  const names = await readdir(join(directory, '.owners'), { recursive: true, withFileTypes: true })
  return names.filter(entry => entry.isFile() && !entry.name.startsWith('.')).length
}

const ways: ReadonlyArray<readonly [string, StoreOptions]> = [
  ['auto', {}], ['async', { io: 'async' }], ['encrypted', { secret: 'k'.repeat(32) }], ['acknowledged from memory', { acknowledge: 'memory' }]
]

test('refuses an owner that is not a string, and options that it does not know', async ({ directory }) => {
  const { store, set } = storeOn(directory)
  await set('a', session('ada'))
  for (const owner of [42, '', null, undefined] as never[]) {
    assert.match((await rejection(store.revokeOwner(owner))).message, /^An owner is a string that is not empty, and not /)
    assert.match((await rejection(store.listOwner(owner).next())).message, /^An owner is a string/)
  }
  for (const options of [{ excpt: 'a' }, 'a', null] as never[]) assert.instance(await rejection(store.revokeOwner('ada', options)), TypeError)
  assert.instance(await rejection(store.list({ expird: true } as never).next()), TypeError)
  assert.equal(await idsOf(store, 'ada'), ['a'])
})

for (const isPruned of [false, true]) {
  test(`rejects when a session could not be decrypted, whose owner is not known (${isPruned ? 'after' : 'before'} a prune)`, async ({ directory }) => {
    const [secret, other] = ['k'.repeat(32), 'o'.repeat(32)]
    // A process that does not have the new secret yet, beside one that has.
    await storeOn(directory, { secret: [other, secret] }).set('b', session('ada'))
    for (const options of [{ secret }, {}]) {
      const { store, set } = storeOn(directory, { ...options, onFailure: () => {} })
      await set('a', session('ada'))
      if (isPruned) await store.prune()
      const error = await rejection(store.revokeOwner('ada'))
      assert.equal([error.message, error.cause.type, error.cause.file], ['The session could not be read', 'decrypt-failed', store.sessionFile('b')])
      assert.equal((await readdir(directory)).filter(name => name.endsWith('.json')), ['b.json'])
      assert.is(await store.revokeOwner('ada', { except: 'b' }).catch(() => 'rejected'), 0)
    }
  })
}

for (const [way, options] of ways) {
  test(`lists and ends the sessions of one owner, before it is complete and after (${way})`, async ({ directory }) => {
    const { store, set, get } = storeOn(directory, options)
    for (const [id, name] of [['a1', 'ada'], ['a2', 'ada'], ['b1', 'bob'], ['n1', undefined]] as const) await set(id, session(name))
    assert.equal(await idsOf(store, 'ada'), ['a1', 'a2'])
    await store.close()
    await store.prune()
    await set('a3', session('ada'))
    assert.equal(await idsOf(store, 'ada'), ['a1', 'a2', 'a3'])
    assert.equal(await idsOf(store, 'eve'), [])
    assert.is(await store.revokeOwner('ada', { except: 'a2' }), 2)
    assert.equal(await idsOf(store, 'ada'), ['a2'])
    assert.is(await get('a1'), null)
    assert.is((await get('b1')).account, 'bob')
    await store.close()
    assert.is(await pointers(directory), 2)
  })

  test(`follows a session to another owner (${way})`, async ({ directory }) => {
    const { store, set, get } = storeOn(directory, options)
    await store.prune()
    await set('x', session('ada'))
    await store.close()
    const loaded = loadedByPlugin(await get('x'))
    loaded.account = 'bob'
    await set('x', loaded)
    assert.equal([await idsOf(store, 'ada'), await idsOf(store, 'bob')], [[], ['x']])
    await store.close()
    assert.is(await pointers(directory), 1)
  })
}

// The owner is in a field that both requests change, or the whole session is replaced.
for (const merge of [true, false]) {
  test(`follows a session that a slow request gives back to its former owner (merge: ${merge})`, async ({ directory }) => {
    const { store, set, get } = storeOn(directory, { merge, owner: ({ user }) => user?.name })
    await store.prune()
    await set('x', { ...session(), user: { name: 'ada' } })
    const [slow, quick] = [loadedByPlugin(await get('x')), loadedByPlugin(await get('x'))]
    quick.user = { name: 'bob' }
    await set('x', quick)
    slow.user.seen = true
    await set('x', slow)
    assert.equal((await get('x')).user, { name: 'ada', seen: true })
    assert.equal([await idsOf(store, 'ada'), await idsOf(store, 'bob')], [['x'], []])
  })
}

test('keeps the pointer of a session whose owner is the same again before it is written', async ({ directory }) => {
  const { store, set, get } = storeOn(directory, { acknowledge: 'memory' })
  await store.prune()
  await set('x', session('ada'))
  await store.close()
  const changeOfPointer = async () => {
    const [name = ''] = (await readdir(join(directory, '.owners'))).filter(name => !name.startsWith('.'))
    return (await stat(join(directory, '.owners', name, 'x'))).ctimeMs
  }
  const before = await changeOfPointer()
  // A process that is killed at any moment of this write leaves the index complete.
  for (const account of ['bob', 'ada']) {
    const loaded = loadedByPlugin(await get('x'))
    await set('x', Object.assign(loaded, { account, cart: 1 }))
  }
  await store.close()
  assert.is((await get('x')).cart, 1)
  assert.is(await changeOfPointer(), before)
})

test('is built by the first prune of a directory that has none, and removed with the sessions', async ({ directory }) => {
  const plain = promised(new FileStore(directory, { pruneInterval: 0, clock: () => now }))
  for (let number = 0; number < 20; number++) await plain.set(`s${number}`, session(number % 2 === 0 ? 'ada' : 'bob'))
  const { store } = storeOn(directory)
  await store.prune()
  assert.is(await pointers(directory), 20)
  assert.is((await idsOf(store, 'ada')).length, 10)
  await storeOn(directory, { clock: () => now + 200_000 }).store.prune()
  assert.is(await pointers(directory), 0)
})

test('shows no session to another owner, whatever its pointers say', async ({ directory }) => {
  const { store, set } = storeOn(directory)
  await store.prune()
  await set('a', session('ada'))
  await set('b', session('bob'))
  const directories = (await readdir(join(directory, '.owners'))).filter(name => !name.startsWith('.'))
  for (const name of directories) for (const id of ['a', 'b', 'absent']) await writeFile(join(directory, '.owners', name, id), '')
  assert.equal([await idsOf(store, 'ada'), await idsOf(store, 'bob')], [['a'], ['b']])
  assert.is(await store.revokeOwner('ada'), 1)
  assert.equal(await idsOf(store, 'bob'), ['b'])
})

test('lets revokeOwner reject when a session could not be read, after it has ended the others', async ({ directory }) => {
  const failures: string[] = []
  const { store, set, get } = storeOn(directory, { onFailure: ({ type }) => { failures.push(type) } })
  for (const id of ['a', 'b', 'c']) await set(id, session('ada'))
  await set('e', session('eve'))
  await store.prune()
  const file = store.sessionFile('b')
  await rename(file, join(directory, 'aside'))
  await symlink(file, file)
  const { message, cause } = await rejection(store.revokeOwner('ada'))
  assert.equal([message, cause.type], ['The session could not be read (ELOOP)', 'read-failed'])
  assert.equal(await idsOf(store, 'ada'), [])
  await until(() => failures.length > 0)
  assert.equal([...new Set(failures)], ['read-failed'])
  // Of the one that is to stay nothing is to be known.
  assert.is(await store.revokeOwner('ada', { except: 'b' }), 0)
  await rm(file)
  await rename(join(directory, 'aside'), file)
  assert.is(await store.revokeOwner('ada'), 1)
  assert.equal([await get('b'), (await get('e')).account], [null, 'eve'])
})

test('is another one when the function is another', async ({ directory }) => {
  const before = storeOn(directory)
  await before.store.prune()
  await before.set('a', { ...session('ada'), uid: 7 })
  const after = storeOn(directory, { owner: ({ uid }) => uid && `user-${uid}` })
  assert.equal(await idsOf(after.store, 'user-7'), ['a'])
  await after.store.prune()
  await after.set('b', { ...session('ada'), uid: 7 })
  assert.equal(await idsOf(after.store, 'user-7'), ['a', 'b'])
  // Back to the release before, which has no pointer to what the other one wrote.
  assert.equal(await idsOf(before.store, 'ada'), ['a', 'b'])
  await before.store.prune()
  assert.equal(await idsOf(before.store, 'ada'), ['a', 'b'])
})

test('has the sessions without a cookie too', async ({ directory }) => {
  const { store } = storeOn(directory, { clock: Date.now })
  await writeFile(store.sessionFile('bare'), '{"account":"ada"}')
  await store.prune()
  assert.is(await pointers(directory), 1)
  assert.equal(await idsOf(store, 'ada'), ['bare'])
})

test('is completed by prune() with sessions of a process that has no such option', async ({ directory }) => {
  const { store } = storeOn(directory)
  await store.prune()
  await promised(new FileStore(directory, { pruneInterval: 0, clock: () => now })).set('a', session('ada'))
  assert.is(await pointers(directory), 0)
  await store.prune()
  assert.equal(await idsOf(store, 'ada'), ['a'])
})

test('is built within seconds of the start, whoever is to prune next', async ({ directory }) => {
  const plain = new FileStore(directory, { pruneInterval: 0, clock: () => now })
  for (let number = 0; number < 5; number++) await promised(plain).set(`s${number}`, session('ada'))
  // Another process has pruned just now.
  const other = new FileStore(directory, { pruneInterval: 3_600_000, clock: () => now })
  await promised(other).get('s0')
  await until(async () => (await readdir(directory)).includes('.pruned'))
  await other.close()
  const { store, get } = storeOn(directory, { pruneInterval: 3_600_000 })
  await get('s0')
  await until(async () => (await readdir(join(directory, '.owners')).catch(() => [])).some(name => name.startsWith('.complete-')))
  await store.close()
  assert.is(await pointers(directory), 5)
})

test('leaves nothing of the owners whose sessions have ended', async ({ directory }) => {
  const { store, set, destroy } = storeOn(directory)
  for (let number = 0; number < 50; number++) {
    await set(`s${number}`, session(`user-${number}`))
    if (number % 2 === 0) await destroy(`s${number}`)
  }
  await storeOn(directory, { clock: () => now + 200_000 }).store.prune()
  assert.equal((await readdir(join(directory, '.owners'))).filter(name => !name.startsWith('.complete-')), [])
  await store.close()
})

test('prunes although a directory of the index cannot be read', async ({ directory }) => {
  const { store, set } = storeOn(directory)
  await symlink('.owners', join(directory, '.owners'))
  await set('a', session('ada'))
  assert.is((await store.prune()).kept, 1)
  assert.equal(await idsOf(store, 'ada'), ['a'])
})

test('moves with the directory', async ({ directory }) => {
  const { store, set } = storeOn(join(directory, 'one'))
  await store.prune()
  await set('a', session('ada'))
  await rename(join(directory, 'one'), join(directory, 'two'))
  assert.equal(await idsOf(storeOn(join(directory, 'two')).store, 'ada'), ['a'])
})

test('is read as incomplete when it is gone or a pointer could not be made', async ({ directory }) => {
  const { store, set } = storeOn(directory)
  await store.prune()
  await set('a', session('ada'))
  await rm(join(directory, '.owners'), { recursive: true })
  assert.equal(await idsOf(store, 'ada'), ['a'])
  await store.prune()
  // A file in the place of the owner's directory.
  await set('b', session('bob'))
  const before = new Set(await readdir(join(directory, '.owners')))
  await set('c', session('cid'))
  const [name = ''] = (await readdir(join(directory, '.owners'))).filter(name => !before.has(name))
  await rm(join(directory, '.owners', name), { recursive: true })
  await writeFile(join(directory, '.owners', name), '')
  await set('d', session('cid'))
  assert.equal(await idsOf(store, 'cid'), ['c', 'd'])
})

test('hides the names of owners with the secret of the sessions', async ({ directory }) => {
  const [plain, one, two] = ['plain', 'one', 'two'].map(name => join(directory, name)) as [string, string, string]
  await storeOn(plain).set('a', session('ada'))
  await storeOn(one, { secret: '1'.repeat(32) }).set('a', session('ada'))
  await storeOn(two, { secret: '2'.repeat(32) }).set('a', session('ada'))
  const names = await Promise.all([plain, one, two].map(async directory => (await readdir(join(directory, '.owners'))).join()))
  assert.is(new Set(names).size, 3)
  assert.not.ok(names.some(name => name.includes('ada')))
})

test('finds the sessions that an old secret has indexed, while it is given', async ({ directory }) => {
  const [old, current] = ['1'.repeat(32), '2'.repeat(32)] as const
  const before = storeOn(directory, { secret: old })
  await before.store.prune()
  await before.set('a', session('ada'))
  const { store } = storeOn(directory, { secret: [current, old] })
  assert.equal(await idsOf(store, 'ada'), ['a'])
  await store.prune()
  assert.equal(await idsOf(store, 'ada'), ['a'])
})

test('makes no pointer for a session without an owner, or when the function throws', async ({ directory }) => {
  const { set } = storeOn(directory, { owner: () => { throw new Error('no') } })
  await set('a', session('ada'))
  await storeOn(directory).set('b', session())
  await storeOn(directory).set('c', session(''))
  assert.not.ok((await readdir(directory)).includes('.owners'))
})

test('needs the option owner', async ({ directory }) => {
  const store = new FileStore(directory, { pruneInterval: 0 })
  let message = ''
  try {
    await store.revokeOwner('ada')
  } catch (error) {
    message = (error as Error).message
  }
  assert.match(message, 'needs the option owner')
})

test.run()
