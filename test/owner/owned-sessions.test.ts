import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { attemptAsync, settledOk } from '../../src/async/result.ts'
import { SessionCache } from '../../src/cache.ts'
import type { IndexFailed } from '../../src/errors.ts'
import { Disk } from '../../src/fs/disk.ts'
import { errorCode } from '../../src/fs/errno.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import { OwnedSessions } from '../../src/owner/owned-sessions.ts'
import { OwnerIndex } from '../../src/owner/owner-index.ts'
import { SessionText } from '../../src/session/session-text.ts'
import { failureOf, namesIn, runModule, suiteOnDisk, systemError, valueOf, watched } from '../support.ts'
import { complete } from './support.ts'

const test = suiteOnDisk('OwnedSessions')

// The time of a busy machine is no reason to leave the synchronous calls.
const steady: FsCalls = { ...nodeFs, now: () => 0 }

/** Calls by which every pointer was made long ago. */
const aged: FsCalls = {
  ...steady,
  statSync: file => {
    const version = nodeFs.statSync(file)
    return version && { ...version, ctimeMs: 0 }
  }
}

const owner = ({ account }: { account?: string }) => account

function sessionsOf (directory: string, calls: FsCalls = steady, failures: IndexFailed[] = []) {
  const disk = new Disk('auto', { calls })
  const onFailure = (failure: IndexFailed) => { failures.push(failure) }
  return new OwnedSessions(directory, { owner, disk, directoryMode: 0o700, cache: new SessionCache(), extension: '.json', onFailure })
}

/** Calls that create and remove nothing while the disk is refusing. */
function refusing (isRefusing: () => boolean, code: string): FsCalls {
  const refuse = <T extends (...parameters: never) => unknown>(call: T) => ((...parameters: never) => {
    if (isRefusing()) throw systemError(code)
    return call(...parameters)
  }) as T
  return { ...steady, openNewSync: refuse(nodeFs.openNewSync), removeSync: refuse(nodeFs.removeSync) }
}

/** Makes the file hold a session of `account`, as another process does. */
async function put (file: string, account: string | undefined): Promise<boolean> {
  await writeFile(file, JSON.stringify({ cookie: {}, account }))
  return true
}

const idsOf = async ({ index }: OwnedSessions, name: string) => [...await index.ids(name)].sort()
const text = (session: object) => new SessionText(JSON.stringify(session))
const creation = (account?: string) => ({ before: null, after: text({ cookie: {}, account }) })
const change = (before: string, after: string) => ({ before: text({ account: before }), after: text({ account: after }) })

test('makes the pointer before the session is written, and removes the old one after', async ({ directory }) => {
  const owned = sessionsOf(directory)
  const file = join(directory, 'a.json')
  await owned.replacing(file, creation('ada'), () => attemptAsync(() => put(file, 'ada')))
  const during: string[][] = []
  const outcome = await owned.replacing(file, change('ada', 'bob'), () => attemptAsync(async () => {
    during.push(await idsOf(owned, 'ada'), await idsOf(owned, 'bob'))
    return await put(file, 'bob')
  }))
  assert.equal(outcome, ok(true))
  assert.equal(during, [['a'], ['a']])
  assert.equal([await idsOf(owned, 'ada'), await idsOf(owned, 'bob')], [[], ['a']])
})

test('tells of a session whose owner the function cannot give, which has none', async ({ directory }) => {
  for (const [account, message] of [[42, 'the option owner gave 42; expected a string, or nothing'], [{ name: { first: 'Ada' } }, 'the option owner gave { name: [Object] }; expected a string, or nothing'], ['throw', 'no owner']] as const) {
    const failures: IndexFailed[] = []
    const disk = new Disk('auto', { calls: steady })
    const owned = new OwnedSessions(directory, {
      owner: ({ account }: { account: unknown }) => {
        if (account === 'throw') throw new Error('no owner')
        return account as string
      },
      disk,
      directoryMode: 0o700,
      onFailure: failure => { failures.push(failure) }
    })
    const file = join(directory, 'a.json')
    assert.equal(await owned.replacing(file, { before: null, after: text({ account }) }, () => settledOk(true)), ok(true))
    assert.equal(failures.map(({ type, file, cause }) => [type, file, (cause as Error).message]), [['index-failed', file, message]])
    assert.equal(await namesIn(directory), [])
    for (const none of ['', null, undefined]) await owned.replacing(file, { before: null, after: text({ account: none }) }, () => settledOk(true))
    assert.is(failures.length, 1)
  }
})

