import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../../src/async/result.ts'
import { replaceFileAtomic, type Replacement } from '../../src/fs/atomic.ts'
import { Disk, type Io } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import type { FileVersion } from '../../src/fs/version.ts'
import { clockTick, failureOf, namesIn, suiteOnDisk, systemError, valueOf, versionOf, watched } from '../support.ts'

const ways: readonly Io[] = ['auto', 'async']

const times = { atimeMs: 1_893_553_445_678, mtimeMs: 1_893_553_440_250 }
const replacement: Replacement = { text: 'new', times, expected: null }

/** Calls of which the named ones are refused, as many times as told. */
function refusing (names: ReadonlyArray<keyof FsCalls>, code = 'ENOSPC', times = Infinity): FsCalls {
  const refused = names.map(name => {
    let left = times
    const call = (...parameters: unknown[]) => {
      if (left-- > 0) throw systemError(code)
      return (nodeFs[name] as Function)(...parameters)
    }
    return [name, name.endsWith('Sync') ? call : async (...parameters: unknown[]) => call(...parameters)]
  })
  return { ...nodeFs, ...Object.fromEntries(refused) }
}

const test = suiteOnDisk('replaceFileAtomic')

for (const io of ways) {
  test(`(${io}) creates a file with its text, times and mode, and leaves nothing else`, async ({ directory }) => {
    const file = join(directory, 'file')
    const version = valueOf(await replaceFileAtomic(file, replacement, new Disk(io), {}))
    const { ctimeMs, ...rest } = await versionOf(file)
    assert.equal({ ...version, ctimeMs: 0 }, { ...rest, ctimeMs: 0 })
    assert.ok(version!.ctimeMs <= ctimeMs, 'before the rename')
    assert.is((await stat(file)).mode & 0o777, 0o600)
    assert.equal([Math.round(rest.mtimeMs), Math.round(rest.atimeMs)], [times.mtimeMs, times.atimeMs])
    assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], ['new', ['file']])
  })

  test(`(${io}) replaces a file by another one, and a link without what it points to`, async ({ directory }) => {
    const [file, link] = [join(directory, 'file'), join(directory, 'link')]
    await writeFile(file, 'old')
    await symlink(file, link)
    const { ino } = await stat(file)
    valueOf(await replaceFileAtomic(link, { ...replacement, text: 'of the link' }, new Disk(io), {}))
    assert.is(await readFile(file, 'utf8'), 'old')
    valueOf(await replaceFileAtomic(file, replacement, new Disk(io), {}))
    assert.equal([await readFile(file, 'utf8'), await readFile(link, 'utf8')], ['new', 'of the link'])
    assert.is.not((await stat(file)).ino, ino)
  })

  test(`(${io}) replaces a file only while it is as expected`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'old')
    const found = await versionOf(file)
    const asked: Array<FileVersion | null> = []
    const answer = (isExpected: boolean) => (version: FileVersion | null) => {
      asked.push(version)
      return isExpected
    }
    assert.equal(await replaceFileAtomic(file, { ...replacement, expected: answer(false) }, new Disk(io), {}), ok(null))
    assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], ['old', ['file']])
    assert.is.not(valueOf(await replaceFileAtomic(file, { ...replacement, expected: answer(true) }, new Disk(io), {})), null)
    assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], ['new', ['file']])
    assert.equal(await replaceFileAtomic(join(directory, 'absent'), { ...replacement, expected: answer(false) }, new Disk(io), {}), ok(null))
    // Reading it in between has set its access time.
    assert.equal(asked.map(version => version && { ...version, atimeMs: 0 }), [...Array.from({ length: 2 }, () => ({ ...found, atimeMs: 0 })), null])
  })

  test(`(${io}) makes a missing directory, with those above it`, async ({ directory }) => {
    const file = join(directory, 'outer', 'inner', 'file')
    valueOf(await replaceFileAtomic(file, replacement, new Disk(io), {}))
    assert.is(await readFile(file, 'utf8'), 'new')
    for (const made of [dirname(file), dirname(dirname(file))]) assert.is((await stat(made)).mode & 0o777, 0o700)
  })

  test(`(${io}) creates the file and the directory with the given modes`, async ({ directory }) => {
    const file = join(directory, 'inner', 'file')
    valueOf(await replaceFileAtomic(file, replacement, new Disk(io), { fileMode: 0o660, directoryMode: 0o750 }))
    assert.equal([(await stat(file)).mode & 0o777, (await stat(dirname(file))).mode & 0o777], [0o660, 0o750])
  })

  const steps = io === 'auto' ? ['openNewSync', 'fillSync', 'renameSync'] as const : ['openNew', 'fill', 'rename'] as const

  for (const step of steps) {
    test(`(${io}) fails when ${step} is refused, and leaves the old file and nothing else`, async ({ directory }) => {
      const file = join(directory, 'file')
      await writeFile(file, 'old')
      const before = await versionOf(file)
      const failure = failureOf(await replaceFileAtomic(file, replacement, new Disk(io, { calls: refusing([step]) }), {}))
      assert.is(failure.code, 'ENOSPC')
      assert.equal(await versionOf(file), before)
      assert.equal(await namesIn(directory), ['file'])
      assert.is.not(valueOf(await replaceFileAtomic(file, replacement, new Disk(io), {})), null)
    })
  }

  test(`(${io}) fails when the look before the rename is refused, and leaves the old file and nothing else`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'old')
    const disk = new Disk(io, { calls: refusing(['stat', 'statSync'], 'EIO') })
    assert.is(failureOf(await replaceFileAtomic(file, { ...replacement, expected: () => true }, disk, {})).code, 'EIO')
    assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], ['old', ['file']])
  })

  test(`(${io}) tells the first failure when it cannot clean up either`, async ({ directory }) => {
    const file = join(directory, 'file')
    const calls = { ...refusing(['rename', 'renameSync'], 'EDQUOT'), ...pick(refusing(['remove', 'removeSync'], 'EIO'), ['remove', 'removeSync']) }
    assert.is(failureOf(await replaceFileAtomic(file, replacement, new Disk(io, { calls }), {})).code, 'EDQUOT')
    const [name] = await namesIn(directory)
    assert.match(name!, /^\..+\.tmp$/)
  })

  test(`(${io}) fails when the directory cannot be made`, async ({ directory }) => {
    await writeFile(join(directory, 'inner'), 'text')
    const failure = failureOf(await replaceFileAtomic(join(directory, 'inner', 'file'), replacement, new Disk(io), {}))
    assert.match(failure.code, /^(EEXIST|ENOTDIR)$/)
    assert.is(await readFile(join(directory, 'inner'), 'utf8'), 'text')
  })

  test(`(${io}) fails when the temporary file goes away`, async ({ directory }) => {
    const clear = async () => { for (const name of await namesIn(directory)) await rm(join(directory, name)) }
    const calls: FsCalls = {
      ...nodeFs,
      stat: async file => {
        await clear()
        return await nodeFs.stat(file)
      }
    }
    const failure = failureOf(await replaceFileAtomic(join(directory, 'file'), { ...replacement, expected: () => true }, new Disk('async', { calls }), {}))
    assert.equal([failure.code, await namesIn(directory)], ['ENOENT', []])
  })

  test(`(${io}) leaves the whole text of one of many that write at the same time`, async ({ directory }) => {
    const file = join(directory, 'file')
    const texts = Array.from({ length: 50 }, (_, index) => String(index).repeat(1_000))
    const results = await Promise.all(texts.map(text => replaceFileAtomic(file, { ...replacement, text }, new Disk(io), {})))
    assert.ok(results.every(result => result.isOk()))
    assert.ok(texts.includes(await readFile(file, 'utf8')))
    assert.equal(await namesIn(directory), ['file'])
  })
}

