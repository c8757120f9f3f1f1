import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { conflicts, merge } from '../../src/session/merge.ts'

type Fields = Record<string, any>

const test = suite('merge')

// Few keys and values, so that changes meet.
const key = fc.constantFrom('a', 'b', 'c', 'd', 'toString')
const value = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constant(null), fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 }), fc.record({ x: fc.integer({ min: 0, max: 1 }) }))
const fields = fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true })
const cookie = fc.dictionary(fc.constantFrom('path', 'originalMaxAge', 'secure', 'domain'), fc.integer({ min: 0, max: 2 }), { maxKeys: 4, noNullPrototype: true })
const session = fc.tuple(fields, cookie).map(([fields, cookie]): Fields => ({ cookie, ...fields }))
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

const examples: ReadonlyArray<readonly [fact: string, base: Fields, mine: Fields, theirs: Fields, expected: Fields]> = [
  ['keeps what both added', {}, { mine: 1 }, { theirs: 1 }, { mine: 1, theirs: 1 }],
  ['keeps what both changed', { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 2 }],
  ['removes what either removed', { a: 1, b: 1, c: 1 }, { b: 1, c: 1 }, { a: 1, c: 1 }, { c: 1 }],
  ['takes mine for a key that both changed', { a: 1 }, { a: 2 }, { a: 3 }, { a: 2 }],
  ['takes mine for a key that both added', {}, { a: 2 }, { a: 3 }, { a: 2 }],
  ['keeps a change of mine where they removed the key', { a: 1 }, { a: 2 }, {}, { a: 2 }],
  ['removes what I removed where they changed it', { a: 1 }, {}, { a: 2 }, {}],
  ['takes a change within a value for a change of its key', { a: { x: 1, y: 1 } }, { a: { x: 2, y: 1 } }, { a: { x: 1, y: 2 } }, { a: { x: 2, y: 1 } }],
  ['takes equal values for unchanged, whatever the order of their keys', { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, { a: 3 }, { a: 3 }],
  ['tells undefined from a missing key, and null from 0', { a: null, b: 0 }, { a: 0, b: null }, { a: null, b: 0 }, { a: 0, b: null }],
  ['takes no key from the prototype', {}, { toString: 1 }, { constructor: 2 }, { toString: 1, constructor: 2 }],
  ['keeps changes of different fields of the cookie', { cookie: { a: 1, b: 1 } }, { cookie: { a: 2, b: 1 } }, { cookie: { a: 1, b: 2 } }, { cookie: { a: 2, b: 2 } }],
  ['keeps "remember me" of a quick request although a slow one changed something', { cookie: { originalMaxAge: 3_600_000, path: '/' } }, { cookie: { originalMaxAge: 3_600_000, path: '/' }, cart: 1 }, { cookie: { originalMaxAge: 2_592_000_000, path: '/' } }, { cookie: { originalMaxAge: 2_592_000_000, path: '/' }, cart: 1 }],
  ['removes fields of the cookie that either removed', { cookie: { a: 1, b: 1, c: 1 } }, { cookie: { b: 1, c: 1 } }, { cookie: { a: 1, c: 1 } }, { cookie: { c: 1 } }],
  ['takes mine for a field of the cookie that both changed', { cookie: { a: 1 } }, { cookie: { a: 2 } }, { cookie: { a: 3 } }, { cookie: { a: 2 } }],
  ['joins two cookies that were both new', {}, { cookie: { a: 1 } }, { cookie: { b: 2 } }, { cookie: { a: 1, b: 2 } }],
  ['joins two cookies that replaced something else', { cookie: 5 }, { cookie: { a: 1 } }, { cookie: { b: 2 } }, { cookie: { a: 1, b: 2 } }],
  ['takes a cookie that is not an object for any other value', { cookie: 1 }, { cookie: 1 }, { cookie: 2 }, { cookie: 2 }],
  ['keeps their cookie where I have none and had none', {}, { a: 1 }, { cookie: { b: 2 } }, { a: 1, cookie: { b: 2 } }],
  ['removes a cookie that I removed', { cookie: { a: 1 } }, {}, { cookie: { a: 1 } }, {}]
]

for (const [fact, base, mine, theirs, expected] of examples) {
  test(fact, () => { assert.equal(merge(base, mine, theirs), expected) })
}

test('compares values as deep as a session may be nested', () => {
  const nested = (n: number) => JSON.parse('['.repeat(255) + n + ']'.repeat(255))
  assert.equal(merge({ deep: nested(0), a: 1 }, { deep: nested(0), a: 2 }, { deep: nested(1), a: 1 }), { deep: nested(1), a: 2 })
  assert.equal(merge({ deep: nested(0), a: 1 }, { deep: nested(1), a: 1 }, { deep: nested(0), a: 2 }), { deep: nested(1), a: 2 })
})

test('equals one change after the other where they do not meet', () => {
  fc.assert(fc.property(session, change, change, (base, first, second) => {
    fc.pre(Object.keys(first).every(key => !(key in second)))
    assert.equal(merge(base, after(base, second), after(base, first)), after(after(base, first), second))
  }))
})

test('gives mine when nobody else changed anything', () => {
  fc.assert(fc.property(session, change, cookie, (base, change, cookie) => {
    const mine = { ...after(base, change), cookie }
    assert.equal(merge(base, mine, base), mine)
  }))
})

test('gives theirs when I changed nothing', () => {
  fc.assert(fc.property(session, change, cookie, (base, change, cookie) => {
    const theirs = { ...after(base, change), cookie }
    assert.equal(merge(base, base, theirs), theirs)
  }))
})

test('has each key and value from one of the two', () => {
  fc.assert(fc.property(session, session, session, (base, mine, theirs) => {
    const merged = merge(base, mine, theirs)
    for (const [whole, parts] of [[merged, [mine, theirs]], [merged.cookie!, [mine['cookie'], theirs['cookie']]]] as Array<[Fields, Fields[]]>) {
      for (const [key, value] of Object.entries(whole)) {
        if (key === 'cookie') continue
        assert.ok(parts.some(fields => Object.hasOwn(fields, key) && JSON.stringify(fields[key]) === JSON.stringify(value)), key)
      }
    }
  }))
})

test('changes none of its arguments', () => {
  const [base, mine, theirs] = [
    Object.freeze({ a: 1, cookie: Object.freeze({ a: 1 }) }), Object.freeze({ a: 2, b: {}, cookie: Object.freeze({ a: 2 }) }), Object.freeze({ c: 3, cookie: Object.freeze({ b: 3 }) })
  ]
  assert.equal(merge(base, mine, theirs), { a: 2, b: {}, c: 3, cookie: { a: 2, b: 3 } })
})

test.run()

const conflicting = suite('conflicts')

const conflictExamples: ReadonlyArray<readonly [fact: string, base: Fields, mine: Fields, theirs: Fields, expected: readonly string[]]> = [
  ['is empty where the changes do not meet', { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 2 }, []],
  ['has each key that both changed to different values', { a: 1, b: 1 }, { a: 2, b: 2 }, { a: 3, b: 3 }, ['a', 'b']],
  ['is empty where both made the same change', { a: 1 }, { a: { x: 1 } }, { a: { x: 1 } }, []],
  ['has a key that both added', {}, { a: 1 }, { a: 2 }, ['a']],
  ['has a key that one changed and the other removed', { a: 1, b: 1 }, { a: 2 }, { b: 2 }, ['a', 'b']],
  ['is empty where both removed a key', { a: 1 }, {}, {}, []],
  ['leaves out the cookie', { cookie: { a: 1 } }, { cookie: { a: 2 } }, { cookie: { a: 3 } }, []]
]

for (const [fact, base, mine, theirs, expected] of conflictExamples) {
  conflicting(fact, () => { assert.equal(conflicts(base, mine, theirs).sort(), expected) })
}

conflicting('takes nothing from the prototype', () => {
  assert.equal(conflicts({}, { toString: 1 }, { valueOf: 1 }), [])
})

conflicting.run()
