import { mkdir, readFile, symlink, unlink, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { acquirePruneLease, isLeaseToken } from '../../src/pruning/lease.ts'
import { namesIn, suiteOnDisk, systemError } from '../support.ts'

const test = suiteOnDisk('acquirePruneLease')
const interval = 120_000
const start = Date.parse('2030-01-02T03:04:05Z')

/** Asks for the lease so many milliseconds after `start`. */
const acquire = (directory: string, after: number, disk = new Disk()) => acquirePruneLease(directory, { interval, disk, clock: () => start + after })

/** A disk with these calls in the place of the system's. */
const diskWith = (calls: Partial<FsCalls>) => new Disk('async', { calls: { ...nodeFs, ...calls } })

for (const io of ['auto', 'async'] as const) {
  test(`(${io}) gives the lease once in an interval, and otherwise the time until the next one`, async ({ directory }) => {
    const disk = new Disk(io)
    assert.is(await acquire(directory, 0, disk), 0)
    assert.is(await acquire(directory, 0, disk), interval)
    assert.is(await acquire(directory, interval - 1, disk), 1)
    assert.is(await acquire(directory, interval, disk), 0)
    assert.is(await acquire(directory, interval + 1, disk), interval - 1)
    assert.equal(await namesIn(directory), ['.pruned'])
  })

  test(`(${io}) gives the lease to one of many that ask at the same time`, async ({ directory }) => {
    // By the real clock: a file has its time before another one is set.
    const earliest = Date.now()
    for (const after of [0, 20_000, 40_000]) {
      const options = { interval: 20_000, disk: new Disk(io), clock: () => earliest + after }
      const waits = await Promise.all(Array.from({ length: 50 }, () => acquirePruneLease(directory, options)))
      assert.is(waits.filter(wait => wait === 0).length, 1)
    }
    assert.equal(await namesIn(directory), ['.pruned'])
  })
}

test('does not wait for a time that a wrong clock left in the future', async ({ directory }) => {
  await acquire(directory, 10 * interval)
  assert.is(await acquire(directory, 0), 0)
  assert.is(await acquire(directory, 1), interval - 1)
})

test('gives no lease that another process renewed meanwhile', async ({ directory }) => {
  await acquire(directory, 0)
  const disk = diskWith({
    async openNew (...parameters) {
      // Its clock is ahead by a moment.
      await utimes(join(directory, '.pruned'), new Date(start + interval + 5), new Date(start + interval + 5))
      return await nodeFs.openNew(...parameters)
    }
  })
  assert.is(await acquire(directory, interval, disk), interval)
  assert.equal(await namesIn(directory), ['.pruned'])
  assert.is((await stat(join(directory, '.pruned'))).mtimeMs, start + interval + 5)
})

test('gives no lease whose lock file went away meanwhile, and leaves no token', async ({ directory }) => {
  await acquire(directory, 0)
  const disk = diskWith({
    async openNew (...parameters) {
      await unlink(join(directory, '.pruned'))
      return await nodeFs.openNew(...parameters)
    }
  })
  assert.is(await acquire(directory, interval, disk), interval)
  assert.equal(await namesIn(directory), [])
})

test('gives no lease while the token of another process is fresh, and any other token does not stop it', async ({ directory }) => {
  for (const [age, wait] of [[0, interval], [59_999, interval], [60_000, 0], [365 * 86_400_000, 0], [-59_999, interval], [-60_000, 0], [-365 * 86_400_000, 0]] as const) {
    const inner = join(directory, String(age))
    await mkdir(inner)
    await acquire(inner, 0)
    const token = join(inner, `.pruned-${start}`)
    await writeFile(token, '')
    await utimes(token, new Date(start + interval - age), new Date(start + interval - age))
    assert.is(await acquire(inner, interval, new Disk()), wait, String(age))
    assert.is((await namesIn(inner)).length, wait === 0 ? 1 : 2)
  }
})

test('gives no lease when the token of another process went away between two looks', async ({ directory }) => {
  await acquire(directory, 0)
  await writeFile(join(directory, `.pruned-${start}`), '')
  const disk = diskWith({
    async stat (file) {
      if (!file.endsWith('.pruned')) await unlink(file)
      return await nodeFs.stat(file)
    }
  })
  assert.is(await acquire(directory, 5 * interval, disk), interval)
})

test('gives no lease that another process created between two looks', async ({ directory }) => {
  let isFirst = true
  const disk = diskWith({
    async stat (file) {
      if (!isFirst) return await nodeFs.stat(file)
      isFirst = false
      await writeFile(file, '')
      throw systemError('ENOENT')
    }
  })
  assert.is(await acquire(directory, 0, disk), interval)
})

test.run()

const courtesy = suiteOnDisk('acquirePruneLease lets the process prune')

/** What makes it impossible to keep the lease. */
const obstacles: ReadonlyArray<readonly [what: string, put: (directory: string) => Promise<unknown>, calls?: Partial<FsCalls>]> = [
  ['where the lock file is a directory', directory => mkdir(join(directory, '.pruned'))],
  ['where the lock file is a link to nowhere', directory => symlink(join(directory, 'nowhere'), join(directory, '.pruned'))],
  ['where the lock file is a link to itself', directory => symlink('.pruned', join(directory, '.pruned'))],
  ['where the token is a directory', async directory => { await acquire(directory, -interval); await mkdir(join(directory, `.pruned-${start - interval}`)) }],
  ['where the token is a link to nowhere', async directory => { await acquire(directory, -interval); await symlink('nowhere', join(directory, `.pruned-${start - interval}`)) }],
  ...['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM'].map(code => [
    `where no file can be created (${code})`, async () => {}, { openNew: async () => { throw systemError(code) } }
  ] as const),
  ...['ENOSPC', 'EACCES', 'EROFS'].map(code => [
    `where an expired lease cannot be renewed (${code})`, (directory: string) => acquire(directory, -interval), { openNew: async () => { throw systemError(code) } }
  ] as const),
  ['where no token can be created, whatever another process makes of the lease', directory => acquire(directory, -interval), {
    openNew: async (file: string) => {
      await utimes(file.replace(/\.pruned-.*/, '.pruned'), new Date(start), new Date(start))
      throw systemError('ENOSPC')
    }
  }],
  ['where a token that is a link to nowhere cannot be removed', async directory => { await acquire(directory, -interval); await symlink('nowhere', join(directory, `.pruned-${start - interval}`)) }, {
    remove: async () => { throw systemError('EACCES') }
  }],
  ['where the `stat` of the lock file fails', directory => acquire(directory, 0), { stat: async () => { throw systemError('EACCES') } }],
  ['where the lock file belongs to another user', directory => acquire(directory, -interval), { setTimes: async () => { throw systemError('EPERM') } }],
  ['where the directory is missing', directory => unlink(join(directory, 'absent')).catch(() => {})]
]

for (const [what, put, calls = {}] of obstacles) {
  courtesy(what, async ({ directory }) => {
    await put(directory)
    const inDirectory = what.endsWith('missing') ? join(directory, 'absent') : directory
    assert.is(await acquire(inDirectory, 0, diskWith(calls)), 0)
  })
}

courtesy('and leaves what is in the way as it is', async ({ directory }) => {
  await mkdir(join(directory, '.pruned'))
  await writeFile(join(directory, '.pruned', 'file'), 'text')
  await acquire(directory, 0)
  assert.is(await readFile(join(directory, '.pruned', 'file'), 'utf8'), 'text')
})

courtesy.run()

const tokens = suiteOnDisk('isLeaseToken')

tokens('is true for the names of tokens only', () => {
  for (const name of ['.pruned-0', '.pruned-1893553445000', '.pruned--5']) assert.is(isLeaseToken(name), true, name)
  for (const name of ['.pruned', '.pruned-', '.pruned-x', 'x.pruned-0', '.pruned-0~', '.pruned-0.json', '.pruned---5', '']) assert.is(isLeaseToken(name), false, name)
})

tokens('is true for the token that is created', async ({ directory }) => {
  await acquire(directory, 0)
  const created: string[] = []
  const disk = diskWith({
    async openNew (file, mode) {
      created.push(file.slice(directory.length + 1))
      return await nodeFs.openNew(file, mode)
    }
  })
  assert.is(await acquire(directory, interval, disk), 0)
  assert.equal(created.map(isLeaseToken), [true])
})

tokens.run()
