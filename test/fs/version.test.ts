import { mkdir, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  expectedVersion, hasDistinctInode, hasMtime, isRacy, isSameVersion, lastUsedAtOf, matches, systemTime, uniqueMtime,
  versionOf as versionOfStats, type FileVersion
} from '../../src/fs/version.ts'
import { runModule, suiteOnDisk, versionOf } from '../support.ts'

const version: FileVersion = {
  mtimeMs: 1_893_553_445_678.25, ctimeMs: 1_893_553_445_680.5, birthtimeMs: 1_893_553_400_000, ino: 7, size: 366, atimeMs: 1_893_553_450_000
}

const taking = suiteOnDisk('versionOf')

taking('takes the times, the inode and the size from the stats of a file', async ({ directory }) => {
  await writeFile(join(directory, 'file'), 'text')
  const stats = await stat(join(directory, 'file'))
  const { mtimeMs, ctimeMs, birthtimeMs, ino, size, atimeMs } = stats
  assert.equal(versionOfStats(stats), { mtimeMs, ctimeMs, birthtimeMs, ino, size, atimeMs })
})

taking('throws an Error for anything that is not a regular file', async ({ directory }) => {
  await mkdir(join(directory, 'inner'))
  for (const name of [directory, join(directory, 'inner'), '/dev/null']) {
    const stats = await stat(name)
    assert.throws(() => versionOfStats(stats), /^it is not a regular file$/)
  }
})

taking.run()

const same = suite('isSameVersion')

same('is true for two equal versions, whatever the access and birth times are', () => {
  assert.is(isSameVersion(version, { ...version, atimeMs: 0, birthtimeMs: 0 }), true)
})

for (const key of ['mtimeMs', 'ctimeMs', 'ino', 'size'] as const) {
  same(`is false when ${key} differs`, () => {
    assert.is(isSameVersion(version, { ...version, [key]: version[key] + 0.25 }), false)
    assert.is(isSameVersion({ ...version, [key]: version[key] + 0.25 }, version), false)
  })
}

same.run()

const racy = suite('isRacy')

const moments: ReadonlyArray<readonly [ctimeMs: number, age: number, isRacy: boolean, what: string]> = [
  [1_000_000.25, 0, true, 'a change of this moment'],
  [1_000_000.25, 20, true, 'a change within one tick of the clock'],
  [1_000_000.25, 20.25, false, 'a change before the last tick of the clock'],
  [1_000_000.25, 86_400_000, false, 'a change of yesterday'],
  [1_000_000.25, -5, true, 'a change in the future'],
  [1_000_000, 1_000, true, 'a whole second, which may be all that the file system records'],
  [1_000_000, 2_100, true, 'a whole second, two seconds ago'],
  [1_000_000, 2_101, false, 'a whole second that is over on every file system']
]

for (const [ctimeMs, age, expected, what] of moments) {
  racy(`is ${expected} for ${what}`, () => {
    assert.is(isRacy({ ...version, ctimeMs }, ctimeMs + age), expected)
  })
}

racy.run()

const unique = suite('uniqueMtime')

unique('is within the given millisecond', () => {
  for (let index = 0; index < 1_000; index++) {
    const time = 1_893_553_445_678 + index
    assert.is(Math.floor(uniqueMtime(time)), time)
  }
})

unique('adds the microseconds of the monotonic clock, and a half', () => {
  const { hrtime } = process
  try {
    for (const [nanoseconds, added] of [[0, 0.0005], [999, 0.0005], [500_000, 0.5005], [997_000, 0.9975], [999_999, 0.9975]] as const) {
      process.hrtime = Object.assign(() => [7, nanoseconds] as [number, number], hrtime)
      assert.is(uniqueMtime(1_893_553_445_678), 1_893_553_445_678 + added)
    }
  } finally {
    process.hrtime = hrtime
  }
})

unique('differs from one microsecond to the next', () => {
  const times = Array.from({ length: 1_000 }, () => uniqueMtime(1_893_553_445_678))
  assert.ok(new Set(times).size > 1)
})

unique.run()

const lastUse = suiteOnDisk('lastUsedAtOf')

lastUse('is the millisecond that a file was given, truncated by utimes or not', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (let index = 0; index < 500; index++) {
    const time = 1_893_553_445_000 + index * 7
    await utimes(file, time / 1000, time / 1000)
    assert.is(lastUsedAtOf(await versionOf(file)), time)
  }
})

lastUse('is the millisecond that uniqueMtime was made from', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (let index = 0; index < 500; index++) {
    const time = uniqueMtime(1_893_553_445_000 + index * 7)
    await utimes(file, time / 1000, time / 1000)
    assert.is(lastUsedAtOf(await versionOf(file)), 1_893_553_445_000 + index * 7)
  }
})

