import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { ReadFailure } from '../../src/errors.ts'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { listOwner, type ListOwnerOptions } from '../../src/owner/list-owner.ts'
import { OwnerIndex } from '../../src/owner/owner-index.ts'
import { Mutation } from '../../src/queue/mutation.ts'
import { now, rejection, suiteOnDisk, systemError, valueOf } from '../support.ts'
import { complete } from './support.ts'

const test = suiteOnDisk('listOwner')

const owner = ({ account }: { account?: string }) => account

/** Calls by which every file was changed long ago, so that its pointer is stale when it is wrong. */
const aged: FsCalls = {
  ...nodeFs,
  statSync: file => {
    const version = nodeFs.statSync(file)
    return version && { ...version, ctimeMs: 0 }
  }
}

/** The index of a directory that holds these sessions of ada and bob, complete unless told otherwise. */
async function indexOf (directory: string, { calls = aged, isComplete = true } = {}) {
  const disk = new Disk('auto', { calls: { ...calls, now: () => 0 } })
  const index = new OwnerIndex(directory, { owner, disk, directoryMode: 0o700 })
  const made = new OwnerIndex(directory, { owner, disk: new Disk('auto'), directoryMode: 0o700 })
  for (const [id, account] of [['a1', 'ada'], ['a2', 'ada'], ['b1', 'bob']] as const) {
    await writeFile(join(directory, `${id}.json`), JSON.stringify({ cookie: { expires: new Date(now + 1) }, account }))
    valueOf(await made.add(account, id))
  }
  if (isComplete) await complete(made.completeness, 0)
  return { index, disk }
}

/** What is listed, and of which ids it was told that they could not be read: for the operator, and for the caller. */
async function list (directory: string, options: ListOwnerOptions) {
  const [listed, failed, unread]: [string[], string[], string[]] = [[], [], []]
  const onFailure = ({ type, file }: ReadFailure) => { failed.push(`${type} ${file.slice(directory.length + 1)}`) }
  for await (const { id } of listOwner(directory, 'ada', { clock: () => now, onFailure, onUnread: id => { unread.push(id) }, ...options })) listed.push(id)
  return { listed: listed.sort(), failed, unread }
}

const pointers = async ({ index }: { index: OwnerIndex }) => [...await index.ids('ada')].sort()

const refusingA1 = (call: 'statSync' | 'readSync'): FsCalls => ({
  ...aged,
  [call]: (file: string) => {
    if (file.endsWith('a1.json')) throw systemError('EMFILE')
    return aged[call](file)
  }
})

for (const call of ['statSync', 'readSync'] as const) {
  test(`keeps the pointer of a session that could not be read, and tells of it (${call})`, async ({ directory }) => {
    const given = await indexOf(directory, { calls: refusingA1(call) })
    assert.equal(await list(directory, given), { listed: ['a2'], failed: ['read-failed a1.json'], unread: ['a1'] })
    assert.equal(await pointers(given), ['a1', 'a2'])
  })

  test(`tells of a session that could not be read while the index is incomplete: it may be anybody's (${call})`, async ({ directory }) => {
    const given = await indexOf(directory, { calls: refusingA1(call), isComplete: false })
    assert.equal(await list(directory, given), { listed: ['a2'], failed: ['read-failed a1.json'], unread: ['a1'] })
  })
}

test('tells of a file that is not a session only when the owner has a pointer to it', async ({ directory }) => {
  for (const isComplete of [false, true]) {
    const given = await indexOf(directory, { isComplete })
    for (const id of ['a1', 'b1']) await writeFile(join(directory, `${id}.json`), '{')
    const { listed, failed, unread } = await list(directory, given)
    assert.equal([listed, unread], [['a2'], ['a1']])
    assert.equal(failed.sort(), isComplete ? ['malformed a1.json'] : ['malformed a1.json', 'malformed b1.json'])
    assert.equal(await pointers(given), ['a1', 'a2'])
  }
})

test('needs nobody to tell', async ({ directory }) => {
  for (const isComplete of [false, true]) {
    const given = await indexOf(directory, { isComplete, calls: refusingA1('readSync') })
    const ids: string[] = []
    for await (const { id } of listOwner(directory, 'ada', { ...given, clock: () => now })) ids.push(id)
    assert.equal(ids, ['a2'])
  }
})

test('keeps the pointer of a session that has expired, and lists it when asked for', async ({ directory }) => {
  const given = await indexOf(directory)
  const clock = () => now + 1
  assert.equal((await list(directory, { ...given, clock })).listed, [])
  assert.equal((await list(directory, { ...given, clock, expired: true })).listed, ['a1', 'a2'])
  assert.equal(await pointers(given), ['a1', 'a2'])
})

test('removes the pointer of a session that is gone, has another owner, or can have no file', async ({ directory }) => {
  const given = await indexOf(directory)
  for (const id of ['b1', 'absent', 'x'.repeat(253)]) valueOf(await given.index.add('ada', id))
  assert.equal(await list(directory, given), { listed: ['a1', 'a2'], failed: [], unread: [] })
  assert.equal(await pointers(given), ['a1', 'a2'])
})

test('keeps the pointer of a session whose change is not written yet', async ({ directory }) => {
  const given = await indexOf(directory)
  const file = join(directory, 'a1.json')
  const unwritten = {
    files: () => [file, join(directory, 'package.txt')],
    mutationOf: (other: string) => other === file ? Mutation.of({ type: 'remove' }) : null
  }
  assert.equal((await list(directory, { ...given, unwritten })).listed, ['a2'])
  assert.equal(await pointers(given), ['a1', 'a2'])
})

test('throws the error of the system when pointers cannot be read, and does without them while the index is incomplete', async ({ directory }) => {
  const openDirectory: FsCalls['openDirectory'] = async (opened, bufferSize) => {
    if (opened.includes('.owners')) throw systemError('EMFILE')
    return await nodeFs.openDirectory(opened, bufferSize)
  }
  const incomplete = await indexOf(directory, { calls: { ...aged, openDirectory }, isComplete: false })
  assert.equal((await list(directory, incomplete)).listed, ['a1', 'a2'])
  const complete = await indexOf(directory, { calls: { ...aged, openDirectory } })
  assert.is((await rejection(list(directory, complete))).code, 'EMFILE')
})

test.run()
