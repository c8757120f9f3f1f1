import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { SessionCache } from '../src/cache.ts'
import { nodeCalls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'
import { removeSession } from '../src/remove.ts'
import { failureOf, namesIn, settled, suiteOnDisk, valueOf, watched } from './support.ts'

const remove = suiteOnDisk('removeSession')

remove('removes a file, and nothing beside it', async ({ directory }) => {
  for (const name of ['abc.json', 'abd.json']) await writeFile(join(directory, name), '{}')
  assert.equal(await removeSession(join(directory, 'abc.json')), ok(true))
  assert.equal(await namesIn(directory), ['abd.json'])
})

remove('removes whatever the file holds', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), 'no session')
  assert.equal(await removeSession(join(directory, 'abc.json')), ok(true))
  assert.equal(await namesIn(directory), [])
})

remove('says that there was none', async ({ directory }) => {
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

remove('fails with what the disk says, whole', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{}')
  const cause = Object.assign(new Error('read-only'), { code: 'EROFS' })
  const calls = { ...nodeCalls, remove: (async () => { throw cause }) as unknown as typeof nodeCalls.remove }
  const result = await removeSession(file, { disk: new Disk('auto', calls) })
  assert.equal(result, err({ type: 'remove-failed', file, cause }))
  assert.is(failureOf(result).cause, cause)
  assert.is(await readFile(file, 'utf8'), '{}')
})

remove('makes a cache forget the file', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{"user":"ada"}')
  await settled(file)
  const [cache, disk] = [new SessionCache(), new Disk()]
  await cache.fetch(file, disk)
  const forgotten: string[] = []
  cache.forget = file => { forgotten.push(file) }
  assert.equal(await removeSession(file, { cache, disk }), ok(true))
  assert.equal(forgotten, [file])
  assert.is(valueOf(await cache.fetch(file, disk)), null)
})

remove('flushes the directory when it is to be durable, after the removal', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), '{}')
  const { calls, log } = watched()
  const flushed: string[] = []
  const flushDirectory = async (directory: string) => { flushed.push(directory); await calls.flushDirectory(directory) }
  assert.equal(await removeSession(join(directory, 'abc.json'), { durable: true, disk: new Disk('auto', { ...calls, flushDirectory }) }), ok(true))
  assert.equal(log, ['remove', 'flushDirectory'])
  assert.equal(flushed, [directory])
})

remove('flushes when it is to be durable although another removed the file, if there is a directory', async ({ directory }) => {
  const { calls, log } = watched()
  const disk = new Disk('auto', calls)
  assert.equal(await removeSession(join(directory, 'abc.json'), { durable: true, disk }), ok(false))
  assert.equal(await removeSession(join(directory, 'absent', 'abc.json'), { durable: true, disk }), ok(false))
  assert.equal(log, ['remove', 'flushDirectory', 'remove', 'flushDirectory'])
})

remove('flushes nothing unless told to', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), '{}')
  const { calls, log } = watched()
  await removeSession(join(directory, 'abc.json'), { disk: new Disk('auto', calls) })
  assert.equal(log, ['remove'])
})

remove('fails when the directory cannot be flushed', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{}')
  const cause = Object.assign(new Error('the device is gone'), { code: 'EIO' })
  const disk = new Disk('auto', { ...nodeCalls, flushDirectory: async () => { throw cause } })
  const failure = failureOf(await removeSession(file, { durable: true, disk }))
  assert.equal(failure, { type: 'remove-failed', file, cause })
  assert.is(failure.cause, cause)
})

remove.run()
