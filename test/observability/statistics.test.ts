import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Statistics } from '../../src/observability/statistics.ts'

const test = suite('Statistics')

const zero = { gets: 0, hits: 0, misses: 0, sets: 0, writes: 0, touches: 0, destroys: 0, merges: 0, conflicts: 0, failures: {}, queueLength: 0, lastPrune: null }
const report = { scanned: 3, removed: 1, kept: 2, unreadable: 0, foreign: 0, temporary: 0, durationMs: 5 }
const directory = '/sessions'

/** Does everything once that is counted. */
function countEverything (statistics: Statistics): void {
  statistics.got('abc', true)
  statistics.lookup(true)
  statistics.lookup(false)
  statistics.set('abc')
  for (const outcome of ['written', 'touched', 'unchanged', 'gone', true, false] as const) statistics.applied('/sessions/abc.json', outcome)
  statistics.destroyed('abc')
  statistics.merged([])
  statistics.merged(['cart', 'user'])
  statistics.pruned(report)
  statistics.failed({ type: 'not-encrypted', file: '/sessions/abc.json' })
  statistics.failed({ type: 'not-encrypted', file: '/sessions/abd.json' })
}

test('counts nothing at first', () => {
  assert.equal(new Statistics(directory).stats(0), zero)
})

test('counts each kind of event', () => {
  const statistics = new Statistics(directory)
  const earliest = Date.now()
  countEverything(statistics)
  const { lastPrune, ...counts } = statistics.stats(7)
  assert.equal({ ...counts, lastPrune: null }, {
    ...zero, gets: 1, hits: 1, misses: 1, sets: 1, writes: 1, touches: 1, destroys: 1, merges: 2, conflicts: 1, failures: { 'not-encrypted': 2 }, queueLength: 7
  })
  const { at, ...pruned } = lastPrune!
  assert.equal(pruned, report)
  assert.ok(at.getTime() >= earliest && at.getTime() <= Date.now())
})

test('counts a merge as a conflict when both sides had changed a key', () => {
  for (const [keys, conflicts] of [[[], 0], [['cart'], 1]] as const) {
    const statistics = new Statistics(directory)
    statistics.merged(keys)
    assert.equal([statistics.stats(0).merges, statistics.stats(0).conflicts], [1, conflicts])
  }
})

test('gives counts that do not change later', () => {
  const statistics = new Statistics(directory)
  const before = statistics.stats(0)
  countEverything(statistics)
  assert.equal(before, zero)
})

test('publishes each event with its directory to who subscribes', () => {
  const messages: Array<readonly [name: string, message: any]> = []
  const note = (message: unknown, name: string | symbol) => { messages.push([String(name).replace('fastify-file-session-store:', ''), message]) }
  const names = ['get', 'set', 'write', 'destroy', 'merge', 'prune', 'failure'].map(name => `fastify-file-session-store:${name}`)
  for (const name of names) subscribe(name, note)
  try {
    countEverything(new Statistics(directory))
  } finally {
    for (const name of names) unsubscribe(name, note)
  }
  assert.equal(messages, [
    ['get', { directory, id: 'abc', isFound: true }],
    ['set', { directory, id: 'abc' }],
    ['write', { directory, file: '/sessions/abc.json', outcome: 'written' }],
    ['write', { directory, file: '/sessions/abc.json', outcome: 'touched' }],
    ['destroy', { directory, id: 'abc' }],
    ['merge', { directory, conflictingKeys: [] }],
    ['merge', { directory, conflictingKeys: ['cart', 'user'] }],
    ['prune', { directory, report }],
    ['failure', { directory, failure: { type: 'not-encrypted', file: '/sessions/abc.json' } }],
    ['failure', { directory, failure: { type: 'not-encrypted', file: '/sessions/abd.json' } }]
  ])
  countEverything(new Statistics(directory))
  assert.is(messages.length, 10)
})

test.run()
