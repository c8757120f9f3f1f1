import { chmod, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../../src/async/result.ts'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { createEmptyFile } from '../../src/owner/empty-file.ts'
import { failureOf, namesIn, suiteOnDisk, systemError, watched } from '../support.ts'

const test = suiteOnDisk('createEmptyFile')

const time = 1_893_553_440_250
const times = { atimeMs: 5_000, mtimeMs: time }

const optionsOf = (calls: Partial<FsCalls> = {}) => ({ disk: new Disk('auto', { calls: { ...nodeFs, now: () => 0, ...calls } }), model: '/absent', directoryMode: 0o750 })

test('creates a private file that was modified at the time, and its directory', async ({ directory }) => {
  const file = join(directory, 'inner', 'file')
  const result = createEmptyFile(file, times, optionsOf())
  assert.equal(settledResult(result), ok(undefined))
  const { mode, mtimeMs, size } = await stat(file)
  assert.equal([mode & 0o777, Math.round(mtimeMs), size], [0o600, time, 0])
  assert.is((await stat(dirname(file))).mode & 0o777, 0o750)
})

test('gives a file that exists the time, and leaves its content', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  await utimes(file, 0, 0)
  for (const disk of [new Disk('auto'), new Disk('async')]) {
    assert.equal(await createEmptyFile(file, times, { disk, model: '/absent', directoryMode: 0o700 }), ok(undefined))
    assert.equal([Math.round((await stat(file)).mtimeMs), await readFile(file, 'utf8')], [time, 'text'])
  }
})

test('keeps the access time of a file that has the same, and otherwise sets it to 0', async ({ directory }) => {
  const file = join(directory, 'file')
  for (const [atimeMs, expected] of [[5_000, 5_000], [5_000, 5_000], [6_000, 0], [5_000, 0]] as const) {
    assert.equal(await createEmptyFile(file, { atimeMs, mtimeMs: time }, optionsOf()), ok(undefined))
    assert.is((await stat(file)).atimeMs, expected)
  }
})

test('succeeds for the file of another user, whose times cannot be set', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  assert.equal(await createEmptyFile(file, times, optionsOf({ setTimesSync: () => { throw systemError('EPERM') } })), ok(undefined))
})

test('makes the directory again when another process removes it as empty, and gives up after a hundred attempts', async ({ directory }) => {
  let removals = 98
  const { calls, log } = watched({
    ...nodeFs,
    makeDirectorySync: (made, mode) => {
      const first = nodeFs.makeDirectorySync(made, mode)
      if (removals-- > 0) nodeFs.removeDirectorySync(made)
      return first
    }
  })
  const attempts = () => log.filter(name => name === 'openNewSync').length
  assert.equal(await createEmptyFile(join(directory, 'ada', 'a'), times, optionsOf({ ...calls, now: () => 0 })), ok(undefined))
  assert.equal([attempts(), await namesIn(join(directory, 'ada'))], [100, ['a']])
  log.length = 0
  removals = Infinity
  assert.is(failureOf(await createEmptyFile(join(directory, 'bob', 'a'), times, optionsOf({ ...calls, now: () => 0 }))).code, 'ENOENT')
  assert.equal([attempts(), await namesIn(directory)], [100, ['ada']])
})

test('creates a file again that another process removes before its times are set', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  let isFirst = true
  const setTimesSync: FsCalls['setTimesSync'] = (file, times) => {
    if (isFirst) nodeFs.removeSync(file)
    isFirst = false
    nodeFs.setTimesSync(file, times)
  }
  assert.equal(await createEmptyFile(file, times, optionsOf({ setTimesSync })), ok(undefined))
  assert.equal([isFirst, await readFile(file, 'utf8')], [false, ''])
})

test('gives up after eight attempts when the file exists and is gone in turn', async ({ directory }) => {
  let creations = 0
  const openNewSync = () => {
    creations++
    throw systemError('EEXIST')
  }
  const failure = failureOf(await createEmptyFile(join(directory, 'file'), times, optionsOf({ openNewSync, setTimesSync: () => { throw systemError('ENOENT') } })))
  assert.equal([failure.code, creations], ['EEXIST', 8])
})

test('makes a missing directory with the mode of the model, whatever the umask, and flushes its name when told to', async ({ directory }) => {
  const umask = process.umask(0o077)
  try {
    const flushed: string[] = []
    const calls = { ...nodeFs, now: () => 0, flushDirectory: async (name: string) => { flushed.push(name.slice(directory.length)) } }
    const modeOf = async (name: string) => (await stat(join(directory, name))).mode & 0o7777
    for (const [io, durable] of [['auto', false], ['async', true]] as const) {
      const model = join(directory, io)
      await mkdir(model)
      await chmod(model, 0o2770)
      assert.equal(await createEmptyFile(join(model, 'ada', 'a'), times, { disk: new Disk(io, { calls }), model, directoryMode: 0o700, durable }), ok(undefined))
      // The system gives a directory the setgid bit of the one above it.
      assert.is(await modeOf(`${io}/ada`), 0o2770)
      assert.equal(flushed, durable ? ['/async'] : [])
      assert.equal(await createEmptyFile(join(directory, `${io}-other`, 'a'), times, { disk: new Disk(io, { calls }), model: join(directory, 'absent'), directoryMode: 0o750 }), ok(undefined))
      assert.is(await modeOf(`${io}-other`), 0o750)
    }
  } finally {
    process.umask(umask)
  }
})

test('fails with the error of the system when the file or its directory cannot be created', async ({ directory }) => {
  const refuse = () => { throw systemError('EACCES') }
  for (const call of ['openNewSync', 'makeDirectorySync', 'directoryModeSync'] as const) {
    const { calls, log } = watched({ ...nodeFs, [call]: refuse })
    assert.is(failureOf(await createEmptyFile(join(directory, 'absent', 'file'), times, optionsOf({ ...calls, now: () => 0 }))).code, 'EACCES')
    assert.is(log.filter(name => name === call).length, 1)
  }
  await mkdir(join(directory, 'inner'))
  await writeFile(join(directory, 'inner', 'file'), '')
  assert.is(failureOf(await createEmptyFile(join(directory, 'inner', 'file', 'below'), times, optionsOf())).code, 'EEXIST')
})

test.run()