test('flushes the pointer to the device before the session is written, when that is to be durable', async ({ directory }) => {
  let [log, isRefused]: [string[], boolean] = [[], false]
  const flushDirectory: FsCalls['flushDirectory'] = async name => {
    log.push(name.slice(directory.length).replace(/[\w-]{43}/, 'hash'))
    if (isRefused) throw systemError('EIO')
    await nodeFs.flushDirectory(name)
  }
  const failures: IndexFailed[] = []
  const disk = new Disk('auto', { calls: { ...steady, flushDirectory } })
  const owned = new OwnedSessions(directory, { owner, disk, directoryMode: 0o700, cache: new SessionCache(), durable: true, onFailure: failure => { failures.push(failure) } })
  const write = (id: string) => owned.replacing(join(directory, `${id}.json`), creation('ada'), () => {
    log.push('write')
    return settledOk(true)
  })
  assert.equal(await write('a'), ok(true))
  // The names of the directories that were made, and then that of the pointer.
  assert.equal(log, ['/.owners', '', '/.owners/hash', '/.owners', 'write'])
  isRefused = true
  log = []
  assert.equal(await write('b'), ok(true))
  assert.equal([log, failures.map(({ type, cause }) => [type, errorCode(cause)])], [['/.owners/hash', 'write'], [['index-failed', 'EIO']]])
  // Verified by a prune, it is not flushed.
  log = []
  await (await owned.visitor()).live('c', { account: 'ada' })
  assert.equal(log, [])
})

test('looks at nothing for changes that do not concern the owner', async ({ directory }) => {
  const log: string[] = []
  const watch = (_: unknown, name: string | symbol) => { log.push(String(name)) }
  const calls = new Proxy(steady, { get: (target, name) => { if (name !== 'now') watch(target, name); return target[name as keyof FsCalls] } })
  const owned = sessionsOf(directory, calls)
  const another = { before: text({ account: 'ada' }), after: text({ account: 'ada', cart: 1 }) }
  const none = { before: text({ cart: 1 }), after: text({}) }
  for (const contents of [change('ada', 'ada'), another, none, creation()]) {
    assert.equal(await owned.replacing(join(directory, 'a.json'), contents, () => settledOk(true)), ok(true))
  }
  assert.equal(log, [])
})

test('keeps both pointers when the session was not replaced, as another process was quicker', async ({ directory }) => {
  const owned = sessionsOf(directory)
  const file = join(directory, 'a.json')
  await owned.replacing(file, creation('ada'), () => attemptAsync(() => put(file, 'ada')))
  assert.equal(await owned.replacing(file, change('ada', 'bob'), () => settledOk(false)), ok(false))
  assert.equal([await idsOf(owned, 'ada'), await idsOf(owned, 'bob')], [['a'], ['a']])
})

test('keeps the pointer when another process gives the session back to its owner', async ({ directory }) => {
  const owned = sessionsOf(directory)
  const file = join(directory, 'a.json')
  await owned.replacing(file, creation('ada'), () => attemptAsync(() => put(file, 'ada')))
  // The other process finds the pointer of ada, which is there still.
  await owned.replacing(file, change('ada', 'bob'), () => attemptAsync(() => put(file, 'ada')))
  assert.equal(await idsOf(owned, 'ada'), ['a'])
  // The same for a session that was made again with the same id.
  await owned.removing(file, () => attemptAsync(() => put(file, 'ada')))
  assert.equal(await idsOf(owned, 'ada'), ['a'])
})

test('keeps the pointer that another process has made for a session that it is about to write', async ({ directory }) => {
  const [owned, other] = [sessionsOf(directory), sessionsOf(directory)]
  const file = join(directory, 'a.json')
  const leave = async (owned: OwnedSessions) => await owned.replacing(file, change('ada', 'bob'), () => attemptAsync(async () => {
    await other.index.add('ada', 'a')
    return await put(file, 'bob')
  }))
  const end = async (owned: OwnedSessions) => {
    await put(file, 'ada')
    await other.index.add('ada', 'a')
    return await owned.removing(file, () => attemptAsync(() => nodeFs.remove(file)))
  }
  for (const isShared of [false, true]) {
    for (const change of [leave, end]) {
      if (isShared) valueOf(await owned.index.add('ada', 'a'))
      await change(owned)
      // It is killed after its write: nobody would make the pointer again.
      assert.equal(await idsOf(owned, 'ada'), ['a'])
      // A pointer of that age is for no write.
      await change(sessionsOf(directory, aged))
      assert.equal(await idsOf(owned, 'ada'), [])
    }
  }
})

