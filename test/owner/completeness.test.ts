import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { Completeness } from '../../src/owner/completeness.ts'
import { failureOf, namesIn, suiteOnDisk, systemError, valueOf } from '../support.ts'

const test = suiteOnDisk('Completeness')

function completenessOf (directory: string, key = 'key', calls: Partial<FsCalls> = {}) {
  return new Completeness(directory, key, { disk: new Disk('auto', { calls: { ...nodeFs, now: () => 0, ...calls } }), directoryMode: 0o700 })
}

const refuse = () => { throw systemError('EACCES') }

test('is missing until it is marked, also where there is no directory', async ({ directory }) => {
  for (const each of [completenessOf(directory), completenessOf(join(directory, 'absent'))]) {
    assert.equal([await each.isComplete(), await each.verifiedAt()], [false, null])
    valueOf(await each.markComplete(1_000))
    assert.equal([await each.isComplete(), await each.verifiedAt()], [true, 1_000])
  }
  assert.equal(await namesIn(join(directory, 'absent')), ['.complete-key'])
})

test('keeps the time of the last verification', async ({ directory }) => {
  const completeness = completenessOf(directory)
  valueOf(await completeness.markComplete(0))
  assert.equal([await completeness.isComplete(), await completeness.verifiedAt()], [true, 0])
  assert.equal(await completeness.markVerified(2_000), ok(true))
  assert.is(await completeness.verifiedAt(), 2_000)
  valueOf(await completeness.markComplete(3_000))
  assert.is(await completeness.verifiedAt(), 3_000)
})

test('ends with markIncomplete, which markVerified does not undo', async ({ directory }) => {
  const completeness = completenessOf(directory)
  valueOf(await completeness.markComplete(1_000))
  assert.equal(await completeness.markIncomplete(), ok(true))
  assert.equal(await completeness.markIncomplete(), ok(false))
  assert.equal(await completeness.markVerified(2_000), ok(false))
  assert.is(await completeness.isComplete(), false)
})

test('is that of one key: marking another takes it away, and markIncomplete does not', async ({ directory }) => {
  const [one, other] = [completenessOf(directory, 'one'), completenessOf(directory, 'other')]
  valueOf(await one.markComplete(1_000))
  valueOf(await other.markIncomplete())
  assert.equal([await one.isComplete(), await other.isComplete()], [true, false])
  valueOf(await other.markComplete(2_000))
  assert.equal([await one.isComplete(), await other.isComplete()], [false, true])
})

test('is taken away from all keys by removeMarks, which removes nothing else', async ({ directory }) => {
  await mkdir(join(directory, '.complete-directory'))
  for (const name of ['.complete-one', '.complete-two', 'complete', '.other']) await writeFile(join(directory, name), '')
  valueOf(await completenessOf(directory).removeMarks())
  assert.equal(await namesIn(directory), ['.complete-directory', '.other', 'complete'])
  valueOf(await completenessOf(join(directory, 'absent')).removeMarks())
})

test('is not marked when a mark cannot be removed or the directory not be read', async ({ directory }) => {
  await writeFile(join(directory, '.complete-other'), '')
  for (const calls of [{ removeSync: refuse }, { openDirectory: async () => refuse() }]) {
    const refusing = completenessOf(directory, 'key', calls)
    assert.is(failureOf(await refusing.markComplete(0)).code, 'EACCES')
    assert.is(failureOf(await refusing.removeMarks()).code, 'EACCES')
    assert.is(await refusing.isComplete(), false)
  }
})

test('is missing when the mark cannot be created or read', async ({ directory }) => {
  assert.is(failureOf(await completenessOf(directory, 'key', { openNewSync: refuse }).markComplete(0)).code, 'EACCES')
  valueOf(await completenessOf(directory).markComplete(0))
  const unreadable = completenessOf(directory, 'key', { statSync: refuse })
  assert.equal([await unreadable.isComplete(), await unreadable.verifiedAt()], [false, null])
  // A directory in the place of the mark.
  await mkdir(join(directory, 'other', '.complete-key'), { recursive: true })
  assert.is(await completenessOf(join(directory, 'other')).isComplete(), false)
})

test.run()