lastUse('is right for every microsecond that uniqueMtime may add', () => {
  for (const microsecond of [0, 1, 500, 996, 997]) {
    assert.is(lastUsedAtOf({ mtimeMs: 1_893_553_445_678 + (microsecond + 0.5) / 1000 }), 1_893_553_445_678)
  }
})

lastUse.run()

const matching = suiteOnDisk('matches')

matching('is true for a file that was given the expected time', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (let index = 0; index < 200; index++) {
    const time = uniqueMtime(1_893_553_445_678 + index)
    await utimes(file, time / 1000, time / 1000)
    const found = await versionOf(file)
    assert.ok(matches(found, expectedVersion(time, found)), `${found.mtimeMs} is ${time}`)
  }
})

matching('is false when the file was given another time since, in the same millisecond too', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  const expected = expectedVersion(1_893_553_445_678.4995, await versionOf(file))
  for (const other of [1_893_553_445_678.5005, 1_893_553_445_678.4985, 1_893_553_445_679.4995]) {
    await utimes(file, other / 1000, other / 1000)
    assert.is(matches(await versionOf(file), expected), false)
  }
})

matching('is false when the file was written since', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  const time = uniqueMtime(Date.now())
  await utimes(file, time / 1000, time / 1000)
  const expected = expectedVersion(time, await versionOf(file))
  await writeFile(file, 'TEXT')
  assert.is(matches(await versionOf(file), expected), false)
})

matching('is false for another file with the same time', async ({ directory }) => {
  const [file, other] = [join(directory, 'file'), join(directory, 'other')]
  const time = uniqueMtime(Date.now())
  for (const each of [file, other]) {
    await writeFile(each, 'text')
    await utimes(each, time / 1000, time / 1000)
  }
  const expected = expectedVersion(time, await versionOf(file))
  await rename(other, file)
  assert.is(matches(await versionOf(file), expected), false)
})

matching('is false for another inode, and for an inode that was created anew', () => {
  const old = { ...version, ctimeMs: 0 }
  const expected = expectedVersion(version.mtimeMs, version)
  assert.is(matches(old, expected), true)
  assert.is(matches({ ...old, ino: version.ino + 1 }, expected), false)
  assert.is(matches({ ...old, birthtimeMs: version.birthtimeMs + 30 }, expected), false)
})

matching('is false for another size: it was edited in place before it got its time', () => {
  const expected = expectedVersion(version.mtimeMs, version)
  assert.is(matches({ ...version, ctimeMs: 0, size: version.size + 1 }, expected), false)
})

matching('is false when something about the file changed later than expected', () => {
  const expected = expectedVersion(version.mtimeMs, version)
  assert.is(matches({ ...version, ctimeMs: expected.latestCtimeMs }, expected), true)
  assert.is(matches({ ...version, ctimeMs: expected.latestCtimeMs + 0.25 }, expected), false)
})

matching.run()

const expecting = suite('expectedVersion')

expecting('allows for one tick of the file system\'s clock after the current system time', () => {
  const earliest = Date.now()
  const { mtimeMs, ino, birthtimeMs, size, latestCtimeMs } = expectedVersion(version.mtimeMs, version)
  assert.equal([mtimeMs, ino, birthtimeMs, size], [version.mtimeMs, version.ino, version.birthtimeMs, version.size])
  assert.ok(latestCtimeMs >= earliest + 20 && latestCtimeMs <= Date.now() + 20)
})

expecting.run()

const having = suite('hasMtime')

having('compares microseconds', () => {
  for (const [mtimeMs, expected] of [[1_000.2505, true], [1_000.25, true], [1_000.2509, true], [1_000.2515, false], [1_000.2495, false]] as const) {
    assert.is(hasMtime({ ...version, mtimeMs }, 1_000.2505), expected, String(mtimeMs))
  }
})

having.run()

const distinct = suite('hasDistinctInode')

distinct('is true for a file that was created before this tick of the clock', () => {
  assert.is(hasDistinctInode({ ...version, birthtimeMs: Date.now() - 1_000 }), true)
})

distinct('is false for a file that was created just now, or at an unknown time', () => {
  for (const birthtimeMs of [Date.now() - 10, Date.now() + 1_000, 0]) assert.is(hasDistinctInode({ ...version, birthtimeMs }), false)
})

distinct.run()

const clock = suite('systemTime')

clock('is the real clock under fake timers that are installed later', async () => {
  const { output } = await runModule(`
    import { mock } from 'node:test'
    import { systemTime } from '../src/fs/version.ts'
    mock.timers.enable({ apis: ['Date'], now: 0 })
    console.log(Date.now(), systemTime() > 1_700_000_000_000)
  `)
  assert.is(output, '0 true\n')
})

clock('is close to Date.now', () => {
  assert.ok(Math.abs(systemTime() - Date.now()) < 1_000)
})

clock.run()