test('makes the pointer again that another process has removed while the session was written', async ({ directory }) => {
  const [owned, other] = [sessionsOf(directory), sessionsOf(directory, aged)]
  const file = join(directory, 'a.json')
  await owned.replacing(file, creation('ada'), () => attemptAsync(async () => {
    await other.index.remove('ada', 'a', () => settledOk(true))
    assert.equal(await idsOf(other, 'ada'), [])
    return await put(file, 'ada')
  }))
  assert.equal(await idsOf(owned, 'ada'), ['a'])
})

test('removes the pointer of a session that is ended, and of none that cannot be read', async ({ directory }) => {
  const owned = sessionsOf(directory)
  const file = join(directory, 'a.json')
  const remove = () => owned.removing(file, () => attemptAsync(() => nodeFs.remove(file)))
  await owned.replacing(file, creation('ada'), () => attemptAsync(() => put(file, 'ada')))
  await remove()
  assert.equal(await idsOf(owned, 'ada'), [])
  await owned.replacing(file, creation('ada'), () => attemptAsync(() => put(file, 'ada')))
  await writeFile(file, '{')
  assert.equal(await remove(), ok(undefined))
  assert.equal(await idsOf(owned, 'ada'), ['a'])
})

test('gives what the removal gave, looks once at a session without an owner, and removes one that cannot be read', async ({ directory }) => {
  const { calls, log } = watched(steady)
  const file = join(directory, 'a.json')
  await put(file, undefined)
  assert.equal(await sessionsOf(directory, calls).removing(file, () => settledOk('removed')), ok('removed'))
  assert.equal(log, ['statSync', 'readSync'])
  await put(file, 'ada')
  const owned = sessionsOf(directory, { ...steady, readSync: () => { throw systemError('EIO') } })
  valueOf(await owned.index.add('ada', 'a'))
  assert.equal(await owned.removing(file, () => settledOk('removed')), ok('removed'))
  assert.equal(await idsOf(owned, 'ada'), ['a'])
})

test('makes a pointer that is right again before it is gone', async ({ directory }) => {
  const { calls, log } = watched(steady)
  const owned = sessionsOf(directory, calls)
  const file = join(directory, 'a.json')
  valueOf(await owned.index.add('ada', 'a'))
  log.length = 0
  await owned.replacing(file, change('ada', 'bob'), () => attemptAsync(async () => {
    await put(file, 'ada')
    log.length = 0
    return true
  }))
  assert.equal(log.filter(name => name === 'openNewSync' || name === 'removeSync').slice(0, 2), ['openNewSync', 'removeSync'])
})

test('writes a session whose old pointer cannot be removed', async ({ directory }) => {
  const owned = sessionsOf(directory, { ...steady, renameSync: () => { throw systemError('EACCES') } })
  valueOf(await owned.index.add('ada', 'a'))
  assert.equal(await owned.replacing(join(directory, 'a.json'), change('ada', 'bob'), () => settledOk(true)), ok(true))
  assert.equal([await idsOf(owned, 'ada'), await idsOf(owned, 'bob')], [['a'], ['a']])
})

test('needs nobody to tell of failures', async ({ directory }) => {
  const throwing = () => { throw new Error('no owner') }
  for (const [owner, calls] of [[throwing, steady], [() => 'ada', { ...steady, openNewSync: () => { throw systemError('ENOSPC') } }]] as const) {
    const owned = new OwnedSessions(directory, { owner, disk: new Disk('auto', { calls }), directoryMode: 0o700 })
    assert.equal(await owned.replacing(join(directory, 'a.json'), creation('ada'), () => settledOk(true)), ok(true))
  }
})

test('is not complete when a pointer could not be made meanwhile, and not even that could be noted', async ({ directory }) => {
  let isRefusing = false
  const owned = sessionsOf(directory, refusing(() => isRefusing, 'EROFS'))
  const visitor = await owned.visitor()
  isRefusing = true
  await visitor.live('a', { cookie: {}, account: 'ada' })
  isRefusing = false
  await visitor.finish()
  assert.is(await sessionsOf(directory).index.completeness.isComplete(), false)
})

