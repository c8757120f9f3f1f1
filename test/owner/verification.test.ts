import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dueSince } from '../../src/owner/verification.ts'

const hour = 60 * 60 * 1000
const names = Array.from({ length: 2_400 }, (_, index) => `same-begin-${index}-same-end.json`)
const dueIn = (from: number, to: number) => names.filter(dueSince(from * hour, to * hour))

const test = suite('dueSince')

test('is nothing in the hour of the last verification, and everything after a day, or from a time in the future', () => {
  for (const start of [0, 480_000]) {
    assert.is(dueIn(start, start + 0.99).length, 0)
    for (const hours of [24, 25, 1_000, -1]) assert.is(dueIn(start + 1, start + 1 + hours).length, names.length, `${hours} hours`)
  }
})

test('is each name once in the hours of a day, about as many in each', () => {
  const due = Array.from({ length: 24 }, (_, index) => dueIn(480_000 + index, 480_001 + index))
  assert.equal(due.flat().sort(), [...names].sort())
  for (const part of due) assert.ok(part.length >= 50 && part.length <= 150, `${part.length}`)
})

test('is in one step what it is in several', () => {
  const start = 480_005
  for (const hours of [2, 3, 7, 23]) {
    const steps = Array.from({ length: hours }, (_, index) => dueIn(start + index, start + index + 1)).flat()
    assert.equal(dueIn(start, start + hours).sort(), steps.sort())
  }
})

test.run()
