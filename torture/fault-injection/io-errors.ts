import { join } from 'node:path'
import { Disk, readSession, removeSession, SessionCache, writeIfChanged } from '../../src/index.ts'
import { failureOf, valueOf } from '../../test/support.ts'
import { nodeFs, type FsCalls } from '../internals.ts'
import { ensure } from '../trial.ts'
import { expectNames } from './expectations.ts'

/** The calls to the file system that are made to fail. */
export const faults = ['stat', 'read', 'touch', 'create', 'fill', 'rename', 'remove', 'flushDirectory', 'makeDirectory'] as const

/** One call to the file system fails with EIO until the disk works again. Through the functions, which accept a disk. */
export async function ioError (root: string, fault: typeof faults[number], io: 'auto' | 'async'): Promise<number> {
  const directory = join(root, 'sessions')
  const file = join(directory, 'a.json')
  const state = { isFailing: false }
  const disk = new Disk(io, failingFs(state, fault))
  let now = Date.parse('2030-01-02T03:04:05.678Z')
  const options = { disk, durable: true, clock: () => now, cache: new SessionCache(fault === 'read' ? 0 : undefined) }
  const write = (session: object) => writeIfChanged(file, session, options)
  if (fault !== 'makeDirectory') valueOf(await write({ number: 1 }))
  state.isFailing = true
  const read = await readSession(file, options)
  if (fault === 'stat' || fault === 'read') ensure(failureOf(read).type === 'read-failed', 'an error was taken for a result')
  else ensure(valueOf(read)?.['number'] === (fault === 'makeDirectory' ? undefined : 1), 'a session was lost')
  now += 1_000
  const touched = await write({ number: 1 })
  if (['touch', 'makeDirectory'].includes(fault)) ensure(failureOf(touched).type === 'write-failed', 'a touch did not fail')
  else if (fault !== 'stat' && fault !== 'read' && fault !== 'create') valueOf(touched)
  const written = await write({ number: 2 })
  const isWritten = ['read', 'remove', 'stat', 'touch'].includes(fault)
  if (isWritten) valueOf(written)
  else ensure(failureOf(written).type === 'write-failed' && failureOf(written).cause.code === 'EIO', 'a write did not fail')
  const removed = await removeSession(file, options)
  if (fault === 'remove' || fault === 'flushDirectory') ensure(failureOf(removed).type === 'remove-failed', 'a removal did not fail')
  else valueOf(removed)
  state.isFailing = false
  const names = fault === 'remove' ? ['a.json'] : []
  if (fault !== 'makeDirectory') await expectNames(directory, ...names)
  valueOf(await write({ number: 3 }))
  ensure(valueOf(await readSession(file, options))?.['number'] === 3, 'it does not work again')
  await expectNames(directory, 'a.json')
  return 1
}

function failingFs (state: { readonly isFailing: boolean }, fault: string): FsCalls {
  const ioError = () => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  const fail = () => { throw ioError() }
  const failing = ([name, call]: [string, Function]) => [name, (...parameters: unknown[]) => {
    if (!state.isFailing || name.replace('Sync', '') !== fault) return call(...parameters)
    if (fault === 'fill') {
      // After a part of the text, so that the file is closed.
      const [descriptor, text, ...rest] = parameters as [number, string]
      const filled = call(descriptor, text.slice(0, 5), ...rest)
      return name === 'fill' ? filled.then(fail) : fail()
    }
    return name.endsWith('Sync') ? fail() : Promise.reject(ioError())
  }]
  return Object.fromEntries(Object.entries(nodeFs).map(failing as never)) as FsCalls
}

/** A rename is refused for a moment, as on Windows while a virus scanner holds the file open; then for good. */
export async function refusedRename (directory: string, code: string): Promise<number> {
  const file = join(directory, 'a.json')
  let refusals = 0
  let isRealTime = true
  let now = 0
  const calls: FsCalls = {
    ...nodeFs,
    now: () => isRealTime ? nodeFs.now() : (now += 400),
    rename: async (from, to) => {
      if (refusals-- > 0) throw Object.assign(new Error(`${code}: the file is in use`), { code })
      await nodeFs.rename(from, to)
    }
  }
  const options = { disk: new Disk('async', calls) }
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
