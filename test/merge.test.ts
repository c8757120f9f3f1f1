import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { merge } from '../src/merge.ts'

type Fields = Record<string, unknown>

const test = suite('merge')

// Few keys and values, so that changes meet.
const key = fc.constantFrom('a', 'b', 'c', 'd', 'cookie', 'toString')
const value = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant(null), fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 }), fc.record({ x: fc.integer({ min: 0, max: 1 }) }))
const fields = fc.dictionary(key, value, { maxKeys: 6 })
const change = fc.dictionary(key, fc.option(value, { nil: undefined }), { maxKeys: 4 })

/** `fields` after a change: `undefined` removes a key. */
function after (fields: Fields, change: Fields): Fields {
  const changed = new Map(Object.entries(fields))
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) changed.delete(key)
    else changed.set(key, value)
  }
  return Object.fromEntries(changed)
}

const examples: ReadonlyArray<readonly [string, Fields, Fields, Fields, Fields]> = [
  ['keeps what both added', {}, { mine: 1 }, { theirs: 1 }, { mine: 1, theirs: 1 }],
  ['keeps what both changed', { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 2 }],
  ['removes what either removed', { a: 1, b: 1, c: 1 }, { b: 1, c: 1 }, { a: 1, c: 1 }, { c: 1 }],
  ['gives a key that both changed to mine', { a: 1 }, { a: 2 }, { a: 3 }, { a: 2 }],
  ['gives a key that I removed and they changed to mine', { a: 1 }, {}, { a: 3 }, {}],
  ['keeps a key that they removed and I changed', { a: 1 }, { a: 2 }, {}, { a: 2 }],
  ['counts a nested change for its top-level key', { a: { x: 1, y: 1 } }, { a: { x: 2, y: 1 } }, { a: { x: 1, y: 2 } }, { a: { x: 2, y: 1 } }],
  ['takes another order of nested keys for no change', { a: { x: 1, y: 1 } }, { a: { y: 1, x: 1 } }, { a: 'theirs' }, { a: 'theirs' }],
  ['takes my cookie, changed or not', { cookie: 1 }, { cookie: 1 }, { cookie: 2 }, { cookie: 1 }],
  ['takes no key from the prototype', {}, { toString: 1 }, { constructor: 2 }, { toString: 1, constructor: 2 }]
]

for (const [fact, base, mine, theirs, expected] of examples) {
  test(fact, () => { assert.equal(merge(base, mine, theirs), expected) })
}

test('takes what is nested too deep to compare for changed, and nothing else', () => {
  const nested = (n: number) => JSON.parse('['.repeat(100_000) + n + ']'.repeat(100_000))
  const mine = nested(0)
  const merged = merge({ deep: nested(0), a: 1 }, { deep: mine, a: 1 }, { deep: nested(1), a: 2, b: 3 })
  assert.is(merged['deep'], mine)
  assert.equal([merged['a'], merged['b']], [2, 3])
})

test('equals one after the other where the changes do not meet', () => {
  fc.assert(fc.property(fields, change, change, (base, first, second) => {
    fc.pre(Object.keys(first).every(key => !(key in second)) && !('cookie' in first) && !('cookie' in second))
    assert.equal(merge(base, after(base, second), after(base, first)), after(after(base, first), second))
  }))
})

test('gives mine when nobody else changed anything', () => {
  fc.assert(fc.property(fields, change, (base, mine) => {
    assert.equal(merge(base, after(base, mine), base), after(base, mine))
  }))
})

test('gives theirs, but for the cookie, when I changed nothing', () => {
  fc.assert(fc.property(fields, change, (base, theirs) => {
    const { cookie: _, ...rest } = merge(base, base, after(base, theirs))
    const { cookie: __, ...expected } = after(base, theirs)
    assert.equal(rest, expected)
  }))
})

test('has no key and no value from nowhere', () => {
  fc.assert(fc.property(fields, fields, fields, (base, mine, theirs) => {
    for (const [key, value] of Object.entries(merge(base, mine, theirs))) {
      assert.ok([mine, theirs].some(fields => Object.hasOwn(fields, key) && JSON.stringify(fields[key]) === JSON.stringify(value)), key)
    }
  }))
})

test('changes none of what it is given', () => {
  const [base, mine, theirs] = [Object.freeze({ a: 1 }), Object.freeze({ a: 2, b: {} }), Object.freeze({ c: 3 })]
  assert.equal(merge(base, mine, theirs), { a: 2, b: {}, c: 3 })
})

test.run()
