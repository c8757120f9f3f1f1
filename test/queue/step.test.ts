import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applyStep, changesContent, isSameState, type CurrentSession, type OnMerge, type SessionState, type Step } from '../../src/queue/step.ts'
import { SessionText } from '../../src/session/session-text.ts'
import { mergeBase, now, rollingSession, snapshot } from '../support.ts'
import { merge, remove, replace, replaceIfPresent, sessionOf, stored, touch, ttl } from './steps.ts'

const after = (step: Step, state: SessionState, onMerge?: OnMerge) => applyStep(step, state, 'base' in step ? step.base.text : null, onMerge)

const applying = suite('applyStep')

const base = { a: 0, b: 0 }
const unchanged = stored(base)
const changed = stored({ a: 0, b: 1, c: 1 })
const notASession = { ...unchanged, text: new SessionText('not a session') }

/** For each step, what becomes of: no session, a file that is none, one that cannot be read, one as it was loaded, one that others changed, and a text that is not a session. */
const results: ReadonlyArray<readonly [what: string, step: () => Step, ...sessions: unknown[]]> = [
  ['a removal', () => remove, null, null, null, null, null, null],
  ['a replacement', () => replace({ n: 1 }), { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }],
  ['a touch', () => touch(), null, 'malformed', 'unreadable', base, { a: 0, b: 1, c: 1 }, undefined],
  ['a touch with a cookie', () => touch(now, { path: '/' }), null, 'malformed', 'unreadable', { ...base, cookie: { path: '/' } }, { a: 0, b: 1, c: 1, cookie: { path: '/' } }, undefined],
  ['a loaded session', () => merge({ a: 1, b: 0 }, mergeBase(base)), null, { a: 1, b: 0 }, 'unreadable', { a: 1, b: 0 }, { a: 1, b: 1, c: 1 }, { a: 1, b: 0 }],
  ['a loaded session that was not changed', () => merge(base, mergeBase(base)), null, base, 'unreadable', base, { a: 0, b: 1, c: 1 }, undefined],
  ['a loaded session with the change that is there', () => merge({ a: 0, b: 1, c: 1 }, mergeBase(base)), null, { a: 0, b: 1, c: 1 }, 'unreadable', { a: 0, b: 1, c: 1 }, { a: 0, b: 1, c: 1 }, { a: 0, b: 1, c: 1 }],
  ['the first save of a new session', () => merge({ n: 1 }, mergeBase(null)), { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }],
  ['a loaded session without merging', () => replaceIfPresent({ a: 1 }, mergeBase(base)), null, { a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }],
  ['the first save of a new session without merging', () => replaceIfPresent({ n: 1 }, mergeBase(null)), { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }]
]

const states: ReadonlyArray<readonly [what: string, state: SessionState]> = [
  ['no session', null], ['a file that is none', 'malformed'], ['one that cannot be read', 'unreadable'], ['the session as it was loaded', unchanged],
  ['a session that others have changed', changed], ['a text that is not a session', notASession]
]

for (const [what, step, ...expected] of results) {
  for (const [index, [onto, state]] of states.entries()) {
    applying(`puts ${what} onto ${onto}`, () => {
      const result = after(step(), state)
      if (expected[index] === undefined) assert.is((result as CurrentSession).text.text, 'not a session')
      else assert.equal(sessionOf(result), expected[index])
    })
  }
}

applying('merges nothing into a loaded session whose base is not a session', () => {
  const base = { ...mergeBase({}), text: new SessionText('not a session') }
  assert.equal(sessionOf(after(merge({ n: 1 }, base), changed)), { n: 1 })
})

applying('tells of each merge, with the keys that both had changed', () => {
  const told: Array<readonly string[]> = []
  const onMerge = (keys: readonly string[]) => { told.push(keys) }
  after(merge({ a: 1, b: 2 }, mergeBase(base)), changed, onMerge)
  after(merge({ a: 1, b: 0 }, mergeBase(base)), changed, onMerge)
  assert.equal(told, [['b'], []])
  after(merge({ a: 1, b: 0 }, mergeBase(base)), unchanged, onMerge)
  after(merge(base, mergeBase(base)), changed, onMerge)
  after(replace({}), changed, onMerge)
  after(merge({ a: 0, b: 1, c: 1 }, mergeBase(base)), changed, onMerge)
  assert.is(told.length, 2)
})

applying('takes a base as an earlier step has left it', () => {
  const step = merge({ a: 1 }, mergeBase({ a: 0 }))
  assert.equal(sessionOf(applyStep(step, stored({ a: 2 }), SessionText.ofCanonical('{"a":1}'))), { a: 2 })
  assert.equal(sessionOf(after(step, stored({ a: 2 }))), { a: 1 })
})

applying('merges nothing of a text that has a forbidden property', () => {
  const forbidden = { ...unchanged, text: new SessionText('{"b":1,"__proto__":{"isAdmin":true}}') }
  assert.is((after(merge({ a: 1, b: 0 }, mergeBase(base)), forbidden) as CurrentSession).text.text, '{"a":1,"b":0}')
  assert.is((after(touch(now, { path: '/' }), forbidden) as CurrentSession).text, forbidden.text)
})

applying('keeps a text that is not a session as it is when it is touched', () => {
  for (const step of [touch(now + 1), touch(now + 1, { path: '/' })]) assert.is(after(step, notASession), notASession)
})