test('writes a session whose pointer cannot be made, notes that the index is incomplete, and tells of it', async ({ directory }) => {
  let isFull = false
  const failures: IndexFailed[] = []
  const owned = sessionsOf(directory, refusing(() => isFull, 'ENOSPC'), failures)
  const other = sessionsOf(directory)
  const file = join(directory, 'a.json')
  await complete(owned.index.completeness, Date.now())
  assert.is(await owned.index.completeness.isComplete(), true)
  const create = (account: string) => owned.replacing(join(directory, 'a.json'), creation(account), () => settledOk(true))
  isFull = true
  // Not even that can be noted: only this process knows.
  assert.equal(await create('ada'), ok(true))
  assert.equal(failures.map(({ type, file, cause }) => [type, file, errorCode(cause)]), [['index-failed', file, 'ENOSPC']])
  assert.equal([await owned.index.completeness.isComplete(), await other.index.completeness.isComplete()], [false, true])
  const removable = sessionsOf(directory, { ...steady, openNewSync: () => { throw systemError('ENOSPC') } })
  assert.equal(await removable.replacing(join(directory, 'a.json'), creation('ada'), () => settledOk(true)), ok(true))
  assert.is(await other.index.completeness.isComplete(), false)
  isFull = false
  await (await owned.visitor()).finish()
  assert.equal([await owned.index.completeness.isComplete(), await other.index.completeness.isComplete()], [true, true])
})

test('is complete when a prune has made all pointers, and not when one could not be made', async ({ directory }) => {
  const session = { cookie: {}, account: 'ada' }
  const refusing = sessionsOf(directory, { ...steady, openNewSync: () => { throw systemError('ENOSPC') } })
  const visitor = await refusing.visitor()
  assert.is(visitor.mustRead('a.json'), true)
  await visitor.live('a', session)
  await visitor.finish()
  assert.is(await refusing.index.completeness.isComplete(), false)

  const owned = sessionsOf(directory)
  const second = await owned.visitor()
  await second.live('a', session)
  await second.live('b', { cookie: {} })
  await second.finish()
  assert.is(await owned.index.completeness.isComplete(), true)
  assert.equal(await idsOf(owned, 'ada'), ['a'])

  await second.removed('a', session)
  await second.removed('b', { cookie: {} })
  assert.equal(await idsOf(owned, 'ada'), [])
})

const hour = 60 * 60_000

/** The mark of an index that is complete. */
async function markOf (directory: string): Promise<string> {
  const [name] = (await readdir(join(directory, '.owners'))).filter(name => name.startsWith('.complete-'))
  return join(directory, '.owners', name!)
}

test('verifies the parts of the sessions that are due since the last prune that did so', async ({ directory }) => {
  const names = Array.from({ length: 2_400 }, (_, index) => `session-${index}.json`)
  const owned = sessionsOf(directory)
  const due = async (isFull = false) => {
    const { mustRead } = await owned.visitor({ isFull })
    return names.filter(mustRead).length
  }
  assert.is(await due(), 2_400)
  await complete(owned.index.completeness, Date.now())
  const verifiedAgo = async (hours: number) => utimes(await markOf(directory), 0, Math.floor(Date.now() / hour - hours) * hour / 1000)
  for (const [hours, least, most] of [[0, 0, 0], [1, 50, 150], [2, 120, 280], [23, 2_250, 2_350], [24, 2_400, 2_400], [1_000, 2_400, 2_400], [-2, 2_400, 2_400]] as const) {
    await verifiedAgo(hours)
    const count = await due()
    assert.ok(count >= least && count <= most, `${count} of 2,400 after ${hours} hours`)
    assert.is(await due(true), 2_400)
  }
})

