import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { after, formatCursor, from, parseCursor, start } from '../../../src/dashboard/search/cursor.ts'
import { formatListQuery, parseListQuery } from '../../../src/dashboard/search/query.ts'

const test = suite('Cursor')

const entries = [['a', 5], ['b', 5], ['c', 5], ['d', 4], ['e', 3]].map(([name, lastUsedAt]) => ({ name: name as string, lastUsedAt: lastUsedAt as number }))

test('begins with all', () => {
  assert.equal([...from(start, entries)], entries)
})

test('goes on behind each entry, also among those of one time', () => {
  let cursor = start
  for (const [index, entry] of entries.entries()) {
    cursor = after(cursor, entry)
    assert.equal([...from(cursor, entries.filter(({ lastUsedAt }) => lastUsedAt <= cursor.time))], entries.slice(index + 1))
  }
})

test('is read as it was written', () => {
  const cursor = { time: 1_900_000_000_123, skip: 3 }
  assert.equal(parseCursor(formatCursor(cursor)), cursor)
})

test('is the start for what is no cursor', () => {
  for (const text of ['', '5', '-5-1', '5-', '1e3-1', 'Infinity-0', '9'.repeat(16) + '-1', '5-1-1', ' 5-1']) assert.is(parseCursor(text), start, text)
})

const queries = suite('ListQuery')

queries('is read as it was written', () => {
  for (const query of [
    { scope: 'id', text: '', cursor: start },
    { scope: 'field', text: 'a=b&c', cursor: start },
    { scope: 'owner', text: 'ä', cursor: { time: 5, skip: 0 } }
  ] as const) {
    assert.equal(parseListQuery(Object.fromEntries(new URLSearchParams(formatListQuery(query)))), query)
  }
})

queries('leaves out what it does not know', () => {
  for (const query of [{}, { in: 'x', q: ['a'], before: ['1-1'] }, { q: ' ' }, { before: 'x' }]) {
    assert.is(formatListQuery(parseListQuery(query)), '', JSON.stringify(query))
  }
})

test.run()
queries.run()