applying('keeps the cookie when it is touched with one that is nothing in JSON', () => {
  const step = { ...touch(), cookie: snapshot({ cookie: { toJSON: () => undefined } }) } as Step
  assert.equal(sessionOf(after(step, stored({ cookie: { path: '/' }, a: 0 }))), { cookie: { path: '/' }, a: 0 })
})

const changing = suite('changesContent')

changing('is true for a loaded session that differs from its base, and for the first save of a new one', () => {
  for (const step of [merge({ a: 1 }, mergeBase({ a: 0 })), replaceIfPresent({ a: 1 }, mergeBase({ a: 0 })), merge({}, mergeBase(null))]) assert.is(changesContent(step), true)
})

changing('is false for a use, and for what is not of a loaded session', () => {
  for (const step of [merge({ a: 1 }, mergeBase({ a: 1 })), touch(), touch(now, { path: '/' }), remove, replace({ a: 1 })]) assert.is(changesContent(step), false)
})

changing.run()

const same = suite('isSameState')

same('compares what a step makes use of', () => {
  const state = stored({ a: 1 })
  const copy = stored({ a: 1 })
  for (const one of [null, 'malformed', 'unreadable', state, stored({ a: 2 }), stored({ a: 1 }, now + 1), { ...state, cookie: null }] as const) {
    for (const other of [null, 'malformed', 'unreadable', copy, stored({ a: 2 }), stored({ a: 1 }, now + 1), { ...copy, cookie: null }] as const) {
      assert.is(isSameState(one, other), JSON.stringify(one) === JSON.stringify(other))
    }
  }
})

applying.run()

same.run()

const times = suite('applyStep, as to the last use,')

const usedTimes: ReadonlyArray<readonly [what: string, mine: number, theirs: number, expected: number]> = [
  ['takes the later one when the change is later', now, now - 5_000, now],
  ['keeps the later one when a slow request changed something', now, now + 5_000, now + 5_000],
  ['keeps one that is later by what clocks may differ', now, now + 10_000, now + 10_000],
  ['sets one right that is later by more: it is of a clock that was ahead', now, now + 10_001, now]
]

for (const [what, mine, theirs, expected] of usedTimes) {
  times(what, () => {
    const steps = [
      replace({ n: 1 }, mine), merge({ n: 1 }, mergeBase({}), mine), merge({ n: 1 }, mergeBase({ n: 5 }), mine), merge({}, mergeBase({}), mine),
      replaceIfPresent({ n: 1 }, mergeBase({}), mine), touch(mine), touch(mine, { path: '/' })
    ]
    for (const step of steps) {
      for (const state of [stored({ cookie: {} }, theirs), stored({ cookie: {}, other: 1 }, theirs)]) {
        assert.is((after(step, state) as CurrentSession).lastUsedAt, expected, step.type)
      }
    }
  })
}

times('takes its own where none is known', () => {
  for (const state of [null, 'malformed', 'unreadable'] as const) {
    for (const step of [replace({}, now - 1), merge({}, mergeBase(null), now - 1)]) assert.is((after(step, state) as CurrentSession).lastUsedAt, now - 1)
  }
  for (const step of [merge({}, mergeBase({}), now - 1), replaceIfPresent({}, mergeBase({}), now - 1)]) {
    assert.is((after(step, 'malformed') as CurrentSession).lastUsedAt, now - 1)
  }
})

times('does not touch a session that has expired', () => {
  for (const [session, age] of [[{}, ttl], [{ cookie: { originalMaxAge: 1_000 } }, 1_000], [{ cookie: { expires: new Date(now) } }, 5]] as const) {
    const expired = stored(session, now - age)
    for (const step of [touch(now), touch(now, { originalMaxAge: 365 * 86_400_000 })]) assert.is(after(step, expired), expired)
  }
  assert.is((after(touch(), stored({}, now - ttl + 1)) as CurrentSession).lastUsedAt, now)
})

times('gives a merged rolling cookie the expiry of its last use', () => {
  const { cookie, ...fields } = rollingSession(now)
  const mine = { cookie: { ...cookie, path: '/shop' }, ...fields }
  const theirs = stored({ cookie: { ...rollingSession(now + 2_000).cookie, originalMaxAge: 90_000 }, ...fields }, now + 2_000)
  const result = after(merge(mine, mergeBase(rollingSession(now))), theirs) as CurrentSession
  assert.equal(result.cookie, { expires: new Date(now + 92_000).toJSON(), originalMaxAge: 90_000, path: '/shop' })
  assert.is(result.lastUsedAt, now + 2_000)
})

// "Remember me" beside a request that changed something else of a session that ends with the browser.
times('gives a merged cookie that became a rolling one its dates', () => {
  const ending = { cookie: { expires: null, originalMaxAge: null, originalExpires: null, path: '/' } }
  for (const [mine, theirs] of [[rollingSession(now), { ...ending, other: 1 }], [{ ...ending, other: 1 }, rollingSession(now)]]) {
    const result = after(merge(mine!, mergeBase(ending)), stored(theirs!)) as CurrentSession
    assert.equal(result.cookie, { expires: new Date(now + 60_000).toJSON(), originalMaxAge: 60_000, path: '/' })
    assert.is(result.text.canonical, snapshot({ ...JSON.parse(result.text.text), cookie: result.cookie }).canonical)
  }
})

times('keeps the cookie with the dates that a replacement has', () => {
  const result = after(replace(rollingSession(now)), null) as CurrentSession
  assert.equal(result.cookie, rollingSession(now).cookie)
})

times.run()
