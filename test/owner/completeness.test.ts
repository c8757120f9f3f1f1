import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { Completeness } from '../../src/owner/completeness.ts'
import { clockTick, failureOf, namesIn, suiteOnDisk, systemError, valueOf } from '../support.ts'
import { complete } from './support.ts'

const test = suiteOnDisk('Completeness')

function completenessOf (directory: string, key = 'key', calls: Partial<FsCalls> = {}) {
  return new Completeness(directory, key, { disk: new Disk('auto', { calls: { ...nodeFs, now: () => 0, ...calls } }), model: directory, directoryMode: 0o700 })
}

const refuse = () => { throw systemError('EACCES') }

test('is missing until it is marked, also where there is no directory', async ({ directory }) => {
  for (const each of [completenessOf(directory), completenessOf(join(directory, 'absent'))]) {
    assert.equal([await each.isComplete(), await each.verifiedAt()], [false, null])
    const build = valueOf(await each.beginBuild(1_000))
    assert.equal([await each.isComplete(), await each.verifiedAt()], [false, null])
    assert.equal(await each.markComplete(build), ok(true))
    assert.equal([await each.isComplete(), await each.verifiedAt()], [true, 1_000])
  }
  assert.equal(await namesIn(join(directory, 'absent')), ['.complete-key'])
})

test('keeps the time of the last verification', async ({ directory }) => {
  const completeness = completenessOf(directory)
  await complete(completeness, 0)
  assert.equal([await completeness.isComplete(), await completeness.verifiedAt()], [true, 0])
  assert.equal(await completeness.markVerified(2_000), ok(true))
  assert.is(await completeness.verifiedAt(), 2_000)
  await complete(completeness, 3_000)
  assert.is(await completeness.verifiedAt(), 3_000)
})

test('ends with markIncomplete, which markVerified does not undo', async ({ directory }) => {
  const completeness = completenessOf(directory)
  await complete(completeness, 1_000)
  assert.equal(await completeness.markIncomplete(), ok(true))
  assert.equal(await completeness.markIncomplete(), ok(false))
  assert.equal(await completeness.markVerified(2_000), ok(false))
  assert.is(await completeness.isComplete(), false)
})

test('is marked once by a build, and by none that could not be noted', async ({ directory }) => {
  const completeness = completenessOf(directory)
  const build = valueOf(await completeness.beginBuild(1_000))
  assert.equal(await completeness.markComplete({ mark: null }), ok(false))
  assert.equal([await completeness.markComplete(build), await completeness.markComplete(build)], [ok(true), ok(false)])
  assert.is(await completeness.isComplete(), true)
})

test('is not marked when another process could not make a pointer while the index was built', async ({ directory }) => {
  const [building, other] = [completenessOf(directory), completenessOf(directory)]
  const build = valueOf(await building.beginBuild(1_000))
  assert.equal(await other.markIncomplete(), ok(false))
  assert.equal(await building.markComplete(build), ok(false))
  assert.equal([await building.isComplete(), await namesIn(directory)], [false, []])
})

test('is marked by the build that began last', async ({ directory }) => {
  const one = completenessOf(directory)
  for (const other of [completenessOf(directory), one]) {
    const first = valueOf(await one.beginBuild(1_000))
    await clockTick(join(directory, '.building-key'))
    const second = valueOf(await other.beginBuild(2_000))
    assert.equal([await one.markComplete(first), await one.isComplete()], [ok(false), false])
    assert.equal([await other.markComplete(second), await one.verifiedAt()], [ok(true), 2_000])
  }
})

test('is that of one key: a build for another takes it away, and markIncomplete does not', async ({ directory }) => {
  const [one, other] = [completenessOf(directory, 'one'), completenessOf(directory, 'other')]
  await complete(one, 1_000)
  valueOf(await other.markIncomplete())
  assert.equal([await one.isComplete(), await other.isComplete()], [true, false])
  const earlier = valueOf(await other.beginBuild(2_000))
  assert.equal([await one.isComplete(), await other.isComplete()], [false, false])
  const later = valueOf(await one.beginBuild(3_000))
  assert.equal(await other.markComplete(earlier), ok(false))
  assert.equal(await one.markComplete(later), ok(true))
})

test('is taken away from all keys by a build, which removes nothing else', async ({ directory }) => {
  await mkdir(join(directory, '.complete-directory'))
  for (const name of ['.complete-one', '.complete-two', '.building-one', 'complete', '.other']) await writeFile(join(directory, name), '')
  valueOf(await completenessOf(directory).beginBuild(0))
  assert.equal(await namesIn(directory), ['.building-key', '.complete-directory', '.other', 'complete'])
})

test('is not marked when a mark cannot be removed or the directory not be read', async ({ directory }) => {
  await writeFile(join(directory, '.complete-other'), '')
  for (const calls of [{ removeSync: refuse }, { openDirectory: async () => refuse() }]) {
    const refusing = completenessOf(directory, 'key', calls)
    assert.is(failureOf(await refusing.beginBuild(0)).code, 'EACCES')
    assert.is(await refusing.isComplete(), false)
  }
})

test('is known to be missing to the object whose mark cannot be removed, until it has built the index', async ({ directory }) => {
  let isRefusing = true
  const removeSync: FsCalls['removeSync'] = file => isRefusing ? refuse() : nodeFs.removeSync(file)
  const [one, other] = [completenessOf(directory, 'key', { removeSync }), completenessOf(directory)]
  await complete(other, 0)
  assert.is(failureOf(await one.markIncomplete()).code, 'EACCES')
  assert.equal([await one.isComplete(), await other.isComplete()], [false, true])
  isRefusing = false
  // A build that another one has made void.
  const former = valueOf(await one.beginBuild(0))
  const last = valueOf(await one.beginBuild(0))
  assert.equal([valueOf(await one.markComplete(former)), await one.isComplete()], [false, false])
  assert.equal([valueOf(await one.markComplete(last)), await one.isComplete(), await other.isComplete()], [true, true, true])
})

test('is taken away although the mark of a build cannot be', async ({ directory }) => {
  const removeSync: FsCalls['removeSync'] = file => String(file).includes('.building') ? refuse() : nodeFs.removeSync(file)
  const [one, other] = [completenessOf(directory, 'key', { removeSync }), completenessOf(directory)]
  await complete(other, 0)
  await writeFile(join(directory, '.building-key'), '')
  assert.is(failureOf(await one.markIncomplete()).code, 'EACCES')
  assert.equal([await one.isComplete(), await other.isComplete()], [false, false])
})

test('is missing when the mark cannot be created or read', async ({ directory }) => {
  assert.is(failureOf(await completenessOf(directory, 'key', { openNewSync: refuse }).beginBuild(0)).code, 'EACCES')
  await complete(completenessOf(directory), 0)
  const unreadable = completenessOf(directory, 'key', { statSync: refuse })
  assert.equal([await unreadable.isComplete(), await unreadable.verifiedAt()], [false, null])
  // A directory in the place of the mark.
  await mkdir(join(directory, 'other', '.complete-key'), { recursive: true })
  assert.is(await completenessOf(join(directory, 'other')).isComplete(), false)
})

test.run()
