import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { settledOk } from '../../src/async/result.ts'
import { Cipher } from '../../src/encryption/cipher.ts'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { OwnerIndex } from '../../src/owner/owner-index.ts'
import { failureOf, suiteOnDisk, systemError, valueOf } from '../support.ts'
import { complete } from './support.ts'

const test = suiteOnDisk('OwnerIndex')

// The time of a busy machine is no reason to leave the synchronous calls.
const steady: FsCalls = { ...nodeFs, now: () => 0 }

/** Calls by which every pointer was made long ago. */
const aged: FsCalls = {
  ...steady,
  statSync: file => {
    const version = nodeFs.statSync(file)
    return version && { ...version, ctimeMs: 0 }
  }
}

const owner = ({ account }: { account?: string }) => account

const indexOf = (directory: string, calls: FsCalls = steady) => new OwnerIndex(directory, { owner, disk: new Disk('auto', { calls }), directoryMode: 0o700 })

const idsOf = async (index: OwnerIndex, name: string) => [...await index.ids(name)].sort()

const always = async () => true

const yes = () => settledOk(true)

test('gives the owner of a session, and null for none, for anything but a name, and when the function throws', ({ directory }) => {
  const disk = new Disk('auto')
  for (const [given, expected] of [['ada', 'ada'], ['', null], [undefined, null], [null, null], [7, null]] as const) {
    assert.is(new OwnerIndex(directory, { owner: () => given as never, disk, directoryMode: 0o700 }).ownerOf({}), expected)
  }
  assert.is(new OwnerIndex(directory, { owner: ({ user }) => user.name, disk, directoryMode: 0o700 }).ownerOf({}), null)
})

test('removes pointers that were found wrong when they are older than any write', async ({ directory }) => {
  const index = indexOf(directory)
  valueOf(await index.add('ada', 'a'))
  await index.removeStale('ada', 'a', always)
  await index.removeStale('ada', 'absent', always)
  assert.equal(await idsOf(index, 'ada'), ['a'])
  const later = indexOf(directory, aged)
  await later.removeStale('ada', 'a', async () => false)
  assert.equal(await idsOf(index, 'ada'), ['a'])
  await later.removeStale('ada', 'a', always)
  assert.equal(await idsOf(index, 'ada'), [])
})

test('leaves what is not the index\'s when it sweeps', async ({ directory }) => {
  const index = indexOf(directory, aged)
  valueOf(await index.add('ada', 'gone'))
  const [hash] = await readdir(join(directory, '.owners')) as [string]
  const foreign = ['notes/gone', `${hash}x/gone`, `${hash}/with-content`, `${hash}/.hidden`, `${hash}/a name`]
  for (const name of foreign) {
    await mkdir(dirname(join(directory, '.owners', name)), { recursive: true })
    await writeFile(join(directory, '.owners', name), name.includes('content') ? 'content' : '')
  }
  valueOf(await index.sweep(() => true))
  const left = await readdir(join(directory, '.owners'), { recursive: true })
  assert.equal(left.filter(name => name.includes('/')).sort(), foreign.sort())
})

test('gives a pointer that exists a new change time, so that nobody removes it as stale', async ({ directory }) => {
  const index = indexOf(directory)
  valueOf(await index.add('ada', 'a'))
  const [hash] = await readdir(join(directory, '.owners'))
  const pointer = join(directory, '.owners', hash!, 'a')
  await utimes(pointer, 0, 0)
  valueOf(await index.add('ada', 'a'))
  assert.ok(Date.now() - (await stat(pointer)).mtimeMs < 60_000)
  // The times of another user's file cannot be set.
  valueOf(await indexOf(directory, { ...steady, setTimesSync: () => { throw systemError('EPERM') } }).add('ada', 'a'))
})

test('removes the directory of an owner with the last pointer', async ({ directory }) => {
  const index = indexOf(directory)
  const directories = async () => (await readdir(join(directory, '.owners'))).length
  for (const id of ['a', 'b']) valueOf(await index.add('ada', id))
  valueOf(await index.remove('ada', 'a', yes))
  assert.equal([await directories(), await idsOf(index, 'ada')], [1, ['b']])
  valueOf(await index.remove('ada', 'b', yes))
  assert.is(await directories(), 0)
  // Where that is refused, a later prune does it.
  valueOf(await index.add('ada', 'a'))
  const refusing = indexOf(directory, { ...aged, removeDirectorySync: () => { throw systemError('EACCES') } })
  valueOf(await refusing.remove('ada', 'a', yes))
  assert.is(await directories(), 1)
  valueOf(await index.sweep(() => true))
  assert.is(await directories(), 0)
})

