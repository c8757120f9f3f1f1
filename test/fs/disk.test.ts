import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok, type ResultAsync } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../../src/async/result.ts'
import { Disk, type Io } from '../../src/fs/disk.ts'
import { readLimits, writeLimits } from '../../src/fs/limits.ts'
import { nodeFs, type FsCalls, type NewFile } from '../../src/fs/node.ts'
import { failureOf, namesIn, suiteOnDisk, systemError, valueOf, versionOf, watched } from '../support.ts'

const ways: readonly Io[] = ['auto', 'async']

const times = { atimeMs: 1_893_553_445_678, mtimeMs: 1_893_553_440_250 }
const newFile: NewFile = { text: 'text', mode: 0o600, times, flush: false }

/** Calls that take no time by their own clock. */
const instant = (calls: FsCalls = nodeFs): FsCalls => ({ ...calls, now: () => 0 })

const isSettled = (result: ResultAsync<unknown, unknown>) => settledResult(result) !== undefined

const disk = suiteOnDisk('Disk')

for (const io of ways) {
  disk(`(${io}) stats, reads and times a file`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'é\u{1F600}')
    assert.equal(await new Disk(io).stat(file), ok(await versionOf(file)))
    assert.equal(await new Disk(io).read(file, 6), ok('é\u{1F600}'))
    assert.equal(await new Disk(io).setTimes(file, times), ok(true))
    const { mtimeMs, atimeMs } = await stat(file)
    assert.equal([mtimeMs, atimeMs].map(Math.round), [times.mtimeMs, times.atimeMs])
  })

  disk(`(${io}) reads a large file whole`, async ({ directory }) => {
    const file = join(directory, 'file')
    const text = 'x'.repeat(1_000_000)
    await writeFile(file, text)
    assert.equal(await new Disk(io).read(file, text.length), ok(text))
  })

  disk(`(${io}) gives null or false where there is no file`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), 'text')
    await symlink(join(directory, 'nowhere'), join(directory, 'dangling'))
    for (const name of ['absent', 'absent/absent', 'file/absent', 'dangling']) {
      const file = join(directory, name)
      assert.equal(await new Disk(io).stat(file), ok(null))
      assert.equal(await new Disk(io).read(file, 1), ok(null))
      assert.equal(await new Disk(io).setTimes(file, times), ok(false))
      if (name !== 'dangling') assert.equal(await new Disk(io).remove(file), ok(false))
    }
    assert.equal(await namesIn(directory), ['dangling', 'file'])
  })

  disk(`(${io}) fails for a directory in the place of a file`, async ({ directory }) => {
    assert.is(failureOf(await new Disk(io).stat(directory)).message, 'it is not a regular file')
    assert.is(failureOf(await new Disk(io).read(directory, 1)).code, 'EISDIR')
    assert.match(failureOf(await new Disk(io).remove(directory)).code, /^(EISDIR|EPERM)$/)
  })

  disk(`(${io}) fails with the error of the system`, async ({ directory }) => {
    const loop = join(directory, 'loop')
    await symlink(loop, loop)
    for (const result of [new Disk(io).stat(loop), new Disk(io).read(loop, 1), new Disk(io).setTimes(loop, times)]) {
      assert.is(failureOf(await result).code, 'ELOOP')
    }
  })

  for (const flush of [false, true]) {
    disk(`(${io}) creates a file${flush ? ' that is flushed to the device' : ''}, and gives its version`, async ({ directory }) => {
      const file = join(directory, 'file')
      assert.equal(await new Disk(io).create(file, { ...newFile, mode: 0o640, flush }), ok(await versionOf(file)))
      const { mode, mtimeMs } = await stat(file)
      assert.equal([mode & 0o777, Math.round(mtimeMs), await readFile(file, 'utf8')], [0o640, times.mtimeMs, 'text'])
    })
  }

  disk(`(${io}) creates no file where there is one`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'old')
    assert.is(failureOf(await new Disk(io).create(file, newFile)).code, 'EEXIST')
    assert.is(await readFile(file, 'utf8'), 'old')
  })

  disk(`(${io}) creates a file for one of many that try at the same time`, async ({ directory }) => {
    const results = await Promise.all(Array.from({ length: 50 }, () => new Disk(io).create(join(directory, 'file'), newFile)))
    assert.is(results.filter(result => result.isOk()).length, 1)
  })

  disk(`(${io}) renames a file over what is there`, async ({ directory }) => {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')]
    await writeFile(from, 'new')
    await writeFile(to, 'old')
    assert.equal(await new Disk(io).rename(from, to), ok(undefined))
    assert.equal(await namesIn(directory), ['to'])
    assert.is(await readFile(to, 'utf8'), 'new')
  })

  disk(`(${io}) removes a file`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), 'text')
    assert.equal(await new Disk(io).remove(join(directory, 'file')), ok(true))
    assert.equal(await namesIn(directory), [])
  })

  disk(`(${io}) makes a directory and those above it, and gives the first one made`, async ({ directory }) => {
    assert.equal(await new Disk(io).makeDirectory(join(directory, 'outer', 'inner'), 0o700), ok(join(directory, 'outer')))
    for (const made of ['outer', 'outer/inner']) assert.is((await stat(join(directory, made))).mode & 0o777, 0o700)
  })

  disk(`(${io}) removes a directory that is empty, and no other`, async ({ directory }) => {
    for (const name of ['empty', 'full']) await mkdir(join(directory, name))
    await writeFile(join(directory, 'full', 'file'), '')
    const remove = async (name: string) => await new Disk(io).removeDirectory(join(directory, name))
    assert.equal([await remove('empty'), await remove('full'), await remove('absent'), await remove('full/file')], [ok(true), ok(false), ok(false), ok(false)])
    assert.equal(await namesIn(directory), ['full'])
    assert.equal(await namesIn(join(directory, 'full')), ['file'])
  })

  disk(`(${io}) leaves a directory that exists as it is`, async ({ directory }) => {
    await chmod(directory, 0o755)
    assert.equal(await new Disk(io).makeDirectory(directory, 0o700), ok(directory))
    assert.is((await stat(directory)).mode & 0o777, 0o755)
  })
}

