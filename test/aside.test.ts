import { readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { removeUnused } from '../src/aside.ts'
import { nodeCalls, type Calls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'
import type { Stamp } from '../src/stamp.ts'
import { namesIn, rejection, suiteOnDisk, valueOf } from './support.ts'

const test = suiteOnDisk('removeUnused')

/** A file, its stamp, and a disk on which something happens just before the file is taken aside. */
async function scene (directory: string, happening: (file: string) => Promise<void>, calls: Partial<Calls> = {}) {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{}')
  const stamp: Stamp = valueOf(await new Disk().stat(file))!
  const disk = new Disk('async', {
    ...nodeCalls,
    async rename (from, to) {
      await happening(file)
      await nodeCalls.rename(from, to)
    },
    ...calls
  })
  return { file, stamp, disk }
}

test('removes a file that is as it was', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, async () => {})
  assert.is(await removeUnused(file, stamp, disk), true)
  assert.equal(await namesIn(directory), [])
})

test('brings back a file that was used at the last moment', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, file => utimes(file, 1_900_000_000, 1_900_000_000))
  assert.is(await removeUnused(file, stamp, disk), false)
  assert.equal(await namesIn(directory), ['abc.json'])
  assert.is((await stat(file)).mtimeMs, 1_900_000_000_000)
})

test('brings back a file that was written at the last moment', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, file => writeFile(file, '{"user":"ada"}'))
  assert.is(await removeUnused(file, stamp, disk), false)
  assert.is(await readFile(file, 'utf8'), '{"user":"ada"}')
})

test('brings back another file, even one of the same size and time', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, async file => {
    const { atime, mtime } = await stat(file)
    await writeFile(`${file}.new`, '[]')
    await utimes(`${file}.new`, atime, mtime)
    await rename(`${file}.new`, file)
  })
  await utimes(file, 1_900_000_000, 1_900_000_000)
  assert.is(await removeUnused(file, { ...stamp, modified: 1_900_000_000_000 }, disk), false)
  assert.is(await readFile(file, 'utf8'), '[]')
})

test('brings back a file that it cannot look at again', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, async () => {}, {
    stat: async () => { throw Object.assign(new Error('no'), { code: 'EIO' }) }
  })
  assert.is(await removeUnused(file, stamp, disk), false)
  assert.is(await readFile(file, 'utf8'), '{}')
})

test('lets a file be that was written while it was aside', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, file => writeFile(file, '{"user":"ada"}'), {
    async stat (name) {
      await writeFile(file, '{"user":"bob"}')
      return await nodeCalls.stat(name)
    }
  })
  assert.is(await removeUnused(file, stamp, disk), false)
  assert.is(await readFile(file, 'utf8'), '{"user":"bob"}')
  assert.equal(await namesIn(directory), ['abc.json'])
})

test('says that it removed nothing when the file was gone', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, unlink)
  assert.is(await removeUnused(file, stamp, disk), false)
  assert.equal(await namesIn(directory), [])
})

test('brings a file back where there are no hard links', async ({ directory }) => {
  const link = async () => { throw Object.assign(new Error('no'), { code: 'EPERM' }) }
  const { file, stamp, disk } = await scene(directory, async () => {}, { link, rename: nodeCalls.rename })
  assert.is(await removeUnused(file, { ...stamp, size: 0 }, disk), false)
  assert.equal(await namesIn(directory), ['abc.json'])
})

test('rejects with the disk\'s error', async ({ directory }) => {
  const cause = Object.assign(new Error('no'), { code: 'EROFS' })
  const { file, stamp, disk } = await scene(directory, async () => { throw cause })
  assert.is(await rejection(removeUnused(file, stamp, disk)), cause)
})

test.run()
