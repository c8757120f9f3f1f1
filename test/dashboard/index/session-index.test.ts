import { utimes, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { FileStore } from '../../../src/index.ts'
import { RecentChanges } from '../../../src/dashboard/index/changes.ts'
import { SessionIndex } from '../../../src/dashboard/index/session-index.ts'
import { SessionSource } from '../../../src/dashboard/source.ts'
import { suiteOnDisk } from '../../support.ts'

const test = suiteOnDisk('SessionIndex')

const sourceOf = (directory: string, extension = '.json') => new SessionSource(new FileStore(directory, { pruneInterval: 0, extension }))

/** A file that was last used at this second since 1970. */
async function file (directory: string, name: string, time: number): Promise<void> {
  await writeFile(join(directory, name), '{"cookie":{}}')
  await utimes(join(directory, name), time, time)
}

const names = (index: SessionIndex, time?: number) => [...index.newest(time)].map(({ name }) => name)

test('lists the session files of the directory and nothing else', async ({ directory }) => {
  for (const [time, name] of ['a.json', 'b%2Fc.json', '.hidden.json', 'b%2fc.json', 'other.txt', 'c'].entries()) await file(directory, name, time)
  const index = new SessionIndex(sourceOf(directory))
  assert.is(index.isReady, false)
  await index.refresh()
  assert.equal([names(index), index.counts!.total, index.isReady], [['b%2Fc', 'a'], 2, true])
  index.close()
})

test('lists files without an extension', async ({ directory }) => {
  await file(directory, 'abc', 1)
  const index = new SessionIndex(sourceOf(directory, ''))
  await index.refresh()
  assert.equal(names(index), ['abc'])
  index.close()
})

test('goes on from a time', async ({ directory }) => {
  for (const time of [1, 2, 3]) await file(directory, `s${time}.json`, time)
  const index = new SessionIndex(sourceOf(directory))
  await index.refresh()
  assert.equal([names(index, 2_000), names(index, 999)], [['s2', 's1'], []])
  index.close()
})

test('frees the list when no page is open, and continues to count', async ({ directory }) => {
  await file(directory, 'a.json', 1)
  const index = new SessionIndex(sourceOf(directory))
  await index.sample(1)
  assert.equal([index.isReady, index.counts!.total], [false, 1])
  index.close()
})

test('does not count while no page is open when told so', async ({ directory }) => {
  const index = new SessionIndex(sourceOf(directory))
  await index.sample(0)
  assert.is(index.counts, null)
  index.close()
})

const changes = suiteOnDisk('RecentChanges')

changes('sees files that come, are used and go, in any process', async ({ directory }) => {
  await file(directory, 'old.json', 1)
  const recent = new RecentChanges(sourceOf(directory))
  recent.watch()
  await file(directory, 'new.json', 1_900_000_000)
  await file(directory, 'ignored.txt', 1_900_000_000)
  await utimes(join(directory, 'old.json'), 1_900_000_001, 1_900_000_001)
  await file(directory, 'gone.json', 5)
  await unlink(join(directory, 'gone.json'))
  for (let tries = 0; !(recent.has('gone') && recent.has('old') && recent.has('new')) && tries < 100; tries++) await delay(50)
  assert.equal(recent.newest, [{ name: 'old', lastUsedAt: 1_900_000_001_000 }, { name: 'new', lastUsedAt: 1_900_000_000_000 }])
  assert.is(recent.has('gone'), true)
  recent.unwatch()
  assert.equal([recent.newest, recent.isWatching], [[], false])
})

changes('forgets what a scan has seen itself, and keeps what came later', async ({ directory }) => {
  const recent = new RecentChanges(sourceOf(directory))
  recent.note('before', 1, 10)
  recent.note('after', 2, 20)
  recent.forgetBefore(15)
  assert.equal([recent.has('before'), recent.newest], [false, [{ name: 'after', lastUsedAt: 2 }]])
})

changes('keeps the latest of too many', async ({ directory }) => {
  const recent = new RecentChanges(sourceOf(directory))
  for (let number = 0; number < 5_001; number++) recent.note(`s${number}`, number)
  recent.note('s1', 6_000)
  recent.note('new', 6_001)
  assert.equal([recent.has('s0'), recent.has('s1'), recent.has('s2'), recent.newest.length, recent.newest[0]!.name], [false, true, false, 5_000, 'new'])
})

changes('does without a directory that cannot be watched', async ({ directory }) => {
  const recent = new RecentChanges(sourceOf(join(directory, 'missing')))
  recent.watch()
  await recent.flush()
  assert.equal(recent.newest, [])
  recent.unwatch()
})

test.run()
changes.run()
