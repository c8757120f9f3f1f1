import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledErr, settledOk } from '../../src/async/result.ts'
import { replaceFileAtomic } from '../../src/fs/atomic.ts'
import { inDirectory, makeDirectory } from '../../src/fs/directory.ts'
import { Disk, type Io } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { createEmptyFile } from '../../src/owner/empty-file.ts'
import { failureOf, namesIn, runModule, suiteOnDisk, systemError, until, valueOf, watched } from '../support.ts'

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

// Between two calls to the system another process may remove what the first has made. `node:fs` is changed before the module
// is loaded, as it takes its calls from there.
for (const io of ways) {
  test(`(${io}) does not fail when the directory is removed right after it was made`, async ({ directory }) => {
    const { code, output, errors } = await runModule(`
      import fs from 'node:fs'
      import { syncBuiltinESMExports } from 'node:module'
      const [io, directory] = process.argv.slice(1)
      const { mkdir, mkdirSync } = fs
      fs.mkdirSync = (...given) => { const first = mkdirSync(...given); fs.rmdirSync(directory); return first }
      fs.mkdir = (path, options, done) => mkdir(path, options, (error, first) => { fs.rmdirSync(directory); done(error, first) })
      syncBuiltinESMExports()
      const { Disk } = await import('../src/fs/disk.ts')
      const { makeDirectory } = await import('../src/fs/directory.ts')
      for (const durable of [false, true]) {
        const result = await makeDirectory(directory, { directoryMode: 0o777, durable }, new Disk(io))
        console.log(result.match(() => 'made', cause => cause.stack))
      }
    `, [io, join(directory, 'owner')])
    assert.equal([code, output, errors], [0, 'made\nmade\n', ''])
    assert.equal(await namesIn(directory), [])
  })

  test(`(${io}) files are created in a directory that another process removes whenever it is empty`, async ({ directory }) => {
    const owner = join(directory, 'owner')
    const remover = spawn(process.execPath, ['-e', `
      const { rmdirSync } = require('node:fs')
      const pause = new Int32Array(new SharedArrayBuffer(4))
      let removals = 0
      setInterval(() => process.stdout.write(removals + ' '), 50)
      setInterval(() => {
        for (const start = Date.now(); Date.now() < start + 20;) {
          try { rmdirSync(process.argv[1]); removals++; Atomics.wait(pause, 0, 0, 1) } catch {}
        }
      })
    `, owner])
    let removals = ''
    remover.stdout.on('data', text => { removals += text })
    try {
      await until(() => removals.includes('0 '))
      const disk = new Disk(io)
      const options = { disk, model: directory, directoryMode: 0o700 }
      const times = { atimeMs: 1_000, mtimeMs: 2_000 }
      for (let count = 0; count < 500; count++) {
        valueOf(await createEmptyFile(join(owner, 'pointer'), times, options))
        await rm(join(owner, 'pointer'))
        valueOf(await replaceFileAtomic(join(owner, 'session.json'), { text: '{}', times, expected: null }, disk, {}))
        await rm(join(owner, 'session.json'))
      }
      await until(() => Number(removals.trim().split(' ').at(-1)) > 0)
    } finally {
      remover.kill()
    }
  })
}

test('inDirectory makes the directory and the call again, up to a hundred times, while the directory is missing', async ({ directory }) => {
  const inner = join(directory, 'inner')
  for (const removals of [0, 1, 98, 99]) {
    let [calls, made] = [0, 0]
    const result = await inDirectory(
      () => {
        calls++
        return new Disk('async').create(join(inner, 'file'), { text: '', mode: 0o600, times: { atimeMs: 0, mtimeMs: 0 }, flush: false })
      },
      () => makeDirectory(inner, { directoryMode: 0o700, durable: false }, new Disk('async')).andThrough(() => {
        if (made++ >= removals) return settledOk(undefined)
        return new Disk('async').removeDirectory(inner)
      })
    )
    if (removals < 99) assert.equal([result.isOk(), calls, made, await namesIn(inner)], [true, removals + 2, removals + 1, ['file']])
    else assert.equal([failureOf(result).code, calls, made, await namesIn(directory)], ['ENOENT', 100, 99, []])
    await rm(inner, { recursive: true, force: true })
  }
})

test('inDirectory makes nothing for other failures, and ends with that of making the directory', async () => {
  const log: string[] = []
  const failing = (name: string, code: string) => () => {
    log.push(name)
    return settledErr(systemError(code))
  }
  assert.is(failureOf(await inDirectory(failing('call', 'EACCES'), failing('make', 'EIO'))).code, 'EACCES')
  assert.equal(log.splice(0), ['call'])
  assert.is(failureOf(await inDirectory(failing('call', 'ENOENT'), failing('make', 'EROFS'))).code, 'EROFS')
  assert.equal(log.splice(0), ['call', 'make'])
  assert.is(failureOf(await inDirectory(failing('call', 'ENOENT'), failing('make', 'ENOENT'))).code, 'ENOENT')
  assert.equal(log, ['call', 'make'])
})

test('is tried again while another process removes a directory above, and given up after eight attempts', async ({ directory }) => {
  for (const io of ways) {
    for (const failures of [7, 8]) {
      let [attempts, made] = [0, join(directory, io, String(failures))]
      const refuse = () => { if (attempts++ < failures) throw systemError('ENOENT') }
      const calls: FsCalls = {
        ...nodeFs,
        makeDirectorySync (name, mode) {
          refuse()
          return nodeFs.makeDirectorySync(name, mode)
        },
        async makeDirectory (name, mode) {
          refuse()
          return await nodeFs.makeDirectory(name, mode)
        }
      }
      const result = await makeDirectory(made, { directoryMode: 0o700, durable: false }, new Disk(io, { calls }))
      assert.equal([result.isOk(), attempts, existsSync(made)], [failures === 7, 8, failures === 7])
    }
  }
})

test('nothing is tried for long in a path that cannot be made', async ({ directory }) => {
  await symlink('nowhere', join(directory, 'link'))
  await writeFile(join(directory, 'file'), '')
  for (const path of ['link', 'file', 'file/below']) {
    const { calls, log } = watched()
    const replacement = { text: '{}', times: { atimeMs: 0, mtimeMs: 0 }, expected: null }
    assert.match(failureOf(await replaceFileAtomic(join(directory, path, 'a.json'), replacement, new Disk('auto', { calls: { ...calls, now: () => 0 } }), {})).code, /^(ENOENT|ENOTDIR|EEXIST)$/)
    assert.ok(log.length <= 10, `${path}: ${log.length} calls`)
  }
})

test.run()
