import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok, ResultAsync } from 'neverthrow'
import * as assert from 'uvu/assert'
import { nodeCalls, type Calls } from '../src/calls.ts'
import { Disk, type Io } from '../src/disk.ts'
import { failureOf, namesIn, rejection, stampOf, suiteOnDisk, valueOf, watched } from './support.ts'

const ways: readonly Io[] = ['auto', 'async']

const alone = { mode: 0o600, flush: false }

const disk = suiteOnDisk('Disk')

for (const io of ways) {
  disk(`(${io}) stats a file`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'text')
    const { mtimeMs, ctimeMs, birthtimeMs, ino } = await stat(file)
    assert.equal(await new Disk(io).stat(file), ok({ modified: mtimeMs, changed: ctimeMs, inode: ino, born: birthtimeMs, size: 4 }))
  })

  disk(`(${io}) reads the text of a file`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'é\u{1F600}')
    assert.equal(await new Disk(io).read(file, 6), ok('é\u{1F600}'))
  })

  disk(`(${io}) fails for what is not UTF-8`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, Buffer.from([0x7b, 0xff, 0x7d]))
    assert.is(failureOf(await new Disk(io).read(file, 3)).message, 'it is not UTF-8')
  })

  disk(`(${io}) reads a large file whole`, async ({ directory }) => {
    const file = join(directory, 'file')
    const text = 'x'.repeat(1_000_000)
    await writeFile(file, text)
    assert.equal(await new Disk(io).read(file, text.length), ok(text))
  })

  disk(`(${io}) gives a file its time`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'text')
    assert.equal(await new Disk(io).touch(file, 1_893_553_445_678), ok(undefined))
    const { mtime, atime } = await stat(file)
    assert.equal([mtime, atime].map(time => time.toISOString()), ['2030-01-02T03:04:05.678Z', '2030-01-02T03:04:05.678Z'])
    assert.is(await readFile(file, 'utf8'), 'text')
  })

  disk(`(${io}) finds null where there is no file`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), 'text')
    await symlink(join(directory, 'nowhere'), join(directory, 'dangling'))
    for (const name of ['absent', 'absent/absent', 'file/absent', 'dangling']) {
      const file = join(directory, name)
      assert.equal(await new Disk(io).stat(file), ok(null))
      assert.equal(await new Disk(io).read(file, 1), ok(null))
      assert.equal(await new Disk(io).touch(file, 0), ok(null))
    }
    assert.equal(await namesIn(directory), ['dangling', 'file'])
  })

  disk(`(${io}) fails for a directory in the place of a file`, async ({ directory }) => {
    assert.is(failureOf(await new Disk(io).stat(directory)).message, 'it is not a regular file')
    assert.is(failureOf(await new Disk(io).read(directory, 1)).code, 'EISDIR')
  })

  disk(`(${io}) fails with what the disk says`, async ({ directory }) => {
    const loop = join(directory, 'loop')
    await symlink(loop, loop)
    for (const answer of [new Disk(io).stat(loop), new Disk(io).read(loop, 1), new Disk(io).touch(loop, 0)]) {
      assert.is(failureOf(await answer).code, 'ELOOP')
    }
  })
}

disk('answers at once, when it may and the disk is fast', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (const name of ['file', 'absent']) {
    const { calls, log } = watched()
    const fast = new Disk('auto', { ...calls, now: () => 0 })
    const answers = [fast.stat(join(directory, name)), fast.read(join(directory, name), 4), fast.touch(join(directory, name), 0)]
    assert.equal(answers.map(answer => answer instanceof ResultAsync), [false, false, false])
    assert.equal(log, ['statSync', 'readSync', 'touchSync'])
  }
})

disk('answers later, unless told otherwise', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (const io of ['async', undefined] as const) {
    const { calls, log } = watched()
    const patient = new Disk(io, calls)
    const answers = [patient.stat(file), patient.read(file, 4), patient.touch(file, 0)]
    assert.equal(answers.map(answer => answer instanceof ResultAsync), [true, true, true])
    assert.equal(log, ['stat', 'read', 'touch'])
    await Promise.all(answers)
  }
})

disk('reads what is larger than 256 KiB through the thread pool', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  const { calls, log } = watched()
  const fast = new Disk('auto', { ...calls, now: () => 0 })
  await fast.read(file, 262_144)
  await fast.read(file, 262_145)
  assert.equal(log, ['readSync', 'read'])
})

