import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Sorter, type Candidate } from '../../src/cli/sort.ts'
import { CommandError } from '../../src/cli/exit.ts'

const test = suite('Sorter')

const candidate = (key: number | string, id = `id${key}`): Candidate => ({ id, name: `${id}.json`, lastUsedAt: 1, size: 2, key })

// In an order that is no order.
const numbers = Array.from({ length: 1000 }, (_, index) => index * 7919 % 1000)
const ascending = [...numbers].sort((one, other) => one - other)

const spills = () => readdirSync(tmpdir()).filter(name => name.startsWith('file-sessions-'))

for (const capacity of [1, 7, 333, 1000, 5000]) {
  test(`sorts with ${capacity} in memory`, () => {
    const sorter = new Sorter({ capacity })
    for (const number of numbers) sorter.add(candidate(number))
    assert.equal([...sorter.sorted()].map(({ key }) => key), ascending)
    assert.is(sorter.hasDropped, false)
    sorter.close()
  })
}

test('sorts the other way round, and equal ones by id', () => {
  const sorter = new Sorter({ isDescending: true, capacity: 3 })
  for (const [key, id] of [[1, 'a'], [2, 'b'], [2, 'c'], [3, 'd'], [1, 'e']] as const) sorter.add(candidate(key, id))
  assert.equal([...sorter.sorted()].map(({ id }) => id).join(''), 'dcbea')
  sorter.close()
})

test('gives every field back from the file', () => {
  const sorter = new Sorter({ capacity: 1 })
  const given = { id: 'a\n\u2028"é', name: 'a%0A.json', lastUsedAt: 123.5, size: 9, key: 'k\n' }
  sorter.add(given)
  assert.equal([...sorter.sorted()], [given])
  sorter.close()
})

test('keeps the first ones only, where no more are wanted', () => {
  for (const isDescending of [false, true]) {
    const sorter = new Sorter({ first: 10, capacity: 20, isDescending })
    for (const number of numbers) sorter.add(candidate(number))
    assert.equal([...sorter.sorted()].map(({ key }) => key).slice(0, 10), isDescending ? [...ascending].reverse().slice(0, 10) : ascending.slice(0, 10))
    assert.is(sorter.hasDropped, true)
  }
  const sorter = new Sorter({ first: 10 })
  for (const number of numbers.slice(0, 50)) sorter.add(candidate(number))
  assert.is(sorter.hasDropped, false)
})

test('leaves no temporary file behind', () => {
  const before = spills()
  const sorter = new Sorter({ capacity: 10 })
  for (const number of numbers) sorter.add(candidate(number))
  assert.is(spills().length, before.length + 1)
  sorter.close()
  sorter.close()
  assert.equal(spills(), before)
})

test('says what to do when it cannot write its temporary file', () => {
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = '/nowhere/at/all'
  try {
    const sorter = new Sorter({ capacity: 1 })
    assert.throws(() => sorter.add(candidate(1)), (error: unknown) => error instanceof CommandError &&
      error.message === 'So many sessions are sorted in /nowhere/at/all, which failed (no such file or directory); add --limit 100, or --sort none.')
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  }
})

test.run()
