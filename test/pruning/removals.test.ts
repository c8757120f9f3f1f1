import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { RemoveFailed } from '../../src/errors.ts'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { Removals, type RemovalOptions } from '../../src/pruning/removals.ts'
import { namesIn, nextTurn, suiteOnDisk, systemError, versionOf } from '../support.ts'

const test = suiteOnDisk('Removals')

const diskOf = (calls: Partial<FsCalls> = {}) => new Disk('auto', { calls: { ...nodeFs, now: () => 0, ...calls } })

/** Removes a file that has changed in `change` since its version was known; whether it was removed. */
async function removeOne (file: string, options: Partial<RemovalOptions> = {}, change = async () => {}): Promise<boolean | undefined> {
  await writeFile(file, 'text')
  const version = await versionOf(file)
  await change()
  const removals = new Removals({ disk: diskOf(), ...options })
  let removed: boolean | undefined
  await removals.start(file, version, async isRemoved => { removed = isRemoved })
  await removals.settle()
  return removed
}

test('removes a file that has the same version', async ({ directory }) => {
  for (const io of ['auto', 'async'] as const) {
    assert.is(await removeOne(join(directory, 'file'), { disk: new Disk(io) }), true)
    assert.equal(await namesIn(directory), [])
  }
})

test('keeps a file that has another version, or has changes that are not written yet', async ({ directory }) => {
  const file = join(directory, 'file')
  assert.is(await removeOne(file, {}, () => writeFile(file, 'another text')), false)
  assert.is(await removeOne(file, { hasChanges: name => name === file }), false)
  assert.equal(await namesIn(directory), ['file'])
  assert.is(await removeOne(file, { hasChanges: name => name !== file }), true)
})

test('does not count a file that is gone, or cannot be read, as removed, and tells of no failure', async ({ directory }) => {
  const onFailure = () => { throw new Error('there was none') }
  for (const statSync of [() => null, () => { throw systemError('EIO') }]) {
    assert.is(await removeOne(join(directory, 'file'), { disk: diskOf({ statSync }), onFailure }), false)
  }
  // Another process removes it first.
  assert.is(await removeOne(join(directory, 'file'), { disk: diskOf({ removeSync: () => { throw systemError('ENOENT') } }), onFailure }), false)
})

test('keeps the file in a dry run, and says that it is removed', async ({ directory }) => {
  assert.is(await removeOne(join(directory, 'file'), { dryRun: true }), true)
  assert.equal(await namesIn(directory), ['file'])
})

test('tells of a file that the file system refuses to remove', async ({ directory }) => {
  const file = join(directory, 'file')
  const cause = systemError('EROFS')
  const disk = diskOf({ removeSync: () => { throw cause } })
  const failures: RemoveFailed[] = []
  assert.is(await removeOne(file, { disk, onFailure: failure => { failures.push(failure) } }), false)
  assert.equal(failures, [{ type: 'remove-failed', file, cause }])
  assert.is(await removeOne(file, { disk }), false)
})

test('runs eight at the same time at most, and settles when all are done', async ({ directory }) => {
  const files = Array.from({ length: 9 }, (_, index) => join(directory, String(index)))
  for (const file of files) await writeFile(file, '')
  const waiting: Array<() => void> = []
  const remove = (async (file: string) => {
    await new Promise<void>(resolve => { waiting.push(resolve) })
    await nodeFs.remove(file)
  }) as FsCalls['remove']
  const statAsync: FsCalls['stat'] = async file => nodeFs.statSync(file)
  const removals = new Removals({ disk: new Disk('async', { calls: { ...nodeFs, remove, stat: statAsync } }) })
  let [started, done, isSettled] = [0, 0, false]
  const all = (async () => {
    for (const file of files) {
      await removals.start(file, await versionOf(file), async () => { done++ })
      started++
    }
    await removals.settle()
    isSettled = true
  })()
  while (waiting.length < 8) await nextTurn()
  for (let turn = 0; turn < 10; turn++) await nextTurn()
  assert.equal([started, done, waiting.length], [7, 0, 8])
  waiting.shift()!()
  while (waiting.length < 8) await nextTurn()
  assert.equal([started, done, isSettled], [8, 1, false])
  for (const release of waiting) release()
  await all
  assert.equal([started, done, isSettled, await namesIn(directory)], [9, 9, true, []])
})

test('rejects once all are done with what a listener threw first', async ({ directory }) => {
  const removals = new Removals({ disk: diskOf() })
  const removed: boolean[] = []
  for (const name of ['a', 'b', 'c']) {
    const file = join(directory, name)
    await writeFile(file, name)
    await removals.start(file, await versionOf(file), async isRemoved => {
      removed.push(isRemoved)
      if (name !== 'b') throw new Error(`the listener failed at ${name}`)
    })
    // A rejection that nothing handles ends the process here.
    await nextTurn()
  }
  const failure: unknown = await removals.settle().catch((cause: unknown) => cause)
  assert.equal(removed, [true, true, true])
  assert.equal((failure as Error).message, 'the listener failed at a')
})

test.run()
