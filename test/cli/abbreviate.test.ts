import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Abbreviator } from '../../src/cli/abbreviate.ts'

const test = suite('Abbreviator')

function shortened (ids: readonly string[]): readonly string[] {
  const abbreviator = new Abbreviator()
  ids.forEach(id => abbreviator.add(id))
  return ids.map(id => abbreviator.shorten(id))
}

test('shortens to 8 characters, or to as many as tell an id from the others', () => {
  assert.equal(shortened(['aaaaaaaa1', 'bbbbbbbb1', 'bbbbbbbb2345678901234567890', 'bbbbbbbb2345xxxxx', 'short', 'exactly8']), [
    'aaaaaaaa', 'bbbbbbbb1', 'bbbbbbbb23456789', 'bbbbbbbb2345xxxx', 'short', 'exactly8'
  ])
})

test('leaves an id whole that others begin with', () => {
  assert.equal(shortened(['12345678', '123456789', '1234567890123456789012345678901234', '12345678901234567890123456789012xx']), [
    '12345678', '123456789', '1234567890123456789012345678901234', '12345678901234567890123456789012xx'
  ])
})

test('is never ambiguous, and short, among 200,000 ids', () => {
  const ids = Array.from({ length: 200_000 }, () => randomBytes(24).toString('base64url'))
  const short = shortened(ids)
  const counts = new Map<string, number>()
  for (const id of ids) for (const length of [8, 12, 16, 24, 32]) counts.set(id.slice(0, length), (counts.get(id.slice(0, length)) ?? 0) + 1)
  assert.is(short.filter(id => counts.get(id) !== 1).length, 0)
  assert.ok(short.filter(id => id.length === 8).length > 0.97 * ids.length)
})

test.run()
