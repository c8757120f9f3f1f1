import { join } from 'node:path'
import { Disk, readSession, removeSession, SessionCache, writeIfChanged } from '../../src/index.ts'
import { failureOf, valueOf } from '../../test/support.ts'
import { nodeFs, type FsCalls } from '../internals.ts'
import { ensure } from '../trial.ts'
import { expectNames } from './expectations.ts'

/** The calls to the file system that are made to fail, synchronous or not. */
export const faults = ['stat', 'read', 'setTimes', 'openNew', 'fill', 'rename', 'remove', 'flushDirectory', 'makeDirectory'] as const

type FaultName = typeof faults[number]

interface IoError {
  readonly fault: FaultName
  readonly io: 'auto' | 'async'
  readonly durable: boolean
}

/** One call to the file system fails with EIO until the disk works again. Through the functions, which accept a disk. */
export async function ioError (root: string, { fault, io, durable }: IoError): Promise<number> {
  const directory = join(root, 'sessions')
  const file = join(directory, 'a.json')
  const state = { isFailing: false }
  const disk = new Disk(io, { calls: failingFs(state, fault) })
  let now = Date.parse('2030-01-02T03:04:05.678Z')
  const options = { disk, durable, clock: () => now, cache: new SessionCache(fault === 'read' ? 0 : undefined) }
  const write = (session: object) => writeIfChanged(file, session, options)
  const isReadable = fault !== 'stat' && fault !== 'read'
  if (fault !== 'makeDirectory') valueOf(await write({ number: 1 }))
  state.isFailing = true
  const read = await readSession(file, options)
  if (isReadable) ensure(valueOf(read)?.['number'] === (fault === 'makeDirectory' ? undefined : 1), 'a session was lost')
  else ensure(failureOf(read).type === 'read-failed', 'an error was taken for a result')
  now += 1_000
  // A use is recorded by another call where one fails.
  const touched = await write({ number: 1 })
  if (fault === 'makeDirectory') ensure(failureOf(touched).type === 'write-failed', 'a write did not fail')
  else ensure(valueOf(touched) === (isReadable && fault !== 'setTimes' ? 'touched' : 'written'), 'the use was not recorded')
  const written = await write({ number: 2 })
  const isWritten = ['read', 'remove', 'stat', 'setTimes'].includes(fault) || (fault === 'flushDirectory' && !durable)
  if (isWritten) valueOf(written)
  else ensure(failureOf(written).type === 'write-failed' && failureOf(written).cause.code === 'EIO', 'a write did not fail')
  const removed = await removeSession(file, options)
  if (fault === 'remove' || (fault === 'flushDirectory' && durable)) ensure(failureOf(removed).type === 'remove-failed', 'a removal did not fail')
  else valueOf(removed)
  state.isFailing = false
  if (fault !== 'makeDirectory') await expectNames(directory, ...(fault === 'remove' ? ['a.json'] : []))
  valueOf(await write({ number: 3 }))
  ensure(valueOf(await readSession(file, options))?.['number'] === 3, 'it does not work again')
  await expectNames(directory, 'a.json')
  return 1
}

function failingFs (state: { readonly isFailing: boolean }, fault: FaultName): FsCalls {
  const ioError = () => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  const fail = () => { throw ioError() }
  const failing = ([name, call]: [string, Function]) => [name, (...parameters: any[]) => {
    if (!state.isFailing || name.replace('Sync', '') !== fault) return call(...parameters)
    if (fault === 'fill') {
      // After a part of the text, so that the file is closed.
      const [file, descriptor, content] = parameters
      const filled = call(file, descriptor, { ...content, text: content.text.slice(0, 5) })
      return name === 'fill' ? filled.then(fail) : fail()
    }
    return name.endsWith('Sync') ? fail() : Promise.reject(ioError())
  }]
  return Object.fromEntries(Object.entries(nodeFs).map(failing as never)) as FsCalls
}

/** A rename is refused for a moment, as on Windows while a virus scanner holds the file open; then for good. */
export async function refusedRename (directory: string, { code, io }: { readonly code: string, readonly io: 'auto' | 'async' }): Promise<number> {
  const file = join(directory, 'a.json')
  let refusals = 0
  let isRealTime = true
  let now = 0
  const refuse = () => { if (refusals-- > 0) throw Object.assign(new Error(`${code}: the file is in use`), { code }) }
  const calls: FsCalls = {
    ...nodeFs,
    now: () => isRealTime ? nodeFs.now() : (now += 400),
    renameSync (from, to) {
      refuse()
      nodeFs.renameSync(from, to)
    },
    async rename (from, to) {
      refuse()
      await nodeFs.rename(from, to)
    }
  }
  // Slow is no reason here to leave the synchronous calls: the time may be fake.
  const limits = { slowCallMs: Infinity, slowCalls: Infinity, stalledCallMs: Infinity, maxSyncBytes: Infinity }
  const options = { disk: new Disk(io, { calls, limits }) }
  valueOf(await writeIfChanged(file, { number: 1 }, options))
  refusals = 4
  valueOf(await writeIfChanged(file, { number: 2 }, options))
  ensure(valueOf(await readSession(file))?.['number'] === 2, 'it was not tried again')
  // Refused for good: the store gives up after a second.
  refusals = Infinity
  isRealTime = false
  const failure = failureOf(await writeIfChanged(file, { number: 3 }, options))
  ensure(failure.type === 'write-failed' && failure.cause.code === code, `it failed with ${JSON.stringify(failure)}`)
  ensure(valueOf(await readSession(file))?.['number'] === 2, 'the old session was lost')
  await expectNames(directory, 'a.json')
  refusals = 0
  valueOf(await writeIfChanged(file, { number: 3 }, options))
  await expectNames(directory, 'a.json')
  return 3
}
