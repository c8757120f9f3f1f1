import { renameSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { encodeText } from '../../src/encryption/envelope.ts'
import type { RemoveFailed } from '../../src/errors.ts'
import { Disk } from '../../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../../src/fs/node.ts'
import type { PruneOptions, PruneReport, PruneVisitor } from '../../src/pruning/options.ts'
import { pruneSessions } from '../../src/pruning/prune.ts'
import { namesIn, suiteOnDisk, systemError, valueOf, watched } from '../support.ts'

const now = Date.parse('2030-01-02T03:04:05.000Z')
const clock = () => now
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const ways = ['auto', 'async'] as const

/** Makes a file that was last used so long ago, with the access time that the store would set, if there is one. */
async function file (directory: string, name: string, text: string | Buffer, ago = 0, atime = 0): Promise<void> {
  await writeFile(join(directory, name), text)
  await utimes(join(directory, name), atime / 1000, (now - ago) / 1000)
}

/** The report of a prune, without its duration. */
async function prune (directory: string, options: PruneOptions & { readonly visitor?: PruneVisitor } = {}): Promise<Omit<PruneReport, 'durationMs'>> {
  const start = performance.now()
  const { durationMs, ...counts } = valueOf(await pruneSessions(directory, { clock, ...options }))
  assert.ok(durationMs >= 0 && durationMs <= performance.now() - start)
  return counts
}

const none = { scanned: 0, removed: 0, kept: 0, unreadable: 0, foreign: 0, temporary: 0 }
const sessionOf = (originalMaxAge: number) => JSON.stringify({ cookie: { originalMaxAge } })
const anHour = sessionOf(hour)

const test = suiteOnDisk('pruneSessions')

test('keeps an expired session that has changes which are not written yet', async ({ directory }) => {
  for (const name of ['used', 'unused']) await file(directory, `${name}.json`, anHour, day)
  const report = valueOf(await pruneSessions(directory, { clock, hasChanges: (name: string) => name === join(directory, 'used.json') }))
  assert.equal([report.removed, report.kept, await namesIn(directory)], [1, 1, ['used.json']])
})

for (const io of ways) {
  test(`(${io}) removes what expired more than a minute ago, to the millisecond`, async ({ directory }) => {
    await file(directory, 'expired.json', anHour, hour + minute)
    await file(directory, 'grace.json', anHour, hour + minute - 1)
    await file(directory, 'live.json', anHour, 0)
    await file(directory, 'fixed-expired.json', JSON.stringify({ cookie: { expires: new Date(now - minute) } }), day)
    await file(directory, 'fixed-live.json', JSON.stringify({ cookie: { expires: new Date(now + 1) } }), 30 * day)
    await file(directory, 'ttl-expired.json', '{"cookie":{}}', 14 * day + minute)
    await file(directory, 'ttl-live.json', '{"cookie":{}}', 14 * day)
    assert.equal(await prune(directory, { disk: new Disk(io) }), { ...none, scanned: 7, removed: 3, kept: 4 })
    assert.equal(await namesIn(directory), ['fixed-live.json', 'grace.json', 'live.json', 'ttl-live.json'])
  })

  test(`(${io}) removes every expired session, whatever the lifetimes and the order of the directory`, async ({ directory }) => {
    for (let index = 0; index < 300; index++) await file(directory, `a-month-${index}.json`, sessionOf(30 * day), 2 * hour)
    for (let index = 0; index < 600; index++) await file(directory, `an-hour-${index}.json`, anHour, 2 * hour)
    assert.equal(await prune(directory, { disk: new Disk(io) }), { ...none, scanned: 900, removed: 600, kept: 300 })
  })

  test(`(${io}) reads no file whose times show that it is kept`, async ({ directory }) => {
    await file(directory, 'recent.json', anHour, minute - 1)
    await file(directory, 'hinted.json', sessionOf(30 * day), day, now + 29 * day)
    await file(directory, 'due.json', anHour, day, now - 23 * hour)
    await file(directory, 'unknown.json', sessionOf(30 * day), day)
    const { calls, log } = watched()
    assert.equal(await prune(directory, { disk: new Disk(io, { calls }) }), { ...none, scanned: 4, removed: 1, kept: 3 })
    assert.is(log.filter(name => name === 'readSync' || name === 'read').length, 2)
  })
}

test('goes by the ttl that it is given', async ({ directory }) => {
  await file(directory, 'expired.json', '{"cookie":{}}', hour + minute)
  await file(directory, 'live.json', '{"cookie":{}}', hour)
  assert.equal(await prune(directory, { ttl: hour }), { ...none, scanned: 2, removed: 1, kept: 1 })
})

test('removes encrypted sessions by their lifetime, and none that it cannot decrypt', async ({ directory }) => {
  const secret = 's'.repeat(32)
  const encrypted = (name: string, text: string) => valueOf(encodeText(name, text, { secret }))
  await file(directory, 'expired.json', encrypted('expired.json', anHour), day)
  await file(directory, 'bare.json', encrypted('bare.json', '{"user":"ada"}'), 365 * day)
  await file(directory, 'live.json', encrypted('live.json', anHour), 30 * minute)
  await file(directory, 'renamed.json', encrypted('other.json', anHour), 365 * day)
  assert.equal(await prune(directory), { ...none, scanned: 4, unreadable: 4 })
  assert.equal(await prune(directory, { secret }), { ...none, scanned: 4, removed: 2, kept: 1, unreadable: 1 })
})

test('sets the times of a session right that was used by a clock that was ahead', async ({ directory }) => {
  await file(directory, 'ahead.json', anHour, -365 * day, now + 366 * day)
  await file(directory, 'skewed.json', anHour, -10_000, now + hour)
  const before = await stat(join(directory, 'skewed.json'))
  assert.equal(await prune(directory, { dryRun: true }), { ...none, scanned: 2, kept: 2 })
  assert.is((await stat(join(directory, 'ahead.json'))).mtimeMs, now + 365 * day)
  assert.equal(await prune(directory), { ...none, scanned: 2, kept: 2 })
  const { mtimeMs, atimeMs } = await stat(join(directory, 'ahead.json'))
  assert.equal([Math.floor(mtimeMs), atimeMs, (await stat(join(directory, 'skewed.json'))).mtimeMs], [now, now, before.mtimeMs])
  assert.equal(await prune(directory, { clock: () => now + hour + minute }), { ...none, scanned: 2, removed: 1, kept: 1 })
})

test('uses the real clock and a disk of its own unless told otherwise', async ({ directory }) => {
  await writeFile(join(directory, 'live.json'), anHour)
  assert.equal((await pruneSessions(directory)).map(({ kept }) => kept), ok(1))
})

test('has nothing to do in a missing directory', async ({ directory }) => {
  assert.equal(await prune(join(directory, 'absent')), none)
})

test('fails when the directory cannot be read', async ({ directory }) => {
  const cause = systemError('EACCES')
  const disk = new Disk('auto', { calls: { ...nodeFs, openDirectory: async () => { throw cause } } })
  assert.equal(await pruneSessions(directory, { disk }), err({ type: 'scan-failed', directory, cause }))
})

test.run()

const others = suiteOnDisk('pruneSessions, as to other people\'s files,')

/** Puts files into a directory that are not certainly sessions, and have not been modified for a year. */
async function otherFiles (directory: string): Promise<void> {
  const foreign = { 'package.json': '{"name":"app"}', 'users.json': '[{"name":"ada"}]', 'settings.json': '{"cookie":"name"}', 'empty-object.json': '{}' }
  const unreadable = { 'half.json': '{"cookie":{"originalMaxAge":1},"us', 'empty.json': '', 'binary.json': Buffer.from([0x7b, 0xff, 0x7d]) }
  for (const [name, text] of Object.entries({ ...foreign, ...unreadable })) await file(directory, name, text, 365 * day)
}

others('keeps what is not certainly a session', async ({ directory }) => {
  await otherFiles(directory)
  const before = await namesIn(directory)
  assert.equal(await prune(directory), { ...none, scanned: 7, foreign: 4, unreadable: 3 })
  assert.equal(await namesIn(directory), before)
})

others('removes it when told to, if it was not modified for a minute', async ({ directory }) => {
  await otherFiles(directory)
  await file(directory, 'recent-foreign.json', '{}', minute - 1)
  await file(directory, 'recent-unreadable.json', '{', minute - 1)
  assert.equal(await prune(directory, { removeForeign: true }), { ...none, scanned: 9, removed: 4, kept: 2, unreadable: 3 })
  assert.equal(await prune(directory, { removeUnreadable: true }), { ...none, scanned: 5, removed: 3, kept: 2 })
  assert.equal(await namesIn(directory), ['recent-foreign.json', 'recent-unreadable.json'])
})

others('sets the time of a live session alone right that is in the future', async ({ directory }) => {
  await file(directory, 'live.json', anHour, -day)
  await file(directory, 'expired.json', JSON.stringify({ cookie: { expires: new Date(now - day) } }), -day)
  await file(directory, 'foreign.json', '{}', -day)
  await file(directory, 'unreadable.json', '{', -day)
  const options = { visitor: { ...visitorOf([]), mustRead: () => true } }
  assert.equal(await prune(directory, options), { ...none, scanned: 4, removed: 1, kept: 1, foreign: 1, unreadable: 1 })
  const timeOf = async (name: string) => Math.floor((await stat(join(directory, name))).mtimeMs)
  assert.equal([await timeOf('live.json'), await timeOf('foreign.json'), await timeOf('unreadable.json')], [now, now + day, now + day])
})

others('removes only the kind that it is told to, and no session', async ({ directory }) => {
  await otherFiles(directory)
  await file(directory, 'live.json', anHour, 2 * minute)
  assert.equal(await prune(directory, { removeUnreadable: true }), { ...none, scanned: 8, removed: 3, kept: 1, foreign: 4 })
  assert.equal(await prune(directory, { removeForeign: true }), { ...none, scanned: 5, removed: 4, kept: 1 })
  assert.equal(await namesIn(directory), ['live.json'])
})

others('keeps files whose names are not those of sessions, links and directories', async ({ directory }) => {
  await file(directory, '.gitkeep', '', 365 * day)
  await file(directory, '.pruned', '', 365 * day)
  await file(directory, 'notes.txt', anHour, 365 * day)
  await file(directory, 'a b.json', anHour, 365 * day)
  await file(directory, 'target', anHour, 365 * day)
  await symlink(join(directory, 'target'), join(directory, 'link.json'))
  await mkdir(join(directory, 'directory.json'))
  const before = await namesIn(directory)
  assert.equal(await prune(directory, { removeForeign: true, removeUnreadable: true }), none)
  assert.equal(await namesIn(directory), before)
})

others('keeps a Makefile where sessions have no extension', async ({ directory }) => {
  await file(directory, 'Makefile', 'all:', 365 * day)
  await file(directory, 'expired', anHour, day)
  assert.equal(await prune(directory, { extension: '' }), { ...none, scanned: 2, removed: 1, unreadable: 1 })
  assert.equal(await namesIn(directory), ['Makefile'])
})

others('tells what it would remove, and removes nothing, in a dry run', async ({ directory }) => {
  await otherFiles(directory)
  await file(directory, 'expired.json', anHour, day)
  await file(directory, '.0123456789ab-z.tmp', '{')
  const before = await namesIn(directory)
  const options = { dryRun: true, disk: changedBefore(11 * minute) }
  assert.equal(await prune(directory, options), { ...none, scanned: 8, removed: 1, foreign: 4, unreadable: 3, temporary: 1 })
  assert.equal(await prune(directory, { ...options, removeForeign: true, removeUnreadable: true }), { ...none, scanned: 8, removed: 8, temporary: 1 })
  assert.equal(await namesIn(directory), before)
})

/** A disk whose files last changed so long ago: nobody can set that time. */
function changedBefore (ago: number, calls: Partial<FsCalls> = {}): Disk {
  const ctimeMs = Date.now() - ago
  return new Disk('auto', { calls: { ...nodeFs, statSync: file => ({ ...nodeFs.statSync(file)!, ctimeMs }), ...calls } })
}

others('removes temporary files and lease tokens that did not change for ten minutes', async ({ directory }) => {
  for (const name of ['.0123456789ab-z.tmp', '.other.tmp', `.pruned-${now}`]) await file(directory, name, '{', 365 * day)
  assert.equal(await prune(directory, { clock: () => Date.now() + day }), none)
  assert.equal(await prune(directory, { disk: changedBefore(9.9 * minute) }), none)
  assert.equal(await prune(directory, { disk: changedBefore(10.1 * minute) }), { ...none, temporary: 2 })
  assert.equal(await namesIn(directory), ['.other.tmp'])
})

others.run()

const races = suiteOnDisk('pruneSessions, while the directory is in use,')

const uses = {
  touched: (name: string) => utimesSync(name, now / 1000, now / 1000),
  replaced (name: string) {
    writeFileSync(`${name}~`, anHour)
    utimesSync(`${name}~`, (now - day) / 1000, (now - day) / 1000)
    renameSync(`${name}~`, name)
  },
  'written in place': (name: string) => writeFileSync(name, anHour.replace('36', '72'))
}

for (const [use, useFile] of Object.entries(uses)) {
  for (const io of ways) {
    races(`(${io}) keeps a session that is ${use} after it was found to be expired`, async ({ directory }) => {
      await file(directory, 'expired.json', anHour, day)
      let isFound = false
      const asked = () => {
        isFound = true
        return now
      }
      // The clock is asked between the looks: what is used after that is seen by the last one.
      const looking = (name: string) => {
        if (isFound && basename(name) === 'expired.json') useFile(name)
        isFound = false
      }
      const statSync = (name: string) => {
        looking(name)
        return nodeFs.statSync(name)
      }
      const disk = new Disk(io, { calls: { ...nodeFs, statSync, stat: async name => statSync(name)! } })
      assert.equal(await prune(directory, { disk, clock: asked }), { ...none, scanned: 1, kept: 1 })
      assert.equal(await namesIn(directory), ['expired.json'])
    })
  }
}

races('removes nothing that went away, or whose `stat` fails, after it was found to be expired', async ({ directory }) => {
  for (const last of [() => null, () => { throw systemError('EIO') }]) {
    await file(directory, 'expired.json', anHour, day)
    let looks = 0
    const disk = new Disk('auto', { calls: { ...nodeFs, statSync: name => looks++ === 0 ? nodeFs.statSync(name) : last() } })
    const failures: RemoveFailed[] = []
    assert.equal(await prune(directory, { disk, onFailure: failure => failures.push(failure) }), { ...none, scanned: 1, kept: 1 })
    assert.equal([looks, failures, await namesIn(directory)], [2, [], ['expired.json']])
  }
})

races('does not count what goes away before it is read', async ({ directory }) => {
  for (const name of ['a.json', 'b.json']) await file(directory, name, anHour, hour)
  await file(directory, '.0123456789ab-z.tmp', '{')
  assert.equal(await prune(directory, { disk: new Disk('auto', { calls: { ...nodeFs, statSync: () => null } }) }), none)
  assert.equal(await prune(directory, { disk: new Disk('auto', { calls: { ...nodeFs, readSync: () => { throw systemError('ENOENT') } } }) }), none)
})

races('keeps what the disk does not show, and counts it as unreadable', async ({ directory }) => {
  await file(directory, 'a.json', anHour, 365 * day)
  const refuse = () => { throw systemError('EIO') }
  for (const calls of [{ statSync: refuse }, { readSync: refuse }]) {
    assert.equal(await prune(directory, { disk: new Disk('auto', { calls: { ...nodeFs, ...calls } }), removeForeign: true }), { ...none, scanned: 1, unreadable: 1 })
  }
})

races('removes what it may not read when it is told to, and nothing that it cannot read for a moment', async ({ directory }) => {
  for (const [code, isRemoved] of [['EIO', false], ['EMFILE', false], ['ENFILE', false], ['ENOMEM', false], ['EACCES', true], ['EPERM', true]] as const) {
    await file(directory, 'a.json', anHour, 365 * day)
    const disk = new Disk('auto', { calls: { ...nodeFs, readSync: () => { throw systemError(code) } } })
    assert.equal(await prune(directory, { disk, removeUnreadable: true }), { ...none, scanned: 1, [isRemoved ? 'removed' : 'unreadable']: 1 }, code)
  }
})

races('tells of each file that it cannot remove, and goes on', async ({ directory }) => {
  const cause = systemError('EROFS')
  const failures: RemoveFailed[] = []
  for (let index = 0; index < 20; index++) await file(directory, `${index}.json`, anHour, day)
  await file(directory, '.0123456789ab-z.tmp', '')
  const disk = changedBefore(day, { removeSync: () => { throw cause } })
  const onFailure = (failure: RemoveFailed) => { failures.push(failure) }
  assert.equal(await prune(directory, { disk, onFailure }), { ...none, scanned: 20, kept: 20 })
  assert.is(failures.length, 20)
  assert.equal(failures.find(({ file }) => file === join(directory, '0.json')), { type: 'remove-failed', file: join(directory, '0.json'), cause })
  assert.equal(await prune(directory, { disk }), { ...none, scanned: 20, kept: 20 })
})

races('removes eight files at the same time at most', async ({ directory }) => {
  for (let index = 0; index < 50; index++) await file(directory, `${index}.json`, anHour, day)
  let [removing, most] = [0, 0]
  const remove: FsCalls['remove'] = (async (file: string) => {
    most = Math.max(most, ++removing)
    await delay(20)
    await nodeFs.remove(file)
    removing--
  }) as FsCalls['remove']
  assert.equal(await prune(directory, { disk: new Disk('async', { calls: { ...nodeFs, remove } }) }), { ...none, scanned: 50, removed: 50 })
  assert.is(most, 8)
})

races.run()

const running = suiteOnDisk('pruneSessions, in a large directory,')

/** A fast disk with one directory that has these sessions in this order; which were read, and the names that it has not come to. */
function simulated (files: ReadonlyArray<readonly [name: string, text: string, ago: number, atimeMs?: number]>, look = () => {}) {
  const contents = new Map(files.map(([name, ...rest]) => [name, rest] as const))
  const read: string[] = []
  const unread = files.map(([name]) => name)
  const entries = (async function * () {
    for (let name = unread.shift(); name !== undefined; name = unread.shift()) yield { name, isFile: () => true }
  })()
  const calls = {
    ...nodeFs,
    now: () => 0,
    openDirectory: async () => entries,
    // Where names keep their places, so that they are read as they are needed.
    fileSystemType: async () => 0xEF53,
    statSync (file: string) {
      look()
      const [text, ago, atimeMs = 0] = contents.get(basename(file))!
      return { mtimeMs: now - ago, ctimeMs: now - ago, atimeMs, birthtimeMs: 0, ino: 1, size: text.length }
    },
    readSync (file: string) {
      read.push(basename(file))
      return contents.get(basename(file))![0]
    },
    removeSync: () => {}
  } as unknown as FsCalls
  return { disk: new Disk('auto', { calls }), read, unread }
}

const times = (count: number, name: string, text: string, ago: number, atimeMs = 0) =>
  Array.from({ length: count }, (_, index) => [`${name}${index}.json`, text, ago, atimeMs] as const)

running('reads a session once and then only when its expiry has come, as the store sets the access time', async ({ directory }) => {
  const { disk, read } = simulated([...times(10_000, 'live', sessionOf(30 * day), hour, now + day), ...times(2, 'expired', anHour, day, now - 23 * hour)])
  assert.equal(await prune(directory, { disk }), { ...none, scanned: 10_002, removed: 2, kept: 10_000 })
  assert.equal(read, ['expired0.json', 'expired1.json'])
})

running('serves the event loop every few milliseconds', async ({ directory }) => {
  const slowly = () => {
    const end = performance.now() + 0.2
    while (performance.now() < end);
  }
  const { disk } = simulated([...times(600, 'read', sessionOf(day), hour), ...times(600, 'skipped', sessionOf(day), 0)], slowly)
  let turns = 0
  const turn = () => {
    turns++
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  await prune(directory, { disk })
  clearImmediate(next)
  // At least 240 ms, in slices of 4 ms.
  assert.ok(turns >= 40, `${turns} turns`)
})

running('tells its progress from time to time', async ({ directory }) => {
  const { disk } = simulated(times(1_000, 'expired', anHour, day))
  const reports: PruneReport[] = []
  await prune(directory, { disk, onProgress: report => { reports.push(report) } })
  assert.equal(reports.map(({ scanned }) => scanned > 0), [true, true, true, true])
  assert.ok(reports.at(-1)!.scanned > reports[0]!.scanned)
})

running('does nothing when it is stopped before it starts', async ({ directory }) => {
  await file(directory, 'expired.json', anHour, day)
  assert.equal(await prune(directory, { signal: AbortSignal.abort() }), none)
  assert.equal(await namesIn(directory), ['expired.json'])
})

running('goes no further through the directory when it is stopped', async ({ directory }) => {
  const stopping = new AbortController()
  const { disk, unread } = simulated(times(1_000, 'expired', anHour, day), () => stopping.abort())
  assert.equal(await prune(directory, { disk, signal: stopping.signal }), { ...none, scanned: 1, removed: 1 })
  assert.ok(unread.length > 700, `${unread.length} of 1,000 names left`)
})

running.run()

const visiting = suiteOnDisk('pruneSessions, with a visitor,')

type Seen = Array<readonly [call: string, id?: string, keys?: string]>

/** A visitor that notes its calls in `seen`. */
function visitorOf (seen: Seen) {
  return {
    mustRead: (name: string) => name === 'recent.json',
    live: async (id: string, session: object) => { seen.push(['live', id, Object.keys(session).join()]) },
    unread: () => { seen.push(['unread']) },
    removed: async (id: string, session: object) => { seen.push(['removed', id, Object.keys(session).join()]) }
  }
}

visiting('shows it each session that it reads, with a cookie or without, and each one that it removed', async ({ directory }) => {
  await file(directory, 'live.json', anHour, 30 * minute)
  await file(directory, 'recent.json', anHour, 0)
  await file(directory, 'known.json', anHour, 0)
  await file(directory, 'foreign.json', '{"name":"ada"}', day)
  await file(directory, 'list.json', '[]', day)
  await file(directory, 'malformed.json', '{', day)
  for (const io of ways) {
    await file(directory, 'expired.json', anHour, day)
    for (const dryRun of [true, false]) {
      const seen: Seen = []
      const report = valueOf(await pruneSessions(directory, { clock, dryRun, visitor: visitorOf(seen), disk: new Disk(io), removeForeign: false }))
      assert.is(report.removed, 1)
      assert.equal(seen.sort(), [
        ['live', 'foreign', 'name'], ['live', 'live', 'cookie'], ['live', 'recent', 'cookie'], ...dryRun ? [] : [['removed', 'expired', 'cookie']]
      ])
    }
  }
  assert.is(await readFile(join(directory, 'live.json'), 'utf8'), anHour)
})

visiting('keeps what was modified less than a minute ago, although it is read for the visitor', async ({ directory }) => {
  for (const [text, kind] of [['{}', 'foreign'], ['{', 'unreadable']] as const) {
    for (const [age, isRemoved] of [[0, false], [minute - 1, false], [minute, true]] as const) {
      await file(directory, 'recent.json', text, age)
      const options = { clock, visitor: visitorOf([]), removeForeign: true, removeUnreadable: true }
      const { removed, [kind]: kept } = valueOf(await pruneSessions(directory, options))
      assert.equal([removed, kept], isRemoved ? [1, 0] : [0, 1], `${kind}, ${age} ms`)
    }
  }
})

visiting('shows it an expired session that could not be removed', async ({ directory }) => {
  await file(directory, 'expired.json', anHour, day)
  const seen: Seen = []
  const disk = new Disk('auto', { calls: { ...nodeFs, removeSync: () => { throw systemError('EACCES') } } })
  valueOf(await pruneSessions(directory, { clock, visitor: visitorOf(seen), disk }))
  assert.equal(seen, [['live', 'expired', 'cookie']])
})

visiting('tells it of each file that the file system refuses to stat or to read', async ({ directory }) => {
  await file(directory, 'session.json', anHour, 30 * minute)
  for (const refused of ['statSync', 'readSync'] as const) {
    const seen: Seen = []
    const disk = new Disk('auto', { calls: { ...nodeFs, [refused]: () => { throw systemError('EMFILE') } } })
    assert.is(valueOf(await pruneSessions(directory, { clock, visitor: visitorOf(seen), disk })).unreadable, 1)
    assert.equal(seen, [['unread']])
  }
})

visiting.run()
