import { renameSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { nodeCalls, type Calls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'
import type { RemoveFailed } from '../src/errors.ts'
import { pruneSessions, type Pruned, type PruneOptions } from '../src/prune.ts'
import { namesIn, suiteOnDisk, valueOf, watched } from './support.ts'

const test = suiteOnDisk('pruneSessions')
const now = Date.parse('2030-01-02T03:04:05.000Z')
const clock = () => now
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A file of this directory that was last used so long ago. */
async function file (directory: string, name: string, text: string, ago = 0): Promise<void> {
  await writeFile(join(directory, name), text)
  await utimes(join(directory, name), (now - ago) / 1000, (now - ago) / 1000)
}

/** What a prune found, but for the time it took. */
async function prune (directory: string, options: PruneOptions = {}): Promise<Omit<Pruned, 'took'>> {
  const start = performance.now()
  const { took, ...count } = valueOf(await pruneSessions(directory, { clock, ...options }))
  assert.ok(took >= 0 && took <= performance.now() - start)
  return count
}

const none = { looked: 0, removed: 0, kept: 0, unreadable: 0, temporary: 0 }
const anHour = JSON.stringify({ cookie: { originalMaxAge: hour } })

for (const io of ['auto', 'async'] as const) {
  test(`(${io}) removes what expired more than a minute ago, to the millisecond`, async ({ directory }) => {
    await file(directory, 'over.json', anHour, hour + minute)
    await file(directory, 'grace.json', anHour, hour + minute - 1)
    await file(directory, 'alive.json', anHour, 0)
    await file(directory, 'fixed-over.json', JSON.stringify({ cookie: { expires: new Date(now - minute) } }), day)
    await file(directory, 'fixed-alive.json', JSON.stringify({ cookie: { expires: new Date(now + 1) } }), 30 * day)
    await file(directory, 'bare-over.json', '{}', 14 * day + minute)
    await file(directory, 'bare-alive.json', '{}', 14 * day)
    assert.equal(await prune(directory, { disk: new Disk(io) }), { ...none, looked: 7, removed: 3, kept: 4 })
    assert.equal(await namesIn(directory), ['alive.json', 'bare-alive.json', 'fixed-alive.json', 'grace.json'])
  })
}

test('removes by the ttl that it is told', async ({ directory }) => {
  await file(directory, 'over.json', '{}', hour + minute)
  await file(directory, 'alive.json', '{}', hour)
  assert.equal(await prune(directory, { ttl: hour }), { ...none, looked: 2, removed: 1, kept: 1 })
})

test('removes what is no session when it was unused for the ttl', async ({ directory }) => {
  await file(directory, 'old.json', 'half a JSO', 14 * day + minute)
  await file(directory, 'young.json', 'half a JSO', 14 * day)
  assert.equal(await prune(directory), { ...none, looked: 2, removed: 1, unreadable: 1 })
  assert.equal(await namesIn(directory), ['young.json'])
})

test('removes what is not even text when it was unused for the ttl', async ({ directory }) => {
  await file(directory, 'old.json', '', 14 * day + minute)
  await writeFile(join(directory, 'old.json'), Buffer.from([0xff]))
  await utimes(join(directory, 'old.json'), 1_000_000_000, 1_000_000_000)
  assert.equal(await prune(directory), { ...none, looked: 1, removed: 1 })
})

test('keeps what is no session where sessions have no extension', async ({ directory }) => {
  await file(directory, 'Makefile', 'all:', 365 * day)
  await file(directory, 'over', anHour, day)
  assert.equal(await prune(directory, { extension: '' }), { ...none, looked: 2, removed: 1, unreadable: 1 })
  assert.equal(await namesIn(directory), ['Makefile'])
})

test('touches nothing else in the directory', async ({ directory }) => {
  await file(directory, '.gitkeep', '', 365 * day)
  await file(directory, '.pruned', '', 365 * day)
  await file(directory, 'notes.txt', '', 365 * day)
  await file(directory, 'a b.json', anHour, 365 * day)
  await file(directory, 'target', anHour, 365 * day)
  await symlink(join(directory, 'target'), join(directory, 'link.json'))
  await mkdir(join(directory, 'directory.json'))
  const before = await namesIn(directory)
  assert.equal(await prune(directory), none)
  assert.equal(await namesIn(directory), before)
})

/** A disk whose files changed so long ago: nobody can set that time. */
function changed (ago: number, calls: Partial<Calls> = {}): Disk {
  const ctimeMs = Date.now() - ago
  return new Disk('auto', {
    ...nodeCalls,
    statSync: name => Object.assign(nodeCalls.statSync(name)!, { ctimeMs }),
    ...calls
  })
}

test('removes temporary files that were not touched for ten minutes', async ({ directory }) => {
  await file(directory, '.0123456789ab-z.tmp', '{', 365 * day)
  await file(directory, '.unlike.tmp', '{', 365 * day)
  assert.equal(await prune(directory, { clock: () => Date.now() + day }), none)
  assert.equal(await prune(directory, { disk: changed(9 * minute) }), none)
  assert.equal(await prune(directory, { disk: changed(11 * minute) }), { ...none, temporary: 1 })
  assert.equal(await namesIn(directory), ['.unlike.tmp'])
})

test('removes sealed sessions by their lifetime, and none that it cannot open', async ({ directory }) => {
  const { sealedText } = await import('../src/seal.ts')
  const secret = 's'.repeat(32)
  await file(directory, 'over.json', sealedText('over.json', anHour, { secret }), day)
  await file(directory, 'alive.json', sealedText('alive.json', anHour, { secret }), 0)
  await file(directory, 'strange.json', sealedText('other.json', anHour, { secret }), 365 * day)
  assert.equal(await prune(directory), { ...none, looked: 3, unreadable: 3 })
  assert.equal(await prune(directory, { secret }), { ...none, looked: 3, removed: 1, kept: 1, unreadable: 1 })
})

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
  for (const io of ['auto', 'async'] as const) {
    test(`(${io}) keeps a session that is ${use} after it was found to be over`, async ({ directory }) => {
      await file(directory, 'over.json', anHour, day)
      let isOver = false
      const late = () => {
        isOver = true
        return now
      }
      // The clock is asked between the looks: what is used after that is seen by the last one.
      const looking = (name: string) => {
        if (isOver && basename(name) === 'over.json') useFile(name)
        isOver = false
      }
      const disk = new Disk(io, {
        ...nodeCalls,
        statSync: name => { looking(name); return nodeCalls.statSync(name) },
        stat: async name => { looking(name); return await nodeCalls.stat(name) }
      })
      assert.equal(await prune(directory, { disk, clock: late }), { ...none, looked: 1, kept: 1 })
      assert.equal(await namesIn(directory), ['over.json'])
    })
  }
}

test('removes nothing that was removed, or cannot be looked at, after it was found to be over', async ({ directory }) => {
  for (const last of [() => undefined, () => { throw new Error('no') }]) {
    await file(directory, 'over.json', anHour, day)
    let looks = 0
    const disk = new Disk('auto', { ...nodeCalls, statSync: name => looks++ === 0 ? nodeCalls.statSync(name) : last() })
    const failures: RemoveFailed[] = []
    assert.equal(await prune(directory, { disk, onFailure: failure => failures.push(failure) }), { ...none, looked: 1, kept: 1 })
    assert.equal([looks, failures], [2, []])
    assert.equal(await namesIn(directory), ['over.json'])
  }
})

test('does not count what goes away meanwhile', async ({ directory }) => {
  await file(directory, 'a.json', anHour)
  await file(directory, 'b.json', anHour)
  const gone = Object.assign(new Error('no'), { code: 'ENOENT' })
  assert.equal(await prune(directory, { disk: new Disk('auto', { ...nodeCalls, statSync: () => undefined }) }), none)
  assert.equal(await prune(directory, { disk: new Disk('auto', { ...nodeCalls, readSync: () => { throw gone } }) }), none)
})

test('keeps what the disk does not show', async ({ directory }) => {
  await file(directory, 'a.json', anHour, 365 * day)
  const cause = Object.assign(new Error('no'), { code: 'EIO' })
  const refuse = () => { throw cause }
  assert.equal(await prune(directory, { disk: new Disk('auto', { ...nodeCalls, statSync: refuse }) }), { ...none, looked: 1, unreadable: 1 })
  assert.equal(await prune(directory, { disk: new Disk('auto', { ...nodeCalls, readSync: refuse }) }), { ...none, looked: 1, unreadable: 1 })
})

test('tells what it cannot remove, and goes on', async ({ directory }) => {
  const cause = Object.assign(new Error('no'), { code: 'EROFS' })
  const failures: RemoveFailed[] = []
  for (let index = 0; index < 20; index++) await file(directory, `${index}.json`, anHour, day)
  await file(directory, '.0123456789ab-z.tmp', '')
  const refuse = async () => { throw cause }
  const disk = changed(day, { remove: refuse })
  const options = { disk, onFailure: (failure: RemoveFailed) => failures.push(failure) }
  assert.equal(await prune(directory, options), { ...none, looked: 20, kept: 20 })
  assert.is(failures.length, 20)
  assert.equal(failures.find(({ file }) => file === join(directory, '0.json')), { type: 'remove-failed', file: join(directory, '0.json'), cause })
  assert.equal(await prune(directory, { disk }), { ...none, looked: 20, kept: 20 })
})

/** A fast disk with one directory, which has these files in this order; whose files it read, and the names that it has not come to. */
function simulated (files: ReadonlyArray<readonly [name: string, text: string | null, ago: number]>, look = () => {}) {
  const texts = new Map(files.map(([name, ...rest]) => [name, rest] as const))
  const found = (file: string) => texts.get(basename(file))!
  const read: string[] = []
  const names = files.map(([name]) => name)
  const next = () => {
    const name = names.shift()
    return name === undefined ? null : { name, isFile: () => true }
  }
  const disk = new Disk('auto', {
    ...nodeCalls,
    now: () => 0,
    openDirectory: async () => ({ read: async () => next(), readSync: next, close: async () => {} }),
    statSync (file: string) {
      look()
      const [text, ago] = found(file)
      return text === null ? undefined : { isFile: () => true, mtimeMs: now - ago, ctimeMs: now - ago, birthtimeMs: 0, ino: 1, size: text.length }
    },
    readSync (file: string) {
      read.push(basename(file))
      return found(file)[0]
    },
    rename: async () => {},
    remove: async () => {},
    stat: async (file: string) => { throw new Error(`${file} is not to be looked at again`) }
  } as unknown as Calls)
  return { disk, read, unread: names }
}

const times = (often: number, name: string, text: string, ago: number) =>
  Array.from({ length: often }, (_, index) => [`${name}${index}.json`, text, ago] as const)

const aDay = JSON.stringify({ cookie: { originalMaxAge: day } })

test('reads a thousand files, and then none whose stamp shows that it lives', async ({ directory }) => {
  const { disk, read } = simulated([
    ...times(999, 'day', aDay, minute), ['hour.json', anHour, minute],
    ['gone.json', null, 0], ...times(2, 'young', aDay, hour + minute - 1), ...times(2, 'old', aDay, hour + minute)
  ])
  assert.equal(await prune(directory, { disk }), { ...none, looked: 1_004, kept: 1_004 })
  assert.equal(read.slice(998), ['day998.json', 'hour.json', 'old0.json', 'old1.json'])
})

test('lets the event loop go on meanwhile', async ({ directory }) => {
  const slowly = () => {
    const end = performance.now() + 0.2
    while (performance.now() < end);
  }
  const { disk } = simulated([...times(1_000, 'read', aDay, 0), ...times(40, 'young', aDay, 0)], slowly)
  let turns = 0
  const turn = () => {
    turns++
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  await prune(directory, { disk })
  clearImmediate(next)
  // At least 208 ms, in slices of 4 ms.
  assert.ok(turns >= 40, `${turns} turns`)
})

test('removes eight files at once', async ({ directory }) => {
  for (let index = 0; index < 50; index++) await file(directory, `${index}.json`, anHour, day)
  let [removing, most] = [0, 0]
  const disk = new Disk('auto', {
    ...nodeCalls,
    now: () => 0,
    async remove (file) {
      most = Math.max(most, ++removing)
      await nodeCalls.remove(file)
      removing--
    }
  })
  assert.equal(await prune(directory, { disk }), { ...none, looked: 50, removed: 50 })
  assert.is(most, 8)
})

test('passes over a temporary file that is gone when it is reached', async ({ directory }) => {
  const { disk } = simulated([['.0123456789ab-z.tmp', null, 0], ['alive.json', anHour, 0]])
  assert.equal(await prune(directory, { disk }), { ...none, looked: 1, kept: 1 })
})

for (const io of ['auto', 'async'] as const) {
  test(`(${io}) reads no more than a sample of what its stamp shows to live`, async ({ directory }) => {
    const names = Array.from({ length: 1_200 }, (_, index) => `${index}.json`)
    await Promise.all(names.map(name => file(directory, name, anHour, minute)))
    await file(directory, 'over.json', anHour, hour + minute)
    const { calls, log } = watched()
    assert.equal(await prune(directory, { disk: new Disk(io, calls) }), { ...none, looked: 1_201, removed: 1, kept: 1_200 })
    const reads = log.filter(name => name === 'readSync' || name === 'read').length
    assert.ok(reads >= 1_000 && reads <= 1_001, String(reads))
  })
}

test('stops when it is told to', async ({ directory }) => {
  await file(directory, 'over.json', anHour, day)
  assert.equal(await prune(directory, { signal: AbortSignal.abort() }), none)
  assert.equal(await namesIn(directory), ['over.json'])
})

test('goes no further through the directory then', async ({ directory }) => {
  const stopping = new AbortController()
  const { disk, unread } = simulated(times(1_000, 'over', anHour, day), () => stopping.abort())
  assert.equal(await prune(directory, { disk, signal: stopping.signal }), { ...none, looked: 1, removed: 1 })
  assert.ok(unread.length > 700, `${unread.length} of 1,000 names left`)
})

test('has nothing to do in a missing directory', async ({ directory }) => {
  assert.equal(await prune(join(directory, 'absent')), none)
})

test('fails when the directory cannot be read', async ({ directory }) => {
  const cause = Object.assign(new Error('no'), { code: 'EACCES' })
  const disk = new Disk('auto', { ...nodeCalls, openDirectory: async () => { throw cause } })
  assert.equal(await pruneSessions(directory, { disk }), err({ type: 'walk-failed', directory, cause }))
})

test('takes the time of the real clock unless it is told another', async ({ directory }) => {
  await writeFile(join(directory, 'alive.json'), anHour)
  assert.equal((await pruneSessions(directory)).map(({ kept }) => kept), ok(1))
})

test.run()