test('verifies every session within a day or one interval, whatever the interval and the ids', async ({ directory }) => {
  const { code, output, errors } = await runModule(`
    const hour = 60 * 60_000
    let now = Date.now()
    Date.now = () => now
    const { Disk } = await import('../src/fs/disk.ts')
    const { OwnedSessions } = await import('../src/owner/owned-sessions.ts')
    const names = Array.from({ length: 500 }, (_, index) => 'same-begin-' + index + '-same-end.json')
    for (const hours of [0.25, 1, 1.01, 2, 5, 24, 40]) {
      const owned = new OwnedSessions(process.argv[1] + '/' + hours, { owner: () => null, disk: new Disk('auto'), directoryMode: 0o700 })
      await (await owned.visitor()).finish()
      for (let day = 0; day < 3; day++) {
        const seen = []
        for (const end = now + Math.max(24, hours) * hour; now < end;) {
          now += hours * hour
          const visitor = await owned.visitor()
          seen.push(...names.filter(visitor.mustRead))
          await visitor.finish()
        }
        console.log(hours, new Set(seen).size, seen.length <= 2 * names.length)
      }
    }
  `, [directory])
  assert.is(code, 0, errors)
  assert.equal(output.trim().split('\n'), [0.25, 1, 1.01, 2, 5, 24, 40].flatMap(hours => Array(3).fill(`${hours} 500 true`)))
})

test('is not complete, or verified, when a session could not be read or a pointer not be made', async ({ directory }) => {
  const owned = sessionsOf(directory)
  const first = await owned.visitor()
  first.unread()
  await first.finish()
  assert.is(await owned.index.completeness.isComplete(), false)
  await (await owned.visitor()).finish()
  assert.is(await owned.index.completeness.isComplete(), true)
  await utimes(await markOf(directory), 0, 0)
  const second = await owned.visitor()
  second.unread()
  await second.finish()
  assert.is(await owned.index.completeness.verifiedAt(), 0)
  // A pointer that is known to be missing.
  const refusing = sessionsOf(directory, { ...steady, openNewSync: () => { throw systemError('ENOSPC') } })
  const third = await refusing.visitor()
  await third.live('a', { cookie: {}, account: 'ada' })
  await third.finish()
  assert.is(await owned.index.completeness.isComplete(), false)
})

test('does not note as verified an index that another process has found incomplete meanwhile', async ({ directory }) => {
  const owned = sessionsOf(directory)
  await complete(owned.index.completeness, 0)
  const visitor = await owned.visitor()
  valueOf(await sessionsOf(directory).index.completeness.markIncomplete())
  await visitor.finish()
  assert.is(await owned.index.completeness.isComplete(), false)
})

test('keeps the pointer of a session that was made again while it was pruned, or cannot be read', async ({ directory }) => {
  const owned = sessionsOf(directory)
  const session = { cookie: {}, account: 'ada' }
  const visitor = await owned.visitor()
  await visitor.live('a', session)
  await put(join(directory, 'a.json'), 'ada')
  await visitor.removed('a', session)
  assert.equal(await idsOf(owned, 'ada'), ['a'])
  const broken = sessionsOf(directory, { ...steady, readSync: () => { throw systemError('EMFILE') } })
  await broken.replacing(join(directory, 'a.json'), change('ada', 'bob'), () => settledOk(true))
  assert.equal([await idsOf(owned, 'ada'), await idsOf(owned, 'bob')], [['a'], ['a']])
})

test('makes the pointer of the owner that another process has given the session meanwhile', async ({ directory }) => {
  const owned = sessionsOf(directory)
  const file = join(directory, 'a.json')
  await owned.replacing(file, change('ada', 'bob'), () => attemptAsync(() => put(file, 'cid')))
  assert.equal(await idsOf(owned, 'cid'), ['a'])
})

test('sweeps the parts that are due, and none when the prune is ended', async ({ directory }) => {
  const owned = sessionsOf(directory, aged)
  valueOf(await owned.index.add('ada', 'gone'))
  const left = async () => (await idsOf(owned, 'ada')).length
  const ending = new AbortController()
  const visitor = await owned.visitor({ signal: ending.signal })
  ending.abort()
  await visitor.finish()
  await (await owned.visitor()).finish()
  assert.is(await left(), 1)
  await (await owned.visitor({ isFull: true })).finish()
  assert.is(await left(), 0)
})

test('takes away the mark of an index for another function before it writes one of its own', async ({ directory }) => {
  const before = new OwnerIndex(directory, { owner: ({ uid }) => uid, disk: new Disk('auto'), directoryMode: 0o700 })
  await complete(before.completeness, 0)
  await sessionsOf(directory).visitor()
  assert.is(await before.completeness.isComplete(), false)
  await complete(before.completeness, 0)
  const refusing = sessionsOf(directory, { ...steady, removeSync: () => { throw systemError('EACCES') } })
  assert.is(failureOf(await refusing.index.completeness.beginBuild(0)).code, 'EACCES')
  assert.is(await refusing.index.completeness.isComplete(), false)
})

test.run()