test('loses no pointer while processes add and remove those of one owner', async ({ directory }) => {
  const [one, other] = [0, 0].map(() => new OwnerIndex(directory, { owner, disk: new Disk('async'), directoryMode: 0o700 })) as [OwnerIndex, OwnerIndex]
  for (let round = 0; round < 100; round++) {
    valueOf(await one.add('ada', 'a'))
    const results = await Promise.all([one.remove('ada', 'a', yes), other.add('ada', 'b'), one.sweep(() => true)])
    results.forEach(result => valueOf<unknown>(result))
    assert.equal(await idsOf(one, 'ada'), ['b'])
    valueOf(await other.remove('ada', 'b', yes))
  }
  assert.equal(await readdir(join(directory, '.owners')), [])
})

test('sweeps pointers whose session is gone, a part at a time, when they are older than any write', async ({ directory }) => {
  const index = indexOf(directory, aged)
  await writeFile(join(directory, 'a.json'), '{"cookie":{},"account":"ada"}')
  for (const [name, id] of [['ada', 'a'], ['ada', 'gone'], ['bob', 'gone'], ['cid', 'x'.repeat(253)]] as const) valueOf(await index.add(name, id))
  const pointers = async () => (await readdir(join(directory, '.owners'), { recursive: true })).length
  valueOf(await index.sweep(() => false))
  valueOf(await indexOf(directory).sweep(() => true))
  valueOf(await indexOf(directory, { ...aged, statSync: file => { if (file.endsWith('.json')) throw systemError('EIO'); return aged.statSync(file) } }).sweep(() => true))
  assert.is(await pointers(), 7 - 2)
  valueOf(await index.sweep(() => true))
  assert.equal([await pointers(), await idsOf(index, 'ada')], [2, ['a']])
  const unreadable = indexOf(directory, { ...aged, openDirectory: async () => { throw systemError('EMFILE') } })
  assert.is(failureOf(await unreadable.sweep(() => true)).code, 'EMFILE')
})

test('is another index for another function, other secrets, another extension, or requireEncryption', async ({ directory }) => {
  const secret = (...letters: string[]) => new Cipher(letters.map(letter => letter.repeat(32)))
  const disk = new Disk('auto')
  const given = { owner, disk, directoryMode: 0o700 }
  const indexes = [
    given, { ...given, owner: ({ uid }: { uid?: string }) => uid }, { ...given, secret: secret('a') }, { ...given, secret: secret('a', 'b') },
    { ...given, extension: '' }, { ...given, requireEncryption: true }
  ].map(options => new OwnerIndex(directory, options))
  for (const index of indexes) {
    await complete(index.completeness, 0)
    assert.equal(await Promise.all(indexes.map(each => each.completeness.isComplete())), indexes.map(each => each === index))
  }
  assert.is(await new OwnerIndex(directory, { ...given, extension: '.json', requireEncryption: true }).completeness.isComplete(), true)
})

test('has no pointers that are not ids, and reports what is in their place', async ({ directory }) => {
  const index = indexOf(directory)
  valueOf(await index.add('ada', 'ä/../x'))
  assert.equal(await idsOf(index, 'ada'), ['ä/../x'])
  const [hash] = await readdir(join(directory, '.owners'))
  await writeFile(join(directory, '.owners', hash!, '.hidden'), '')
  await mkdir(join(directory, '.owners', hash!, 'directory'))
  await utimes(join(directory, '.owners', hash!, '.hidden'), 0, 0)
  assert.equal(await idsOf(index, 'ada'), ['ä/../x'])
  // A directory in the place of the mark.
  await mkdir(join(directory, 'other', '.owners'), { recursive: true })
  const refused = indexOf(join(directory, 'other'), { ...steady, openNewSync: () => { throw systemError('EACCES') } })
  assert.is((await refused.completeness.beginBuild(Date.now())).isErr(), true)
  assert.is((await refused.add('ada', 'a')).isErr(), true)
})

test.run()
