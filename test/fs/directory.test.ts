import { mkdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { makeDirectory } from '../../src/fs/directory.ts'
import { Disk, type Io } from '../../src/fs/disk.ts'
import { nodeFs } from '../../src/fs/node.ts'
import { failureOf, suiteOnDisk, systemError, valueOf } from '../support.ts'

const ways: readonly Io[] = ['auto', 'async']

const test = suiteOnDisk('makeDirectory')

for (const io of ways) {
  test(`(${io}) gives the directories that it makes their mode, whatever the umask, and leaves one that exists`, async ({ directory }) => {
    const umask = process.umask(0o077)
    try {
      await mkdir(join(directory, 'there'), { mode: 0o700 })
      valueOf(await makeDirectory(join(directory, 'there', 'a', 'b'), { directoryMode: 0o775, durable: false }, new Disk(io)))
      valueOf(await makeDirectory(join(directory, 'there'), { directoryMode: 0o775, durable: false }, new Disk(io)))
      const modes = await Promise.all(['there', 'there/a', 'there/a/b'].map(async name => (await stat(join(directory, name))).mode & 0o777))
      assert.equal(modes, [0o700, 0o775, 0o775])
    } finally {
      process.umask(umask)
    }
  })

  test(`(${io}) flushes the name of each directory that it made, when told to`, async ({ directory }) => {
    const flushed: string[] = []
    const disk = new Disk(io, { calls: { ...nodeFs, flushDirectory: async name => { flushed.push(relative(directory, name)) } } })
    valueOf(await makeDirectory(join(directory, 'one', 'two'), { directoryMode: 0o700, durable: false }, disk))
    assert.equal(flushed, [])
    valueOf(await makeDirectory(join(directory, 'a', 'b', 'c'), { directoryMode: 0o700, durable: true }, disk))
    assert.equal(flushed, ['a/b', 'a', ''])
    flushed.length = 0
    // Whoever has made it may not have flushed its name yet.
    valueOf(await makeDirectory(join(directory, 'a', 'b', 'c'), { directoryMode: 0o700, durable: true }, disk))
    assert.equal(flushed, ['a/b'])
  })
}

test('fails with the error of the system', async ({ directory }) => {
  const calls = { ...nodeFs, flushDirectory: async () => { throw systemError('EIO') } }
  assert.is(failureOf(await makeDirectory(join(directory, 'a'), { directoryMode: 0o700, durable: true }, new Disk('auto', { calls }))).code, 'EIO')
  assert.is(failureOf(await makeDirectory('/dev/null/a', { directoryMode: 0o700, durable: false }, new Disk('auto'))).code, 'ENOTDIR')
  assert.equal(await makeDirectory(directory, { directoryMode: 0o700, durable: false }, new Disk('auto')), ok(undefined))
})

test.run()
