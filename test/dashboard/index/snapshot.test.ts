import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SnapshotBuilder, type Snapshot } from '../../../src/dashboard/index/snapshot.ts'
import { TimeSlice } from '../../../src/dashboard/index/time-slice.ts'

const test = suite('Snapshot')

const slice = () => new TimeSlice({ budgetMs: Infinity, restMs: 0 })

async function snapshotOf (entries: ReadonlyArray<readonly [string, number]>, limit = Infinity): Promise<Snapshot> {
  const builder = new SnapshotBuilder(limit)
  for (const [name, time] of entries) builder.add(name, time)
  return await builder.build(slice())
}

const all = (snapshot: Snapshot) => Array.from({ length: snapshot.count }, (_, rank) => snapshot.at(rank))

test('gives its entries newest first', async () => {
  const snapshot = await snapshotOf([['a', 10], ['bcd', 30], ['ef', 20]])
  assert.equal(all(snapshot), [{ name: 'bcd', lastUsedAt: 30 }, { name: 'ef', lastUsedAt: 20 }, { name: 'a', lastUsedAt: 10 }])
})

test('may be empty', async () => {
  const snapshot = await snapshotOf([])
  assert.equal([snapshot.count, snapshot.rankOf(5), await snapshot.search('a', 10, slice())], [0, 0, []])
})

test('keeps names and times across its chunks', async () => {
  const entries = Array.from({ length: 20_000 }, (_, index): [string, number] => [`n${index}`, 1_800_000_000_000 + (index * 7_919) % 20_000])
  const snapshot = await snapshotOf(entries)
  const expected = entries.toSorted(([, one], [, other]) => other - one).map(([name, lastUsedAt]) => ({ name, lastUsedAt }))
  assert.equal(all(snapshot), expected)
  assert.equal(await snapshot.search('n19999', 10, slice()), [{ name: 'n19999', lastUsedAt: entries[19_999]![1] }])
})

test('knows how many entries are newer than a time', async () => {
  const snapshot = await snapshotOf([['a', 10], ['b', 20], ['c', 20], ['d', 30]])
  assert.equal([Infinity, 31, 30, 29, 20, 19, 10, 9, -1].map(time => snapshot.rankOf(time)), [0, 0, 0, 1, 1, 3, 3, 4, 4])
})

test('takes a time before 1970 as the oldest', async () => {
  assert.equal(all(await snapshotOf([['a', -5], ['b', 1], ['c', 0]])).map(({ name }) => name)[0], 'b')
})

const searches: ReadonlyArray<readonly [string, string[]]> = [
  ['abc', ['abc', 'xabcx', 'abcabc']],
  ['bcx', ['xabcx']],
  ['cx', ['xabcx']],
  ['%2F', ['a%2Fb']],
  ['nothing', []]
]

for (const [text, expected] of searches) {
  test(`finds the names that contain ${text}, each once, and none across two names`, async () => {
    const snapshot = await snapshotOf(['abc', 'xabcx', 'abcabc', 'a', 'bc', 'a%2Fb'].map((name, index) => [name, index]))
    assert.equal((await snapshot.search(text, 10, slice())).map(({ name }) => name), expected)
  })
}

test('stops a search when it has found enough', async () => {
  const snapshot = await snapshotOf(Array.from({ length: 100 }, (_, index) => [`n${index}`, index]))
  assert.is((await snapshot.search('n', 7, slice())).length, 7)
})

test('leaves out what is past its limit', async () => {
  assert.equal(all(await snapshotOf([['a', 1], ['b', 2], ['c', 3]], 2)).map(({ name }) => name), ['b', 'a'])
})

test.run()
