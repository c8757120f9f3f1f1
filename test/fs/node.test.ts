import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { NotUtf8, nodeFs, type NewFile } from '../../src/fs/node.ts'
import type { FileVersion } from '../../src/fs/version.ts'
import { namesIn, rejection, runModule, suiteOnDisk, versionOf } from '../support.ts'

const test = suiteOnDisk('nodeFs')

const at2030 = { atimeMs: 1_893_553_445_678, mtimeMs: 1_893_553_440_250 }
const newFile: NewFile = { text: 'é\u{1F600}', mode: 0o600, times: at2030, flush: false }

/** The error that `call` throws or rejects with. */
const failureOfCall = (call: () => unknown): Promise<any> => rejection((async () => call())())

type Create = (file: string, content: NewFile) => Promise<FileVersion>

const ways: ReadonlyArray<readonly [way: 'sync' | 'pool', create: Create]> = [
  ['sync', async (file, content) => nodeFs.fillSync(file, nodeFs.openNewSync(file, content.mode), content)],
  ['pool', async (file, content) => await nodeFs.fill(file, await nodeFs.openNew(file, content.mode), content)]
]

for (const [way, create] of ways) {
  const isSync = way === 'sync'
  const calls = {
    stat: (file: string) => isSync ? nodeFs.statSync(file) : nodeFs.stat(file),
    read: (file: string) => isSync ? nodeFs.readSync(file) : nodeFs.read(file),
    setTimes: (file: string) => isSync ? nodeFs.setTimesSync(file, at2030) : nodeFs.setTimes(file, at2030)
  }

  test(`(${way}) stats a regular file and refuses anything else`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), 'text')
    assert.equal(await calls.stat(join(directory, 'file')), await versionOf(join(directory, 'file')))
    assert.is((await failureOfCall(() => calls.stat(directory))).message, 'it is not a regular file')
  })

  test(`(${way}) reads UTF-8 and refuses anything else`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, newFile.text)
    assert.is(await calls.read(file), newFile.text)
    for (const bytes of [[0x7b, 0xff, 0x7d], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xae]]) {
      await writeFile(file, Buffer.from(bytes))
      const failure = await failureOfCall(() => calls.read(file))
      assert.instance(failure, NotUtf8)
      assert.is(failure.message, 'it is not valid UTF-8')
    }
  })

  test(`(${way}) sets both times of a file`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, 'text')
    await calls.setTimes(file)
    const { mtimeMs, atimeMs } = await stat(file)
    assert.equal([mtimeMs, atimeMs].map(Math.round), [at2030.mtimeMs, at2030.atimeMs])
  })

  test(`(${way}) fills a new file with its text, times and mode, and gives its version`, async ({ directory }) => {
    const file = join(directory, 'file')
    assert.equal(await create(file, newFile), await versionOf(file))
    const { mode, mtimeMs, atimeMs } = await stat(file)
    assert.equal([mode & 0o777, Math.round(mtimeMs), Math.round(atimeMs)], [0o600, at2030.mtimeMs, at2030.atimeMs])
    assert.is(await readFile(file, 'utf8'), newFile.text)
  })

  test(`(${way}) creates no file where there is one, or a link`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), 'text')
    await symlink(join(directory, 'absent'), join(directory, 'link'))
    for (const name of ['file', 'link']) {
      assert.is((await failureOfCall(() => create(join(directory, name), newFile))).code, 'EEXIST')
    }
    assert.equal(await namesIn(directory), ['file', 'link'])
    assert.is(await readFile(join(directory, 'file'), 'utf8'), 'text')
  })
}

for (const [way, create] of ways) {
  test(`(${way}) gives a new file its whole mode, whatever the umask`, async ({ directory }) => {
    const umask = process.umask()
    try {
      for (const mask of [0, 0o022, 0o077, 0o777]) {
        process.umask(mask)
        await create(join(directory, String(mask)), { ...newFile, mode: 0o660 })
        assert.is((await stat(join(directory, String(mask)))).mode & 0o777, 0o660)
      }
    } finally {
      process.umask(umask)
    }
  })
}

/**
 * Creates a file in each way with the mode 0o660 under the umask 0o007 or 0o077, in a process in which the given calls
 * of node:fs are refused. Resolves to the modes, the modification times, and the calls that were refused.
 */
async function createRefused (directory: string, umask: number, refusals: readonly string[]) {
  const { code, output, errors } = await runModule(`
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const [directory, umask, ...refusals] = process.argv.slice(1)
    process.umask(Number(umask))
    const refused = []
    for (const name of refusals.flatMap(name => [name + 'Sync', name])) {
      fs[name] = (...parameters) => {
        refused.push(name)
        const error = Object.assign(new Error('refused'), { code: 'EPERM' })
        if (name.endsWith('Sync')) throw error
        parameters.at(-1)(error)
      }
    }
    syncBuiltinESMExports()
    const { nodeFs } = await import('../src/fs/node.ts')
    const content = { text: '{}', mode: 0o660, times: { atimeMs: ${at2030.atimeMs}, mtimeMs: ${at2030.mtimeMs} }, flush: false }
    const [one, other] = [directory + '/one', directory + '/other']
    nodeFs.fillSync(one, nodeFs.openNewSync(one, content.mode), content)
    await nodeFs.fill(other, await nodeFs.openNew(other, content.mode), content)
    const stats = [one, other].map(file => fs.statSync(file))
    console.log(JSON.stringify({ modes: stats.map(({ mode }) => mode & 0o777), times: stats.map(({ mtimeMs }) => Math.round(mtimeMs)), refused }))
  `, [directory, String(umask), ...refusals])
  assert.is(code, 0, errors)
  return JSON.parse(output) as { modes: number[], times: number[], refused: string[] }
}

