import { rename, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bears, isDistinct, isSame, isSettled, markedTime, markOf, wholeTime, type Stamp } from '../src/stamp.ts'
import { stampOf, suiteOnDisk } from './support.ts'

const stamp: Stamp = { modified: 1_893_553_445_678.25, changed: 1_893_553_445_680.5, inode: 7, born: 1_893_553_400_000, size: 366 }

const same = suite('isSame')

same('is so for two equal stamps', () => {
  assert.is(isSame(stamp, { ...stamp }), true)
})

for (const key of ['modified', 'changed', 'inode', 'size'] as const) {
  same(`is not so when ${key} differs`, () => {
    assert.is(isSame(stamp, { ...stamp, [key]: stamp[key] + 0.25 }), false)
    assert.is(isSame({ ...stamp, [key]: stamp[key] + 0.25 }, stamp), false)
  })
}

same.run()

const settled = suite('isSettled')

const moments: ReadonlyArray<readonly [changed: number, age: number, settled: boolean, why: string]> = [
  [1_000_000.25, 0, false, 'a change of this moment'],
  [1_000_000.25, 20, false, 'a change within one tick'],
  [1_000_000.25, 20.25, true, 'a change before the tick'],
  [1_000_000.25, 86_400_000, true, 'a change of yesterday'],
  [1_000_000.25, -5, false, 'a change in the future'],
  [1_000_000, 1_000, false, 'a whole second, which may be all that the file system keeps'],
  [1_000_000, 2_100, false, 'a whole second, two of them ago'],
  [1_000_000, 2_101, true, 'a whole second that is over wherever times are kept']
]

for (const [changed, age, expected, why] of moments) {
  settled(`is ${expected ? '' : 'not '}so for ${why}`, () => {
    assert.is(isSettled({ ...stamp, changed }, changed + age), expected)
  })
}

settled.run()

const marked = suite('markedTime')

marked('is within the millisecond that it marks', () => {
  for (let index = 0; index < 1_000; index++) {
    const time = 1_893_553_445_678 + index
    assert.is(Math.floor(markedTime(time)), time)
  }
})

marked('adds the microseconds of the monotonic clock, and a half', () => {
  const { hrtime } = process
  try {
    for (const [nanoseconds, added] of [[0, 0.0005], [999, 0.0005], [500_000, 0.5005], [997_000, 0.9975], [999_999, 0.9975]] as const) {
      process.hrtime = Object.assign(() => [7, nanoseconds] as [number, number], hrtime)
      assert.is(markedTime(1_893_553_445_678), 1_893_553_445_678 + added)
    }
  } finally {
    process.hrtime = hrtime
  }
})

marked('differs from one microsecond to the next', () => {
  const times = Array.from({ length: 1_000 }, () => markedTime(1_893_553_445_678))
  assert.ok(new Set(times).size > 1)
})

marked.run()

const whole = suiteOnDisk('wholeTime')

whole('is the millisecond that a file was given, truncated on its way or not', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (let index = 0; index < 500; index++) {
    const time = 1_893_553_445_000 + index * 7
    await utimes(file, time / 1000, time / 1000)
    assert.is(wholeTime(await stampOf(file)), time)
  }
})

whole('is the millisecond that was marked', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (let index = 0; index < 500; index++) {
    const time = markedTime(1_893_553_445_000 + index * 7)
    await utimes(file, time / 1000, time / 1000)
    assert.is(wholeTime(await stampOf(file)), 1_893_553_445_000 + index * 7)
  }
})

whole('is that of every microsecond that a mark may have', () => {
  for (const microsecond of [0, 1, 500, 996, 997]) {
    const modified = 1_893_553_445_678 + (microsecond + 0.5) / 1000
    assert.is(wholeTime({ ...stamp, modified }), 1_893_553_445_678)
  }
})

whole.run()

const bearing = suiteOnDisk('bears')

bearing('is so for a file that was given its time', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  for (let index = 0; index < 200; index++) {
    const time = markedTime(1_893_553_445_678 + index)
    await utimes(file, time / 1000, time / 1000)
    const found = await stampOf(file)
    assert.ok(bears(found, markOf(time, found)), `${found.modified} is ${time}`)
  }
})

bearing('is not so when it was given another since, in the same millisecond too', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  const mark = markOf(1_893_553_445_678.4995, await stampOf(file))
  for (const other of [1_893_553_445_678.5005, 1_893_553_445_678.4985, 1_893_553_445_679.4995]) {
    await utimes(file, other / 1000, other / 1000)
    assert.is(bears(await stampOf(file), mark), false)
  }
})

bearing('is not so when it was written since', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  const time = markedTime(Date.now())
  await utimes(file, time / 1000, time / 1000)
  const mark = markOf(time, await stampOf(file))
  await writeFile(file, 'TEXT')
  assert.is(bears(await stampOf(file), mark), false)
})

bearing('is not so for another file with the same time', async ({ directory }) => {
  const [file, other] = [join(directory, 'file'), join(directory, 'other')]
  const time = markedTime(Date.now())
  for (const each of [file, other]) {
    await writeFile(each, 'text')
    await utimes(each, time / 1000, time / 1000)
  }
  const mark = markOf(time, await stampOf(file))
  await rename(other, file)
  assert.is(bears(await stampOf(file), mark), false)
})

bearing('is not so for another inode, nor for the same one made again', () => {
  const old = { ...stamp, changed: 0 }
  const mark = markOf(stamp.modified, stamp)
  assert.is(bears(old, mark), true)
  assert.is(bears({ ...old, inode: stamp.inode + 1 }, mark), false)
  assert.is(bears({ ...old, born: stamp.born + 30 }, mark), false)
})

bearing('is not so when something about it changed later than the mark allows', () => {
  const mark = markOf(stamp.modified, stamp)
  assert.is(bears({ ...stamp, changed: mark.before }, mark), true)
  assert.is(bears({ ...stamp, changed: mark.before + 0.25 }, mark), false)
})

bearing.run()

const marking = suite('markOf')

marking('allows for one tick of the file system\'s clock, by the real one', () => {
  const earliest = Date.now()
  const { modified, inode, born, before } = markOf(stamp.modified, stamp)
  assert.is(modified, stamp.modified)
  assert.equal([inode, born], [stamp.inode, stamp.born])
  assert.ok(before >= earliest + 20 && before <= Date.now() + 20)
})

marking.run()

const distinct = suite('isDistinct')

distinct('is so for a file that was made before this tick of the clock', () => {
  assert.is(isDistinct({ ...stamp, born: Date.now() - 1_000 }), true)
})

distinct('is not so for one that was made just now, or nobody knows when', () => {
  for (const born of [Date.now() - 10, Date.now() + 1_000, 0]) assert.is(isDistinct({ ...stamp, born }), false)
})

distinct.run()
