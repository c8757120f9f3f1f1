import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasCookie, isObject, isTooDeep, maxDepth } from '../../src/session/session.ts'

const object = suite('isObject')

object('is true for what JSON calls an object', () => {
  assert.is(isObject({}), true)
  assert.is(isObject(Object.create(null)), true)
})

object('is false for anything else', () => {
  for (const value of [null, undefined, [], 'text', 5, true, () => {}]) assert.is(isObject(value), false)
})

object.run()

const cookie = suite('hasCookie')

cookie('is true for a session whose cookie is an object', () => {
  for (const session of [{ cookie: {} }, { cookie: { originalMaxAge: 1 }, user: 'ada' }]) assert.is(hasCookie(session), true)
})

cookie('is false without a cookie, and for a cookie that is not an object', () => {
  for (const session of [{}, { name: 'package' }, { cookie: null }, { cookie: [] }, { cookie: 'a=b' }, { cookies: {} }]) {
    assert.is(hasCookie(session as {}), false)
  }
})

cookie.run()

const deep = suite('isTooDeep')

/** Levels nested within each other, of arrays or objects. */
const nested = (levels: number, [open, close]: readonly [string, string]) => open.repeat(levels) + close.repeat(levels)

const brackets = [['[', ']'], ['{"a":', '}']] as const

deep('is true from 257 levels on', () => {
  assert.is(maxDepth, 256)
  for (const pair of brackets) {
    assert.equal([1, 255, 256, 257, 5_000].map(levels => isTooDeep(nested(levels, pair))), [false, false, false, true, true])
  }
})

deep('counts arrays and objects together', () => {
  const mixed = (levels: number) => '[{"a":'.repeat(levels) + '}]'.repeat(levels)
  assert.equal([isTooDeep(mixed(128)), isTooDeep(mixed(129))], [false, true])
})

deep('counts levels, and not brackets side by side', () => {
  assert.is(isTooDeep(JSON.stringify(Array.from({ length: 1_000 }, () => [{ a: [] }]))), false)
})

deep('does not count brackets within strings, whatever is escaped in them', () => {
  const texts = ['['.repeat(600), '"' + '{'.repeat(600), '\\' + '['.repeat(600), '\\"' + '['.repeat(600), '\\\\', ']'.repeat(600)]
  for (const text of texts) {
    assert.is(isTooDeep(JSON.stringify({ [text]: text })), false, text.slice(0, 5))
    assert.is(isTooDeep(JSON.stringify([text, JSON.parse(nested(255, ['[', ']']))])), false, text.slice(0, 5))
    assert.is(isTooDeep(JSON.stringify([text, JSON.parse(nested(256, ['[', ']'])), text])), true, text.slice(0, 5))
  }
})

deep('ends with a text whose string does not', () => {
  assert.is(isTooDeep('"' + '['.repeat(600)), false)
  assert.is(isTooDeep('["' + '\\"'.repeat(600)), false)
})

/** The depth of what JSON.parse gives. */
function depthOf (value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Object.values(value).reduce((deepest: number, inner) => Math.max(deepest, depthOf(inner)), 0)
}

deep('counts as deep as JSON.parse nests', () => {
  fc.assert(fc.property(fc.json(), fc.integer({ min: 240, max: 260 }), fc.boolean(), (json, levels, isFirst) => {
    const wrapped = isFirst ? `[${json},${nested(levels, brackets[0])}]` : `[${nested(levels, brackets[1]).replace(':}', () => `:${json}}`)}]`
    assert.is(isTooDeep(wrapped), depthOf(JSON.parse(wrapped)) > maxDepth)
  }))
})

deep.run()