/** Each call that may be synchronous, and the names of its calls in both ways. */
const calls: ReadonlyArray<readonly [call: (disk: Disk, file: string) => ResultAsync<unknown, unknown>, sync: readonly string[], pool: readonly string[]]> = [
  [(disk, file) => disk.stat(file), ['statSync'], ['stat']],
  [(disk, file) => disk.read(file, 4), ['readSync'], ['read']],
  [(disk, file) => disk.setTimes(file, times), ['setTimesSync'], ['setTimes']],
  [(disk, file) => disk.create(file, newFile), ['openNewSync', 'fillSync'], ['openNew', 'fill']],
  [(disk, file) => disk.rename(file, `${file}~`), ['renameSync'], ['rename']],
  [(disk, file) => disk.remove(file), ['removeSync'], ['remove']],
  [(disk, file) => disk.directoryMode(file), ['directoryModeSync'], ['directoryMode']],
  [(disk, file) => disk.makeDirectory(file, 0o700), ['makeDirectorySync'], ['makeDirectory']],
  [(disk, file) => disk.removeDirectory(file), ['removeDirectorySync'], ['removeDirectory']]
]

for (const [call, sync, pool] of calls) {
  disk(`calls ${sync.join(' and ')} while it is synchronous, otherwise ${pool.join(' and ')}`, async ({ directory }) => {
    for (const [io, expected] of [['auto', sync], ['async', pool], [undefined, pool]] as const) {
      const { calls, log } = watched()
      const file = join(directory, String(io))
      const result = call(new Disk(io, { calls: instant(calls) }), file)
      assert.is(isSettled(result), io === 'auto')
      await result
      assert.equal(log, expected)
    }
  })

  disk(`is asynchronous after slow calls in a row (${sync[0]})`, async ({ directory }) => {
    let time = 0
    const { calls, log } = watched()
    const opened: number[] = []
    const slow = new Disk('auto', { calls: { ...calls, now: () => time++ * 5 }, limits: readLimits, onSlow: durationMs => { opened.push(durationMs) } })
    for (let index = 0; index < 3; index++) {
      assert.is(slow.isSync, true)
      await call(slow, join(directory, String(index)))
    }
    log.length = 0
    assert.is(slow.isSync, false)
    const result = call(slow, join(directory, '3'))
    assert.is(isSettled(result), false)
    await result
    assert.equal(log, pool)
    assert.equal(opened, [5])
  })
}

