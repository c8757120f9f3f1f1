import type { Stats } from 'node:fs'
import { readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { released, removeUnused } from '../src/aside.ts'
import { nodeCalls, type Calls } from '../src/calls.ts'
import { Disk, type Io } from '../src/disk.ts'
import { readSession } from '../src/read.ts'
import { removeSession } from '../src/remove.ts'
import type { Stamp } from '../src/stamp.ts'
import { asideOf } from '../src/temporary.ts'
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
      if (from === file) await happening(file)
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

test('leaves a file to another that has it in its hands', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, async () => { assert.unreachable() })
  await writeFile(asideOf(file), '')
  assert.is(await removeUnused(file, stamp, disk), false)
  assert.equal(await namesIn(directory), [basename(asideOf(file)), 'abc.json'])
})

test('lets one of many remove a file', async ({ directory }) => {
  const { file, stamp } = await scene(directory, async () => {})
  const removed = await Promise.all(Array.from({ length: 50 }, () => removeUnused(file, stamp, new Disk())))
  assert.is(removed.filter(Boolean).length, 1)
  assert.equal(await namesIn(directory), [])
})

test('removes a file where there is no room for one more', async ({ directory }) => {
  const create: Calls['create'] = async () => { throw Object.assign(new Error('no'), { code: 'ENOSPC' }) }
  const { file, stamp, disk } = await scene(directory, async () => {}, { create })
  assert.is(await removeUnused(file, stamp, disk), true)
  assert.equal(await namesIn(directory), [])
})

test('leaves nothing aside of a file that it cannot take there', async ({ directory }) => {
  const cause = Object.assign(new Error('no'), { code: 'EACCES' })
  const { file, stamp, disk } = await scene(directory, async () => { throw cause })
  assert.is(await rejection(removeUnused(file, stamp, disk)), cause)
  assert.equal(await namesIn(directory), ['abc.json'])
})

test('does not bring back a session that was ended while it was aside', async ({ directory }) => {
  const { file, stamp, disk } = await scene(directory, file => writeFile(file, '{"user":"ada"}'), {
    async stat (name) {
      const stats = await nodeCalls.stat(name)
      assert.is(valueOf(await removeSession(file)), true)
      return stats
    }
  })
  assert.is(await removeUnused(file, stamp, disk), false)
  assert.equal(await namesIn(directory), [])
})

/** A disk, and a promise of the moment at which it is asked for the stamp of a file. */
function watching (io: Io, file: string) {
  let tell = () => {}
  const asked = new Promise<void>(resolve => { tell = resolve })
  const note = <T>(call: (name: string) => T) => (name: string) => {
    if (name === file) tell()
    return call(name)
  }
  const calls = { ...nodeCalls, statSync: note(nodeCalls.statSync), stat: note(nodeCalls.stat) as unknown as Calls['stat'] }
  return { disk: new Disk(io, calls), asked }
}

for (const io of ['auto', 'async'] as const) {
  test(`(${io}) hides a session that was used at the last moment from nobody`, async ({ directory }) => {
    const reader = watching(io, asideOf(join(directory, 'abc.json')))
    let reading: Promise<unknown> = Promise.resolve()
    const { file, stamp, disk } = await scene(directory, file => writeFile(file, '{"user":"ada"}'), {
      async stat (name) {
        const stats = await nodeCalls.stat(name)
        reading = Promise.resolve(readSession(file, { disk: reader.disk })).then(valueOf)
        await Promise.race([reader.asked, reading])
        return stats
      }
    })
    assert.is(await removeUnused(file, stamp, disk), false)
    assert.equal(await reading, { user: 'ada' })
  })
}

test.run()

const left = suiteOnDisk('What a prune that died left aside')

/** A disk on which files changed so long ago, in milliseconds: nobody can set that time. */
function later (io: Io, ago: number, calls: Partial<Calls> = {}): Disk {
  const change = (stats: Stats) => Object.assign(stats, { ctimeMs: Date.now() - ago })
  return new Disk(io, {
    ...nodeCalls,
    statSync: file => change(nodeCalls.statSync(file)!),
    stat: (async (file: string) => change(await nodeCalls.stat(file))) as unknown as Calls['stat'],
    ...calls
  })
}

for (const io of ['auto', 'async'] as const) {
  left(`(${io}) comes back when it is missed`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(asideOf(file), '{"user":"ada"}')
    valueOf(await released(file, later(io, 1_001)))
    assert.equal(await namesIn(directory), ['abc.json'])
    assert.is(await readFile(file, 'utf8'), '{"user":"ada"}')
  })

  left(`(${io}) comes back although its time is of another clock`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(asideOf(file), '{"user":"ada"}')
    valueOf(await released(file, later(io, -60_000)))
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  left(`(${io}) is waited for while it may still live`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(asideOf(file), '{"user":"ada"}')
    let looks = 0
    const disk = later(io, 900)
    const stat = disk.stat.bind(disk)
    disk.stat = file => ++looks < 10 ? stat(file) : ok(null)
    valueOf(await released(file, disk))
    assert.is(looks, 10)
    assert.equal(await namesIn(directory), [basename(asideOf(file))])
  })

  left(`(${io}) is not waited for when nothing was taken yet`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(asideOf(file), '')
    valueOf(await released(file, new Disk(io)))
    assert.equal(await namesIn(directory), [basename(asideOf(file))])
  })

  left(`(${io}) is a failure to read when it cannot come back`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const cause = Object.assign(new Error('no'), { code: 'EROFS' })
    const refuse = async () => { throw cause }
    await writeFile(asideOf(file), '{"user":"ada"}')
    // Only what is aside is there to be looked at.
    const disk = later(io, 1_001, { link: refuse, rename: refuse })
    const stat = disk.stat.bind(disk)
    disk.stat = name => name === file ? ok(null) : stat(name)
    assert.equal(await readSession(file, { disk }), err({ type: 'read-failed', file, cause }))
  })
}

left.run()