function pick (calls: FsCalls, names: ReadonlyArray<keyof FsCalls>): Partial<FsCalls> {
  return Object.fromEntries(names.map(name => [name, calls[name]]))
}

const isThere = (version: FileVersion | null) => version !== null

for (const io of ways) {
  test(`(${io}) makes no directory in which a file is expected`, async ({ directory }) => {
    assert.equal(await replaceFileAtomic(join(directory, 'absent', 'file'), { ...replacement, expected: isThere }, new Disk(io), {}), ok(null))
    assert.equal(await namesIn(directory), [])
  })

  test(`(${io}) begins again when the directory is moved away before the rename`, async ({ directory }) => {
    const file = join(directory, 'inner', 'file')
    for (const expected of [null, isThere]) {
      await mkdir(dirname(file))
      await writeFile(file, 'old')
      let moves = 0
      const move = () => { if (moves++ === 0) renameSync(dirname(file), join(directory, 'moved')) }
      const calls: FsCalls = {
        ...nodeFs,
        renameSync (from, to) {
          move()
          nodeFs.renameSync(from, to)
        },
        async rename (from, to) {
          move()
          await nodeFs.rename(from, to)
        }
      }
      const version = valueOf(await replaceFileAtomic(file, { ...replacement, expected }, new Disk(io, { calls }), {}))
      assert.is(await readFile(join(directory, 'moved', 'file'), 'utf8'), 'old')
      // What is not there any more is not made again, unless the file may be a new one.
      if (expected === null) assert.equal([version === null, await readFile(file, 'utf8')], [false, 'new'])
      else assert.equal([version, await namesIn(directory)], [null, ['moved']])
      await rm(join(directory, 'inner'), { recursive: true, force: true })
      await rm(join(directory, 'moved'), { recursive: true })
    }
  })

  test(`(${io}) fails when the temporary file is gone three times`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'old')
    const disk = (times: number) => new Disk(io, { calls: refusing(['renameSync', 'rename'], 'ENOENT', times) })
    assert.is(failureOf(await replaceFileAtomic(file, replacement, disk(3), {})).code, 'ENOENT')
    assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], ['old', ['file']])
    assert.is.not(valueOf(await replaceFileAtomic(file, { ...replacement, expected: isThere }, disk(2), {})), null)
    assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], ['new', ['file']])
  })
}

