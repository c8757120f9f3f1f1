import { utimesSync, writeFileSync } from 'node:fs'
import { readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settled, settledOk } from '../../src/async/result.ts'
import { Disk, type Io } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import type { FileVersion } from '../../src/fs/version.ts'
import { OwnerIndex } from '../../src/owner/owner-index.ts'
import { removePointer } from '../../src/owner/pointer-removal.ts'
import { suiteOnDisk, systemError, valueOf } from '../support.ts'

const test = suiteOnDisk('The removal of a pointer')

const ways: readonly Io[] = ['auto', 'async']

const owner = ({ account }: { account?: string }) => account

/** The index of a store to which every file of it changed when its modification time says, which can be set. */
function indexOf (directory: string, io: Io = 'auto', calls: Partial<FsCalls> = {}) {
  return new OwnerIndex(directory, { owner, disk: new Disk(io, { calls: { ...settable, ...calls } }), directoryMode: 0o700 })
}

const changedAt = (version: FileVersion | null) => version && { ...version, ctimeMs: version.mtimeMs }

const settable: FsCalls = { ...nodeFs, now: () => 0, statSync: file => changedAt(nodeFs.statSync(file)), stat: async file => changedAt(await nodeFs.stat(file)) }

const idsOf = async (index: OwnerIndex) => [...await index.ids('ada')].sort()

/** The names of the files of the index, without the hash of the owner. */
const namesOf = async (directory: string) => (await readdir(join(directory, '.owners'), { recursive: true })).filter(name => name.includes('/')).map(name => name.split('/')[1]!).sort()

/** Calls before each of which `before` is called with its number: when that throws, the call fails. */
function interrupted (before: (call: number) => void): FsCalls {
  let count = 0
  const entries = Object.entries(settable).map(([name, call]) => {
    const interruptedCall = (...parameters: unknown[]) => {
      before(count++)
      return (call as Function)(...parameters)
    }
    if (name === 'now') return [name, () => 0]
    return [name, name.endsWith('Sync') ? interruptedCall : async (...parameters: unknown[]) => interruptedCall(...parameters)]
  })
  return Object.fromEntries(entries) as FsCalls
}

interface Moments {
  /** Before which of the remover's calls the writer makes the pointer. */
  readonly add: number
  /** Before which of them it writes the session; it is killed then. */
  readonly write: number
  /** The first call of the remover that it does not live to make. */
  readonly end: number
}

/** Removes a pointer while another process makes it for a session. Gives the number of calls that the remover made. */
async function race (directory: string, io: Io, { add, write, end }: Moments): Promise<number> {
  const file = join(directory, 'a.json')
  await rm(file, { force: true })
  await rm(join(directory, '.owners'), { recursive: true, force: true })
  const writer = indexOf(directory)
  for (const id of ['a', 'other']) valueOf(await writer.add('ada', id))
  const [hash] = await readdir(join(directory, '.owners'))
  await utimes(join(directory, '.owners', hash!, 'a'), 0, 0)
  let count = 0
  const calls = interrupted(call => {
    if (call === add) void writer.add('ada', 'a')
    if (call === write) writeSession(file)
    if (call >= end) throw new Error('killed')
    count++
  })
  const remover = new OwnerIndex(directory, { owner, disk: new Disk(io, { calls }), directoryMode: 0o700 })
  await remover.remove('ada', 'a', () => new Disk('auto').stat(file).map(version => version === null))
  return count
}

for (const io of ways) {
  test(`(${io}) loses no pointer that another process makes meanwhile, whenever one of both is killed`, async ({ directory }) => {
    const alone = await race(directory, io, { add: Infinity, write: Infinity, end: Infinity })
    assert.equal([alone, await namesOf(directory)], [5, ['other']])
    // A removal that meets another process makes some calls more.
    const most = alone + 4
    for (let add = 0; add < alone; add++) {
      for (let write = add; write < most; write++) {
        for (let end = 0; end <= most; end++) {
          await race(directory, io, { add, write, end })
          const isWritten = (await readdir(directory)).includes('a.json')
          const ids = await idsOf(indexOf(directory))
          assert.ok(!isWritten || ids.includes('a'), `the pointer made before call ${add}, the session written before call ${write}, the remover killed before call ${end}: ${(await namesOf(directory)).join()}`)
          assert.ok(ids.includes('other'))
        }
      }
    }
  })
}

test('finishes what a killed process has left, as soon as that can no longer be alive', async ({ directory }) => {
  const file = join(directory, 'a.json')
  for (const isWritten of [false, true]) {
    // Killed after the pointer got its other name.
    await race(directory, 'auto', { add: Infinity, write: Infinity, end: 2 })
    assert.equal([await namesOf(directory), await idsOf(indexOf(directory))], [['other', '~a'], ['a', 'other']])
    if (isWritten) writeSession(file)
    const recent = new OwnerIndex(directory, { owner, disk: new Disk('auto'), directoryMode: 0o700 })
    for (const finish of [() => recent.remove('ada', 'a', () => settledOk(true)), () => recent.removeStale('ada', 'a', async () => true), () => recent.sweep(() => true)]) {
      await finish()
      assert.equal(await namesOf(directory), ['other', '~a'])
    }
    await indexOf(directory).sweep(() => true)
    assert.equal([await namesOf(directory), await idsOf(indexOf(directory))], isWritten ? [['other', '~a'], ['a', 'other']] : [['other'], ['other']])
    if (!isWritten) continue
    await indexOf(directory).removeStale('ada', 'a', async () => true)
    assert.equal(await namesOf(directory), ['other'])
  }
})

