import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../src/async/result.ts'
import { SessionCache } from '../src/cache.ts'
import { Disk } from '../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../src/fs/node.ts'
import { sessionFile } from '../src/path.ts'
import { removeSession } from '../src/remove.ts'
import { SessionText } from '../src/session/session-text.ts'
import { failureOf, namesIn, suiteOnDisk, systemError, versionOf, watched } from './support.ts'

const remove = suiteOnDisk('removeSession')

remove('removes a file, and nothing beside it', async ({ directory }) => {
  for (const name of ['abc.json', 'abd.json']) await writeFile(join(directory, name), '{}')
  assert.equal(await removeSession(join(directory, 'abc.json')), ok(true))
  assert.equal(await namesIn(directory), ['abd.json'])
})

remove('removes whatever the file holds', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), 'not a session')
  assert.equal(await removeSession(join(directory, 'abc.json')), ok(true))
  assert.equal(await namesIn(directory), [])
})

remove('gives false where there was no file, which is not a failure', async ({ directory }) => {
  await writeFile(join(directory, 'file'), '{}')
  for (const name of ['absent', 'absent/absent', 'file/absent']) {
    assert.equal(await removeSession(join(directory, name)), ok(false))
  }
  assert.equal(await namesIn(directory), ['file'])
})

remove('fails for a directory in the place of the file, and leaves it', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await mkdir(file)
  const { cause, ...failure } = failureOf(await removeSession(file))
  assert.equal(failure, { type: 'remove-failed', file })
  assert.match(cause.code, /^(EISDIR|EPERM)$/)
  assert.equal(await namesIn(directory), ['abc.json'])
})

remove('fails with the error of the system, whole', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{}')
  const cause = systemError('EROFS')
  const calls = { ...nodeFs, removeSync: () => { throw cause } }
  const result = await removeSession(file, { disk: new Disk('auto', { calls }) })
  assert.equal(result, err({ type: 'remove-failed', file, cause }))
  assert.is(failureOf(result).cause, cause)
  assert.is(await readFile(file, 'utf8'), '{}')
})

remove('tries again while another program has the file open', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  for (const io of ['auto', 'async'] as const) {
    await writeFile(file, '{}')
    let refusals = 2
    const removeSync: FsCalls['removeSync'] = file => {
      if (refusals-- > 0) throw systemError('EBUSY')
      nodeFs.removeSync(file)
    }
    const calls = { ...nodeFs, removeSync, remove: async (file: string) => removeSync(file) } as FsCalls
    assert.equal(await removeSession(file, { disk: new Disk(io, { calls }) }), ok(true))
    assert.equal(await namesIn(directory), [])
  }
})

remove('makes a cache forget the file, whether there was one or not', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const cache = new SessionCache()
  await writeFile(file, '{"user":"ada"}')
  const version = await versionOf(file)
  for (const isRemoved of [true, false]) {
    cache.remember(file, new SessionText('{"user":"ada"}'), version)
    assert.equal(await removeSession(file, { cache }), ok(isRemoved))
    assert.is(cache.peek(file), undefined)
  }
})

remove('is synchronous when its disk is, unless it is to be durable', async ({ directory }) => {
  const disk = new Disk('auto', { calls: { ...nodeFs, now: () => 0 } })
  const file = join(directory, 'abc.json')
  await writeFile(file, '{}')
  assert.equal(settledResult(removeSession(file, { disk })), ok(true))
  for (const later of [removeSession(file, { disk, durable: true }), removeSession(file)]) {
    assert.is(settledResult(later), undefined)
    assert.equal(await later, ok(false))
  }
})

remove('composes with sessionFile', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), '{}')
  assert.equal(await sessionFile(directory, 'abc').asyncAndThen(file => removeSession(file)), ok(true))
})

remove('flushes the directory when it is to be durable, after the removal', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), '{}')
  const { calls, log } = watched()
  const flushed: string[] = []
  const flushDirectory = async (directory: string) => { flushed.push(directory); await calls.flushDirectory(directory) }
  assert.equal(await removeSession(join(directory, 'abc.json'), { durable: true, disk: new Disk('auto', { calls: { ...calls, now: () => 0, flushDirectory } }) }), ok(true))
  assert.equal(log, ['removeSync', 'flushDirectory'])
  assert.equal(flushed, [directory])
})

remove('flushes when it is to be durable although there was no file: an earlier removal may not be on the device', async ({ directory }) => {
  const { calls, log } = watched()
  const disk = new Disk('async', { calls })
  assert.equal(await removeSession(join(directory, 'abc.json'), { durable: true, disk }), ok(false))
  assert.equal(await removeSession(join(directory, 'absent', 'abc.json'), { durable: true, disk }), ok(false))
  assert.equal(log, ['remove', 'flushDirectory', 'remove', 'flushDirectory'])
})

remove('flushes nothing unless told to', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), '{}')
  const { calls, log } = watched()
  await removeSession(join(directory, 'abc.json'), { disk: new Disk('async', { calls }) })
  assert.equal(log, ['remove'])
})

remove('fails when the directory cannot be flushed', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{}')
  const cause = systemError('EIO')
  const disk = new Disk('auto', { calls: { ...nodeFs, flushDirectory: async () => { throw cause } } })
  const failure = failureOf(await removeSession(file, { durable: true, disk }))
  assert.equal(failure, { type: 'remove-failed', file, cause })
  assert.is(failure.cause, cause)
})

remove.run()