for (const io of ways) {
  for (const flush of [false, true]) {
    disk(`(${io}) creates a file of a mode and a time${flush ? ', which is on the device' : ''}, and gives its stamp`, async ({ directory }) => {
      const file = join(directory, 'file')
      const stamp = await new Disk(io).create(file, 'é\u{1F600}', 1_893_553_445_678, { mode: 0o640, flush })
      assert.equal(stamp, await stampOf(file))
      const { mode, mtime, atime } = await stat(file)
      assert.equal([mode & 0o777, mtime.toISOString(), atime.toISOString()], [0o640, '2030-01-02T03:04:05.678Z', '2030-01-02T03:04:05.678Z'])
      assert.is(await readFile(file, 'utf8'), 'é\u{1F600}')
    })
  }

  disk(`(${io}) creates a large file whole`, async ({ directory }) => {
    const file = join(directory, 'file')
    const text = 'x'.repeat(1_000_000)
    assert.is((await new Disk(io).create(file, text, 0, { mode: 0o600, flush: false })).size, 1_000_000)
    assert.is(await readFile(file, 'utf8'), text)
  })
}

disk('fills what it created at once, when the disk is fast, it is small, and not to be flushed', async ({ directory }) => {
  const { calls, log } = watched()
  const fast = new Disk('auto', { ...calls, now: () => 0 })
  const texts: ReadonlyArray<readonly [text: string, flush: boolean]> = [['x'.repeat(262_144), false], ['x'.repeat(262_145), false], ['x', true]]
  for (const [index, [text, flush]] of texts.entries()) await fast.create(join(directory, String(index)), text, 0, { mode: 0o600, flush })
  await new Disk('async', calls).create(join(directory, 'async'), 'x', 0, { mode: 0o600, flush: false })
  assert.equal(log, ['create', 'fillSync', 'create', 'fill', 'create', 'fill', 'create', 'fill'])
})

disk('creates no file over another', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  assert.is((await rejection(new Disk().create(file, 'other', 0, alone))).code, 'EEXIST')
  assert.is(await readFile(file, 'utf8'), 'text')
})

disk('creates no file through a link', async ({ directory }) => {
  await symlink(join(directory, 'target'), join(directory, 'link'))
  assert.is((await rejection(new Disk().create(join(directory, 'link'), 'text', 0, alone))).code, 'EEXIST')
  assert.equal(await namesIn(directory), ['link'])
})

disk('renames over what is there', async ({ directory }) => {
  const [from, to] = [join(directory, 'from'), join(directory, 'to')]
  await writeFile(from, 'new')
  await writeFile(to, 'old')
  await new Disk().rename(from, to)
  assert.equal(await namesIn(directory), ['to'])
  assert.is(await readFile(to, 'utf8'), 'new')
})

for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
  disk(`tries to rename again while what is there is held open (${code})`, async ({ directory }) => {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')]
    await writeFile(from, 'new')
    let left = 2
    const held: Calls['rename'] = (async (from: string, to: string) => {
      if (left-- > 0) throw Object.assign(new Error('held open'), { code })
      await nodeCalls.rename(from, to)
    }) as Calls['rename']
    await new Disk('auto', { ...nodeCalls, rename: held, now: () => 0 }).rename(from, to)
    assert.is(left, -1)
    assert.equal(await namesIn(directory), ['to'])
  })
}

disk('gives up on what is held open after a second', async () => {
  let time = 5_000
  let tried = 0
  const rename = (async () => {
    tried++
    time += 400
    throw Object.assign(new Error('held open'), { code: 'EBUSY' })
  }) as unknown as Calls['rename']
  assert.is((await rejection(new Disk('auto', { ...nodeCalls, rename, now: () => time }).rename('from', 'to'))).code, 'EBUSY')
  assert.is(tried, 3)
})

disk('gives up when the next try would be too late', async () => {
  for (const [took, tries] of [[995, 2], [996, 1]] as const) {
    let [time, tried] = [5_000, 0]
    const rename = (async () => {
      tried++
      time += took
      throw Object.assign(new Error('held open'), { code: 'EBUSY' })
    }) as unknown as Calls['rename']
    await rejection(new Disk('auto', { ...nodeCalls, rename, now: () => time }).rename('from', 'to'))
    assert.is(tried, tries)
  }
})

disk('waits twice as long each time for what is held open', async () => {
  const tried: number[] = []
  const rename = (async () => {
    if (tried.push(performance.now()) < 5) throw Object.assign(new Error('held open'), { code: 'EBUSY' })
  }) as unknown as Calls['rename']
  await new Disk('auto', { ...nodeCalls, rename, now: () => 0 }).rename('from', 'to')
  // 5, 10, 20 and 40 ms; a timer may come a millisecond early, and as late as it likes.
  assert.ok(tried.at(-1)! - tried[0]! > 70)
})

disk('gives up at once on a rename that is refused for good', async ({ directory }) => {
  const { calls, log } = watched()
  assert.is((await rejection(new Disk('auto', calls).rename(join(directory, 'absent'), join(directory, 'to')))).code, 'ENOENT')
  assert.equal(log, ['rename'])
})

