import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { checkDirectory } from '../src/check.ts'
import { Disk } from '../src/fs/disk.ts'
import { nodeFs, type FsCalls, type NewFile } from '../src/fs/node.ts'
import { failureOf, namesIn, suiteOnDisk, systemError, valueOf, watched } from './support.ts'

const test = suiteOnDisk('checkDirectory')

const modeOf = async (file: string) => (await stat(file)).mode & 0o777

test('has no warnings for a private directory, and leaves nothing in it', async ({ directory }) => {
  for (const disk of [undefined, new Disk('auto'), new Disk('async')]) {
    assert.equal(await checkDirectory(directory, disk === undefined ? {} : { disk }), ok([]))
    assert.equal(await namesIn(directory), [])
  }
})

test('makes a missing directory with its mode', async ({ directory }) => {
  const [one, other] = [join(directory, 'outer', 'sessions'), join(directory, 'other')]
  assert.equal(await checkDirectory(one), ok([]))
  assert.equal([await modeOf(one), await modeOf(join(directory, 'outer'))], [0o700, 0o700])
  const warnings = await checkDirectory(other, { directoryMode: 0o750 })
  assert.is(warnings.isOk() && warnings.value.length, 1)
  assert.is(await modeOf(other), 0o750)
})

test('warns of a directory that other users can enter, and says how to mend it', async ({ directory }) => {
  for (const mode of [0o755, 0o750, 0o701, 0o770]) {
    await chmod(directory, mode)
    assert.equal(await checkDirectory(directory), ok([
      `The session directory ${directory} can be entered by other users (mode ${mode.toString(8)}), who see the ids of all sessions: chmod 700 ${directory}`
    ]))
    assert.is(await modeOf(directory), mode)
  }
})

test('uses the directory that a link points to', async ({ directory }) => {
  await mkdir(join(directory, 'sessions'), { mode: 0o700 })
  await symlink('sessions', join(directory, 'link'))
  assert.equal(await checkDirectory(join(directory, 'link')), ok([]))
})

const pathAdvice = 'give the path of a directory that this process may read and write'

/** What keeps a directory from holding sessions, and what is said of it. */
const obstacles: ReadonlyArray<readonly [what: string, put: (file: string) => Promise<unknown>, reason: RegExp, code?: RegExp]> = [
  ['is a file', file => writeFile(file, ''), new RegExp(`is not a directory or cannot be accessed: ${pathAdvice}$`)],
  ['is a link to itself', file => symlink(file, file), new RegExp(`is not a directory or cannot be accessed \\(ELOOP\\): ${pathAdvice}$`), /^ELOOP$/],
  ['is a link to nowhere', file => symlink('nowhere', file), /does not exist and cannot be made \((EEXIST|ENOENT)\): make it, and give it to the user that runs this process$/, /^(EEXIST|ENOENT)$/],
  ['is below a file', file => writeFile(join(file, '..', 'file'), ''), /does not exist and cannot be made \((EEXIST|ENOTDIR)\): make it/, /^(EEXIST|ENOTDIR)$/]
]

for (const [what, put, reason, code] of obstacles) {
  test(`fails with check-failed for a path that ${what}, and says what to do`, async ({ directory }) => {
    const path = what === 'is below a file' ? join(directory, 'file', 'sessions') : join(directory, 'sessions')
    await put(join(directory, 'sessions'))
    const before = await namesIn(directory)
    const failure = failureOf(await checkDirectory(path))
    assert.equal([failure.type, failure.directory], ['check-failed', path])
    assert.ok(failure.reason.startsWith(`The session directory ${path} `))
    assert.match(failure.reason, reason)
    if (code !== undefined) assert.match(failure.cause.code, code)
    assert.equal(await namesIn(directory), before)
  })
}