test('keeps a pointer whose session cannot be read, and one that cannot be made again', async ({ directory }) => {
  await race(directory, 'auto', { add: Infinity, write: Infinity, end: 0 })
  valueOf(await indexOf(directory).remove('ada', 'a', () => settled(err(systemError('EIO')))))
  assert.equal(await namesOf(directory), ['a', 'other'])
  await race(directory, 'auto', { add: Infinity, write: Infinity, end: 0 })
  const refusing = indexOf(directory, 'auto', { openNewSync: () => { throw systemError('ENOSPC') } })
  assert.is((await refusing.remove('ada', 'a', () => settledOk(false))).isErr(), true)
  assert.equal([await namesOf(directory), await idsOf(refusing)], [['other', '~a'], ['a', 'other']])
})

test('makes a pointer again that went away meanwhile under either name', async ({ directory }) => {
  for (const io of ways) {
    await race(directory, io, { add: Infinity, write: Infinity, end: 0 })
    const remove = (name: string) => name.includes('~') && nodeFs.removeSync(name)
    const calls: Partial<FsCalls> = {
      statSync (name) {
        remove(name)
        return settable.statSync(name)
      },
      async stat (name) {
        remove(name)
        return await settable.stat(name)
      }
    }
    valueOf(await indexOf(directory, io, calls).remove('ada', 'a', () => settledOk(true)))
    assert.equal(await namesOf(directory), ['a', 'other'])
  }
})

test('is done when another process has removed the pointer in between, and fails with any other error', async ({ directory }) => {
  for (const [code, isDone] of [['ENOENT', true], ['EACCES', false]] as const) {
    await race(directory, 'auto', { add: Infinity, write: Infinity, end: 0 })
    const removing = indexOf(directory, 'auto', { renameSync: () => { throw systemError(code) } })
    assert.is((await removing.remove('ada', 'a', () => settledOk(true))).isOk(), isDone, code)
    assert.equal(await namesOf(directory), ['a', 'other'])
  }
})

test('removes a pointer with the longest name, and keeps it when it is not wrong', async ({ directory }) => {
  const id = 'x'.repeat(255)
  const index = new OwnerIndex(directory, { owner, disk: new Disk('auto'), directoryMode: 0o700, extension: '' })
  valueOf(await index.add('ada', id))
  for (const isWrong of [() => settledOk(false), () => settled<boolean, unknown>(err(systemError('EIO')))]) {
    valueOf(await index.remove('ada', id, isWrong))
    assert.equal(await namesOf(directory), [id])
  }
  valueOf(await index.remove('ada', id, () => settledOk(true)))
  assert.equal(await namesOf(directory), [])
})

test('says whether the pointer is gone', async ({ directory }) => {
  const pointer = join(directory, 'a')
  const write = (name: string) => writeFile(join(directory, name), '')
  const removed = async (isWrong: boolean, isUnderWay = false) => valueOf(await removePointer(pointer, {
    disk: new Disk('auto'),
    isNew: () => false,
    isUnderWay: () => isUnderWay,
    isWrong: () => settledOk(isWrong),
    create: file => new Disk('auto').create(file, { text: '', mode: 0o600, times: { atimeMs: 0, mtimeMs: 0 }, flush: false })
  }))
  assert.equal([await removed(true), await removed(false)], [true, true])
  await write('a')
  assert.equal([await removed(false), await readdir(directory)], [false, ['a']])
  assert.equal([await removed(true), await readdir(directory)], [true, []])
  await write('~a')
  assert.equal([await removed(true, true), await readdir(directory)], [false, ['~a']])
  assert.equal([await removed(false), await readdir(directory)], [false, ['a']])
  await rename(pointer, join(directory, '~a'))
  assert.equal([await removed(true), await readdir(directory)], [true, []])
  const long = 'x'.repeat(255)
  const removal = { disk: new Disk('auto'), isNew: () => false, isUnderWay: () => false, create: () => settledOk(undefined) }
  await write(long)
  assert.is(valueOf(await removePointer(join(directory, long), { ...removal, isWrong: () => settledOk(false) })), false)
  assert.is(valueOf(await removePointer(join(directory, long), { ...removal, isWrong: () => settledOk(true) })), true)
})

test('keeps a pointer that another process renews in between, within the same millisecond', async ({ directory }) => {
  for (const [atime, mtime] of [[1, 0], [0, 1]] as const) {
    const pointer = join(directory, 'a')
    await writeFile(pointer, '')
    await utimes(pointer, 0, 0)
    const renameSync: FsCalls['renameSync'] = (from, to) => {
      nodeFs.renameSync(from, to)
      utimesSync(to, atime, mtime)
    }
    const disk = new Disk('auto', { calls: { ...nodeFs, renameSync } })
    const create = (file: string) => disk.create(file, { text: '', mode: 0o600, times: { atimeMs: 0, mtimeMs: 0 }, flush: false })
    assert.is(valueOf(await removePointer(pointer, { disk, isNew: () => false, isUnderWay: () => false, isWrong: () => settledOk(true), create })), false)
    assert.equal(await readdir(directory), ['a'])
  }
})

/** Writes a session synchronously, as a store does. */
function writeSession (file: string): void {
  writeFileSync(file, '{"cookie":{},"account":"ada"}')
}

test.run()