disk('removes a file, and says whether there was one', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  assert.is(await new Disk().remove(file), true)
  assert.is(await new Disk().remove(file), false)
  assert.is(await new Disk().remove(join(file, 'absent')), false)
  assert.equal(await namesIn(directory), [])
})

disk('removes no directory', async ({ directory }) => {
  await mkdir(join(directory, 'inner'))
  assert.match((await rejection(new Disk().remove(join(directory, 'inner')))).code, /^(EISDIR|EPERM)$/)
  assert.equal(await namesIn(directory), ['inner'])
})

disk('claims a name once, with the time that it is told', async ({ directory }) => {
  const file = join(directory, 'claim')
  for (const io of ways) {
    assert.is(await new Disk(io).claim(file, 1_893_553_445_678), io === 'auto')
    const { mode, mtime, size } = await stat(file)
    assert.equal([mode & 0o777, mtime.toISOString(), size], [0o600, '2030-01-02T03:04:05.678Z', 0])
  }
  assert.is((await rejection(new Disk().claim(join(directory, 'absent', 'claim'), 0))).code, 'ENOENT')
})

disk('waits for no device when it claims a name', async ({ directory }) => {
  const { calls, log } = watched()
  await new Disk('auto', { ...calls, now: () => 0 }).claim(join(directory, 'claim'), 0)
  assert.equal(log, ['create', 'fillSync'])
})

disk('claims a name for one of many at once', async ({ directory }) => {
  const claims = await Promise.all(Array.from({ length: 50 }, () => new Disk().claim(join(directory, 'claim'), 0)))
  assert.is(claims.filter(Boolean).length, 1)
})

disk('goes through the files of a directory by its calls', async ({ directory }) => {
  await writeFile(join(directory, 'one'), '')
  const { calls, log } = watched()
  for await (const names of new Disk('auto', calls).files(directory)) assert.equal(names, ['one'])
  assert.equal(log, ['openDirectory'])
})

disk('opens no more than 64 files at once', async ({ directory }) => {
  let [opened, most] = [0, 0]
  const counted = async <T>(call: () => Promise<T>) => {
    most = Math.max(most, ++opened)
    try {
      return await call()
    } finally {
      opened--
    }
  }
  const disk = new Disk('async', {
    ...nodeCalls,
    read: file => counted(() => nodeCalls.read(file)),
    fill: (...parameters) => counted(() => nodeCalls.fill(...parameters))
  })
  const files = Array.from({ length: 300 }, (_, index) => join(directory, String(index)))
  await Promise.all(files.map(file => disk.create(file, file, 0, alone)))
  assert.equal(await Promise.all(files.map(async file => valueOf(await disk.read(file, 1)))), files)
  assert.is(most, 64)
})

disk('makes a directory and those above it, with their mode', async ({ directory }) => {
  assert.is(await new Disk().makeDirectory(join(directory, 'outer', 'inner'), 0o700), join(directory, 'outer'))
  for (const made of ['outer', 'outer/inner']) assert.is((await stat(join(directory, made))).mode & 0o777, 0o700)
})

disk('leaves a directory that exists as it is', async ({ directory }) => {
  await chmod(directory, 0o755)
  assert.is(await new Disk().makeDirectory(directory, 0o700), directory)
  assert.is((await stat(directory)).mode & 0o777, 0o755)
})

disk('flushes a directory', async ({ directory }) => {
  assert.is(await new Disk().flushDirectory(directory), undefined)
  assert.is(await new Disk().flushDirectory(join(directory, 'absent')), undefined)
  await writeFile(join(directory, 'file'), '')
  const disk = new Disk('async', { ...nodeCalls, flushDirectory: async () => { throw Object.assign(new Error('no'), { code: 'EIO' }) } })
  assert.is((await rejection(disk.flushDirectory(directory))).code, 'EIO')
})

// The one directory that opens and never flushes; only Linux has it, and shows what is open.
if (existsSync('/proc/self/fd')) {
  disk('leaves nothing open, even what does not flush, cannot be filled or is not gone through', async ({ directory }) => {
    const open = (await readdir('/proc/self/fd')).length
    for (let time = 0; time < 20; time++) {
      assert.is((await rejection(new Disk().flushDirectory('/proc'))).code, 'EINVAL')
      for (const io of ways) {
        const disk = new Disk(io)
        await disk.create(join(directory, `${time} ${io}`), 'text', 0, alone)
        assert.match((await rejection(disk.create(join(directory, `${time} ${io} never`), 'text', NaN, alone))).message, /time/)
        for await (const names of disk.files(directory)) if (names.length > 0) break
      }
    }
    assert.ok((await readdir('/proc/self/fd')).length < open + 20)
  })
}

disk.run()