test('is synchronous on a fast disk, unless it is to be durable', async ({ directory }) => {
  const disk = new Disk('auto', { calls: { ...nodeFs, now: () => 0 } })
  for (const expected of [null, () => true, () => false]) {
    assert.is.not(settledResult(replaceFileAtomic(join(directory, 'inner', 'file'), { ...replacement, expected }, disk, {})), undefined)
  }
  const durable = replaceFileAtomic(join(directory, 'inner', 'file'), replacement, disk, { durable: true })
  assert.is(settledResult(durable), undefined)
  assert.ok((await durable).isOk())
})

test('looks at the file directly before the rename', async ({ directory }) => {
  const { calls, log } = watched()
  valueOf(await replaceFileAtomic(join(directory, 'file'), { ...replacement, expected: () => true }, new Disk('async', { calls }), {}))
  assert.equal(log, ['openNew', 'fill', 'stat', 'rename'])
})

for (const io of ways) {
  /** A disk on which a file is busy at the first `times` renames, after each of which `then` is called. */
  const busy = (times: number, then: () => void) => {
    const rename = (call: () => void) => {
      if (times-- <= 0) return call()
      then()
      throw systemError('EBUSY')
    }
    return new Disk(io, { calls: { ...nodeFs, renameSync: (...names) => rename(() => nodeFs.renameSync(...names)), rename: async (...names) => rename(() => nodeFs.renameSync(...names)) } })
  }

  test(`(${io}) tries again while another program has the file open`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'old')
    const expected = (version: FileVersion | null) => version !== null
    assert.is.not(valueOf(await replaceFileAtomic(file, { ...replacement, expected }, busy(2, () => {}), {})), null)
    assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], ['new', ['file']])
  })

  test(`(${io}) looks again before it tries again: the file may have been removed or replaced meanwhile`, async ({ directory }) => {
    const file = join(directory, 'file')
    for (const [change, left] of [[() => rmSync(file), []], [() => writeFileSync(file, 'other'), ['file']]] as const) {
      await writeFile(file, 'old')
      const { ctimeMs } = await versionOf(file)
      await clockTick(file)
      const expected = (version: FileVersion | null) => version?.ctimeMs === ctimeMs
      assert.equal(await replaceFileAtomic(file, { ...replacement, expected }, busy(1, change), {}), ok(null))
      assert.equal(await namesIn(directory), left)
    }
    assert.is(await readFile(file, 'utf8'), 'other')
  })
}