disk('counts slow calls of one kind, whatever calls of others come between', async ({ directory }) => {
  for (const [, [slowCall]] of calls) {
    let time = 0
    const costly = Object.fromEntries(Object.entries(nodeFs).map(([name, call]) => [name, (...parameters: unknown[]) => {
      if (name === slowCall) time += 2
      return (call as Function)(...parameters)
    }])) as FsCalls
    const disk = new Disk('auto', { calls: { ...costly, now: () => time }, limits: readLimits })
    let rounds = 0
    while (disk.isSync && rounds < 10) {
      rounds++
      for (const [call] of calls) await call(disk, join(directory, `${slowCall}-${rounds}`))
    }
    assert.is(rounds, 3, String(slowCall))
  }
})

disk('is never synchronous with io async', () => {
  assert.equal([new Disk('async').isSync, new Disk().isSync, new Disk('auto').isSync], [false, false, true])
})

disk('reads files of more than 256 KiB through the thread pool, unless its limits are those for writing', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (const [limits, expected] of [[readLimits, ['readSync', 'read']], [writeLimits, ['readSync', 'readSync']]] as const) {
    const { calls, log } = watched()
    const fast = new Disk('auto', { calls: instant(calls), limits })
    await fast.read(file, 262_144)
    await fast.read(file, 262_145)
    assert.equal(log, expected)
  }
})

disk('flushes a new file through the thread pool', async ({ directory }) => {
  const { calls, log } = watched()
  await new Disk('auto', { calls: instant(calls) }).create(join(directory, 'file'), { ...newFile, flush: true })
  assert.equal(log, ['openNew', 'fill'])
})

disk('opens no more than 64 files at the same time', async ({ directory }) => {
  let [opened, most] = [0, 0]
  const counted = async <T>(call: () => Promise<T>) => {
    most = Math.max(most, ++opened)
    try {
      return await call()
    } finally {
      opened--
    }
  }
  const calls: FsCalls = {
    ...nodeFs,
    read: file => counted(() => nodeFs.read(file)),
    fill: (...parameters) => counted(() => nodeFs.fill(...parameters))
  }
  const busy = new Disk('async', { calls })
  const files = Array.from({ length: 300 }, (_, index) => join(directory, String(index)))
  await Promise.all(files.map(file => busy.create(file, { ...newFile, text: file })))
  assert.equal(await Promise.all(files.map(async file => valueOf(await busy.read(file, 1)))), files)
  assert.is(most, 64)
})

disk('gives the mode of a directory, and null for a missing one', async ({ directory }) => {
  await chmod(directory, 0o750)
  assert.is(valueOf(await new Disk().directoryMode(directory))! & 0o777, 0o750)
  assert.equal(await new Disk().directoryMode(join(directory, 'absent')), ok(null))
  await writeFile(join(directory, 'file'), '')
  assert.is(failureOf(await new Disk().directoryMode(join(directory, 'file'))).message, 'it is not a directory')
})

disk('opens a directory, and fails where it cannot', async ({ directory }) => {
  await mkdir(join(directory, 'inner'))
  assert.equal(await new Disk().openDirectory(directory), ok(undefined))
  assert.is(failureOf(await new Disk().openDirectory(join(directory, 'absent'))).code, 'ENOENT')
})

disk('flushes a directory; a missing one has nothing to flush', async ({ directory }) => {
  assert.equal(await new Disk().flushDirectory(directory), ok(true))
  assert.equal(await new Disk().flushDirectory(join(directory, 'absent')), ok(false))
  const broken = new Disk('async', { calls: { ...nodeFs, flushDirectory: async () => { throw systemError('EIO') } } })
  assert.is(failureOf(await broken.flushDirectory(directory)).code, 'EIO')
})

disk('lists the files of a directory by its own calls', async ({ directory }) => {
  await writeFile(join(directory, 'one'), '')
  const { calls, log } = watched()
  for await (const names of new Disk('auto', { calls }).listFiles(directory)) assert.equal(names, ['one'])
  assert.equal([...new Set(log)].filter(name => name !== 'fileSystemType'), ['openDirectory'])
})

disk('lists the directories of a directory', async ({ directory }) => {
  await writeFile(join(directory, 'file'), '')
  for (const name of ['one', 'two']) await mkdir(join(directory, name))
  await symlink(join(directory, 'one'), join(directory, 'link'))
  const names: string[] = []
  for await (const batch of new Disk('auto').listDirectories(directory)) names.push(...batch)
  assert.equal(names.sort(), ['one', 'two'])
})

disk('fails to remove a directory with the error of the system', async ({ directory }) => {
  const calls = { ...nodeFs, removeDirectorySync: () => { throw systemError('EACCES') } }
  assert.is(failureOf(await new Disk('auto', { calls }).removeDirectory(directory)).code, 'EACCES')
})

disk.run()