test('sets the times and the mode by the path where the descriptor\'s are refused, as under node --permission', async ({ directory }) => {
  assert.equal(await createRefused(directory, 0o077, ['futimes', 'fchmod']), {
    modes: [0o660, 0o660], times: [at2030.mtimeMs, at2030.mtimeMs], refused: ['futimesSync', 'fchmodSync', 'futimes', 'fchmod']
  })
})

test('creates files with the time of their creation where no time can be set', async ({ directory }) => {
  const { times, refused } = await createRefused(directory, 0o077, ['futimes', 'utimes'])
  for (const time of times) assert.ok(Math.abs(time - Date.now()) < 60_000)
  assert.equal(refused, ['futimesSync', 'utimesSync', 'futimes', 'utimes'])
})

test('changes no mode where the umask took nothing away', async ({ directory }) => {
  const { modes, refused } = await createRefused(directory, 0o007, ['fchmod', 'chmod'])
  assert.equal([modes, refused], [[0o660, 0o660], []])
})

test('writes a text to the device only when told to flush', async ({ directory }) => {
  const content = { ...newFile, flush: true }
  const file = join(directory, 'file')
  assert.equal(await nodeFs.fill(file, await nodeFs.openNew(file, 0o600), content), await versionOf(file))
  assert.is(await readFile(file, 'utf8'), content.text)
})

test('makes directories with those above them, and gives the first one that was missing', async ({ directory }) => {
  assert.is(nodeFs.makeDirectorySync(join(directory, 'a', 'b'), 0o700), join(directory, 'a'))
  assert.is(await nodeFs.makeDirectory(join(directory, 'c', 'd'), 0o700), join(directory, 'c'))
  for (const name of ['a', 'a/b', 'c', 'c/d']) assert.is((await stat(join(directory, name))).mode & 0o777, 0o700)
  assert.is(nodeFs.makeDirectorySync(directory, 0o700), undefined)
  assert.is(await nodeFs.makeDirectory(directory, 0o700), undefined)
})

test('removes an empty directory, and refuses one that is not empty', async ({ directory }) => {
  for (const name of ['one', 'two', 'full']) await mkdir(join(directory, name))
  await writeFile(join(directory, 'full', 'file'), '')
  nodeFs.removeDirectorySync(join(directory, 'one'))
  await nodeFs.removeDirectory(join(directory, 'two'))
  for (const call of [() => nodeFs.removeDirectorySync(join(directory, 'full')), () => nodeFs.removeDirectory(join(directory, 'full'))]) {
    assert.match((await failureOfCall(call)).code, /^(ENOTEMPTY|EEXIST)$/)
  }
  assert.equal(await namesIn(directory), ['full'])
})

test('gives the mode of a directory, and refuses a file', async ({ directory }) => {
  await chmod(directory, 0o750)
  assert.is(await nodeFs.directoryMode(directory) & 0o777, 0o750)
  await writeFile(join(directory, 'file'), '')
  assert.is((await rejection(nodeFs.directoryMode(join(directory, 'file')))).message, 'it is not a directory')
})

test('has a monotonic clock in milliseconds', () => {
  assert.ok(Math.abs(nodeFs.now() - performance.now()) < 1_000)
})

// /proc is the one directory that can be opened and never flushed; it also shows what is open.
if (existsSync('/proc/self/fd')) {
  test('leaves no descriptor open, whatever fails', async ({ directory }) => {
    const open = (await readdir('/proc/self/fd')).length
    for (let time = 0; time < 20; time++) {
      await nodeFs.flushDirectory(directory)
      assert.is((await rejection(nodeFs.flushDirectory('/proc'))).code, 'EINVAL')
      for (const [way, create] of ways) {
        await create(join(directory, `${time} ${way}`), newFile)
        await failureOfCall(() => create(join(directory, `${time} ${way} never`), { ...newFile, text: 5 as never }))
      }
    }
    assert.ok((await readdir('/proc/self/fd')).length < open + 20)
  })
}

test('gives a new file its times by its descriptor alone', async ({ directory }) => {
  const { setTimesSync, setTimes } = nodeFs
  const byName: string[] = []
  try {
    Object.assign(nodeFs, { setTimesSync: (file: string) => { byName.push(file) }, setTimes: async (file: string) => { byName.push(file) } })
    for (const [way, create] of ways) await create(join(directory, way), newFile)
  } finally {
    Object.assign(nodeFs, { setTimesSync, setTimes })
  }
  assert.equal(byName, [])
})

test('gives null for the version of an absent file, and the type of the file system of a directory', async ({ directory }) => {
  assert.is(nodeFs.statSync(join(directory, 'absent')), null)
  assert.type(await nodeFs.fileSystemType(directory), 'number')
  const entries = await nodeFs.openDirectory(directory, 1)
  assert.is(await entries.read(), null)
  await entries.close()
})

test.run()