test('makes the directory only after it was found to be missing', async ({ directory }) => {
  const { calls, log } = watched()
  valueOf(await replaceFileAtomic(join(directory, 'inner', 'file'), replacement, new Disk('async', { calls }), {}))
  assert.equal(log, ['openNew', 'makeDirectory', 'openNew', 'fill', 'rename'])
})

test('creates the temporary file with its mode, never with a wider one', async ({ directory }) => {
  const modes: number[] = []
  const openNew: FsCalls['openNew'] = async (file, mode) => {
    const descriptor = await nodeFs.openNew(file, mode)
    modes.push((await stat(file)).mode & 0o777)
    return descriptor
  }
  valueOf(await replaceFileAtomic(join(directory, 'file'), replacement, new Disk('async', { calls: { ...nodeFs, openNew } }), {}))
  assert.equal(modes, [0o600])
})

test('flushes a durable file, and the directories above each one that it made', async ({ directory }) => {
  const flushed: string[] = []
  const calls: FsCalls = {
    ...nodeFs,
    fill: async (file, descriptor, content) => {
      if (content.flush) flushed.push('file')
      return await nodeFs.fill(file, descriptor, content)
    },
    flushDirectory: async name => { flushed.push(name) }
  }
  const file = join(directory, 'a', 'b', 'c', 'file')
  valueOf(await replaceFileAtomic(file, replacement, new Disk('auto', { calls }), { durable: true }))
  // The caller flushes the directory of the file itself, after the rename.
  assert.equal(flushed, [...['a/b', 'a', ''].map(name => join(directory, name)), 'file'])
  flushed.length = 0
  valueOf(await replaceFileAtomic(file, replacement, new Disk('auto', { calls }), { durable: true }))
  assert.equal(flushed, ['file'])
})

test('flushes nothing unless told to', async ({ directory }) => {
  const calls: FsCalls = { ...nodeFs, flushDirectory: () => assert.unreachable() as never }
  valueOf(await replaceFileAtomic(join(directory, 'a', 'file'), replacement, new Disk('async', { calls }), {}))
})

test('fails when a directory that it made cannot be flushed, before there is a file', async ({ directory }) => {
  const disk = new Disk('async', { calls: refusing(['flushDirectory'], 'EIO') })
  const result = await replaceFileAtomic(join(directory, 'inner', 'file'), replacement, disk, { durable: true })
  assert.is(failureOf(result).code, 'EIO')
  assert.equal(await namesIn(join(directory, 'inner')), [])
})

test('leaves a directory in the place of the file as it is', async ({ directory }) => {
  const file = join(directory, 'file')
  await mkdir(join(file, 'inner'), { recursive: true })
  const result = await replaceFileAtomic(file, replacement, new Disk(), {})
  assert.match(failureOf(result).code, /^(EISDIR|ENOTEMPTY|EEXIST|EPERM|EACCES)$/)
  assert.equal([await namesIn(directory), await namesIn(file)], [['file'], ['inner']])
})

test('gives the failure of the expectation\'s look whole', async ({ directory }) => {
  const cause = systemError('EIO')
  const disk = new Disk('async', { calls: { ...nodeFs, stat: async () => { throw cause } } })
  const result = await replaceFileAtomic(join(directory, 'file'), { ...replacement, expected: () => true }, disk, {})
  assert.equal(result, err(cause))
  assert.is(failureOf(result), cause)
})

test.run()