/** Calls that are refused, and what is said of them. Permissions themselves do not stop the superuser. */
const refusals: ReadonlyArray<readonly [names: ReadonlyArray<keyof FsCalls>, code: string, reason: RegExp]> = [
  [['directoryMode'], 'EACCES', /is not a directory or cannot be accessed \(EACCES\): give the path/],
  [['openDirectory'], 'EACCES', /cannot be read \(EACCES\): let the user that runs this process( \(uid \d+\))? read and enter it$/],
  [['openNew'], 'EACCES', /cannot be written \(EACCES\): let the user that runs this process( \(uid \d+\))? write to it, and see that the disk is neither full nor read-only$/],
  [['openNew'], 'EROFS', /cannot be written \(EROFS\)/],
  [['fill'], 'ENOSPC', /cannot be written \(ENOSPC\)/],
  [['rename'], 'EXDEV', /cannot be written \(EXDEV\)/],
  [['flushDirectory'], 'ERR_ACCESS_DENIED', /cannot be flushed to the device \(ERR_ACCESS_DENIED\): do without the option durable/]
]

for (const [names, code, reason] of refusals) {
  test(`fails with check-failed where the system refuses ${names.join()} with ${code}, and leaves nothing`, async ({ directory }) => {
    const refused = Object.fromEntries(names.map(name => [name, async () => { throw systemError(code) }]))
    const disk = new Disk('async', { calls: { ...nodeFs, ...refused } })
    const failure = failureOf(await checkDirectory(directory, { disk, durable: true }))
    assert.equal([failure.type, failure.directory, failure.cause.code], ['check-failed', directory, code])
    assert.match(failure.reason, reason)
    assert.equal(await namesIn(directory), [])
  })
}

test('flushes the directory only where sessions are to be durable', async ({ directory }) => {
  for (const durable of [false, true]) {
    const { calls, log } = watched()
    valueOf(await checkDirectory(directory, { durable, disk: new Disk('async', { calls }) }))
    assert.is(log.includes('flushDirectory'), durable)
  }
})

test('names the user by its number', async ({ directory }) => {
  const { getuid } = process
  try {
    Object.assign(process, { getuid: () => 1234 })
    const disk = new Disk('async', { calls: { ...nodeFs, openDirectory: async () => { throw systemError('EACCES') } } })
    assert.match(failureOf(await checkDirectory(directory, { disk })).reason, /let the user that runs this process \(uid 1234\) read and enter it$/)
  } finally {
    Object.assign(process, { getuid })
  }
})

test('does not warn of modes on Windows, which has no such modes', async ({ directory }) => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!
  await chmod(directory, 0o777)
  try {
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' })
    assert.equal(await checkDirectory(directory), ok([]))
  } finally {
    Object.defineProperty(process, 'platform', platform)
  }
  assert.is(valueOf(await checkDirectory(directory)).length, 1)
})

test('does without the number of the user where there are none, as on Windows', async ({ directory }) => {
  const { getuid } = process
  try {
    Object.assign(process, { getuid: undefined })
    const disk = new Disk('async', { calls: { ...nodeFs, openDirectory: async () => { throw systemError('EACCES') } } })
    assert.match(failureOf(await checkDirectory(directory, { disk })).reason, /let the user that runs this process read and enter it$/)
  } finally {
    Object.assign(process, { getuid })
  }
})

test('writes a small private file, and flushes nothing unless sessions are', async ({ directory }) => {
  for (const durable of [undefined, false, true]) {
    const files: NewFile[] = []
    let flushes = 0
    const calls: FsCalls = {
      ...nodeFs,
      fill: (file, descriptor, content) => {
        files.push(content)
        return nodeFs.fill(file, descriptor, content)
      },
      flushDirectory: async () => { flushes++ }
    }
    assert.equal(await checkDirectory(directory, { disk: new Disk('async', { calls }), ...(durable !== undefined && { durable }) }), ok([]))
    assert.equal([files.map(({ text, mode, flush, times }) => [text, mode, flush, [times.atimeMs, times.mtimeMs].every(Number.isFinite)]), flushes], [[['{}', 0o600, false, true]], durable ? 1 : 0])
  }
})

test('tells the first failure when it cannot clean up either', async ({ directory }) => {
  const calls = { ...nodeFs, rename: async () => { throw systemError('EXDEV') }, remove: async () => { throw systemError('EIO') } } as unknown as FsCalls
  assert.is(failureOf(await checkDirectory(directory, { disk: new Disk('async', { calls }) })).cause.code, 'EXDEV')
})

test.run()
