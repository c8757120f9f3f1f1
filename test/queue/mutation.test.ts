import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Mutation, type CurrentSession, type SessionState, type Step } from '../../src/queue/mutation.ts'
import type { MergeBase } from '../../src/session/merge-base.ts'
import { SessionText } from '../../src/session/session-text.ts'
import { mergeBase, now, rollingSession, snapshot } from '../support.ts'

const ttl = 60_000

/** A session that a file holds. */
function stored (session: object, lastUsedAt = now): CurrentSession {
  return { text: new SessionText(JSON.stringify(session)), cookie: undefined, lastUsedAt }
}

const remove: Step = { type: 'remove' }
const replace = (session: object, usedAt = now): Step => ({ type: 'replace', snapshot: snapshot(session, usedAt) })
const merge = (session: object, base: MergeBase, usedAt = now): Step => ({ type: 'merge', snapshot: snapshot(session, usedAt), base })
const replaceIfPresent = (session: object, base: MergeBase, usedAt = now): Step => ({ type: 'replace-if-present', snapshot: snapshot(session, usedAt), base })
const touch = (usedAt = now, cookie: object | null = null): Step => ({ type: 'touch', cookie: cookie && snapshot({ cookie }, usedAt), lastUsedAt: usedAt, ttl })

/** The mutation of these steps, each coalesced with those before. */
function coalesced (...[first, ...others]: Step[]): Mutation {
  return others.reduce((mutation, step) => mutation.coalesce(step), Mutation.of(first!))
}

/** The session of a state, without the dates of its cookie. */
function sessionOf (state: SessionState): unknown {
  return state === null || state === 'unreadable' ? state : JSON.parse(state.text.canonical)
}

const coalescing = suite('Mutation.coalesce')

coalescing('keeps only what replaces or ends the session, whatever came before', () => {
  for (const first of [remove, replace({ n: 1 }), merge({ n: 1 }, mergeBase({})), replaceIfPresent({ n: 1 }, mergeBase({})), touch()]) {
    for (const second of [remove, replace({ n: 2 })]) assert.equal(coalesced(first, second).steps, [second])
  }
})

coalescing('keeps what depends on the session before, after what came before', () => {
  for (const first of [remove, replace({ n: 1 }), merge({ n: 1 }, mergeBase({})), replaceIfPresent({ n: 1 }, mergeBase({})), touch()]) {
    for (const second of [merge({ n: 2 }, mergeBase({})), replaceIfPresent({ n: 2 }, mergeBase({})), touch()]) {
      assert.equal(coalesced(first, second).steps, [first, second])
    }
  }
})

coalescing('keeps only the last of several saves in a row of one loaded session', () => {
  const base = mergeBase({})
  const steps = [1, 2, 3].map(n => merge({ n }, base))
  assert.equal(coalesced(...steps).steps, [steps[2]])
  assert.equal(coalesced(touch(), ...steps).steps.slice(1), [steps[2]])
  assert.is(coalesced(steps[0]!, touch(), steps[1]!).steps.length, 3)
})

coalescing('does not change the mutation that it is called on', () => {
  const mutation = Mutation.of(replace({ n: 1 }))
  const { steps } = mutation
  mutation.coalesce(remove)
  assert.is(mutation.steps, steps)
  assert.is(steps.length, 1)
})

coalescing.run()

const kinds = suite('Mutation')

kinds('is absolute when its result does not depend on the session before', () => {
  const base = mergeBase({})
  const cases: ReadonlyArray<readonly [mutation: Mutation, isAbsolute: boolean, isRemoval: boolean]> = [
    [coalesced(remove), true, true],
    [coalesced(replace({}), remove), true, true],
    [coalesced(replace({})), true, false],
    [coalesced(replace({}), touch()), true, false],
    [coalesced(merge({}, base)), false, false],
    [coalesced(merge({}, base), touch()), false, false],
    [coalesced(replaceIfPresent({}, base)), false, false],
    [coalesced(touch()), false, false],
    [coalesced(touch(), replace({})), true, false]
  ]
  for (const [{ isAbsolute, isRemoval }, ...expected] of cases) assert.equal([isAbsolute, isRemoval], expected)
})

kinds('is a removal when nothing of the session can be left, with what depends on it too', () => {
  const mutation = coalesced(remove, merge({ n: 1 }, mergeBase({})), touch())
  assert.equal([mutation.isRemoval, mutation.applyTo(stored({}))], [true, null])
})

kinds('is no removal when the removal is followed by the first save of a new session', () => {
  const mutation = coalesced(remove, merge({ n: 1 }, mergeBase(null)))
  assert.equal(sessionOf(mutation.applyTo(stored({}))), { n: 1 })
  assert.is(mutation.isRemoval, false)
})

kinds('counts two bytes for each character of a session and 1,200 for each step, superseded ones too', () => {
  const text = 'x'.repeat(1_000)
  const step = replace({ text })
  const bytes = 1_200 + 2 * JSON.stringify({ text }).length
  assert.is(Mutation.of(step).bytes, bytes)
  assert.is(Mutation.of(remove).bytes, 1_200)
  assert.is(Mutation.of(touch()).bytes, 1_200)
  assert.is(coalesced(step, step, remove).bytes, 2 * bytes + 1_200)
  assert.is(coalesced(step, touch()).bytes, bytes + 1_200)
})

kinds.run()

const applying = suite('Mutation.applyTo')

const base = { a: 0, b: 0 }
const unchanged = stored(base)
const changed = stored({ a: 0, b: 1, c: 1 })
const notASession = { ...unchanged, text: new SessionText('not a session') }

/** For each step, the session that becomes of: none, an unreadable one, one as it was loaded, one that others changed, and a text that is not a session. */
const results: ReadonlyArray<readonly [what: string, step: () => Step, ...sessions: unknown[]]> = [
  ['a removal', () => remove, null, null, null, null, null],
  ['a replacement', () => replace({ n: 1 }), { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }],
  ['a touch', () => touch(), null, 'unreadable', base, { a: 0, b: 1, c: 1 }, undefined],
  ['a touch with a cookie', () => touch(now, { path: '/' }), null, 'unreadable', { ...base, cookie: { path: '/' } }, { a: 0, b: 1, c: 1, cookie: { path: '/' } }, undefined],
  ['a loaded session', () => merge({ a: 1, b: 0 }, mergeBase(base)), null, { a: 1, b: 0 }, { a: 1, b: 0 }, { a: 1, b: 1, c: 1 }, { a: 1, b: 0 }],
  ['a loaded session that was not changed', () => merge(base, mergeBase(base)), null, base, base, { a: 0, b: 1, c: 1 }, undefined],
  ['a loaded session with the change that is there', () => merge({ a: 0, b: 1, c: 1 }, mergeBase(base)), null, { a: 0, b: 1, c: 1 }, { a: 0, b: 1, c: 1 }, { a: 0, b: 1, c: 1 }, { a: 0, b: 1, c: 1 }],
  ['the first save of a new session', () => merge({ n: 1 }, mergeBase(null)), { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }],
  ['a loaded session without merging', () => replaceIfPresent({ a: 1 }, mergeBase(base)), null, { a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }],
  ['the first save of a new session without merging', () => replaceIfPresent({ n: 1 }, mergeBase(null)), { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }, { n: 1 }]
]

const states: ReadonlyArray<readonly [what: string, state: SessionState]> = [
  ['no session', null], ['an unreadable one', 'unreadable'], ['the session as it was loaded', unchanged],
  ['a session that others have changed', changed], ['a text that is not a session', notASession]
]

for (const [what, step, ...expected] of results) {
  for (const [index, [onto, state]] of states.entries()) {
    applying(`puts ${what} onto ${onto}`, () => {
      const result = Mutation.of(step()).applyTo(state)
      if (expected[index] === undefined) assert.is((result as CurrentSession).text.text, 'not a session')
      else assert.equal(sessionOf(result), expected[index])
    })
  }
}

applying('merges nothing into a loaded session whose base is not a session', () => {
  const base = { ...mergeBase({}), text: new SessionText('not a session') }
  assert.equal(sessionOf(Mutation.of(merge({ n: 1 }, base)).applyTo(changed)), { n: 1 })
})

applying('merges a second save of a loaded session with what its first save left', () => {
  const base = mergeBase({ a: 0, b: 0 })
  const mutation = coalesced(merge({ a: 1, b: 0 }, base), touch(), merge({ a: 1, b: 1 }, base))
  assert.equal(sessionOf(mutation.applyTo(stored({ a: 0, b: 0, c: 0 }))), { a: 1, b: 1, c: 0 })
})

applying('does not bring back a session that was new, saved and ended', () => {
  const base = mergeBase(null)
  const mutation = coalesced(merge({ n: 1 }, base), remove, merge({ n: 2 }, base))
  assert.is(mutation.applyTo(null), null)
})

applying('tells of each merge, with the keys that both had changed', () => {
  const told: Array<readonly string[]> = []
  const onMerge = (keys: readonly string[]) => { told.push(keys) }
  Mutation.of(merge({ a: 1, b: 2 }, mergeBase(base))).applyTo(changed, onMerge)
  Mutation.of(merge({ a: 1, b: 0 }, mergeBase(base))).applyTo(changed, onMerge)
  assert.equal(told, [['b'], []])
  Mutation.of(merge({ a: 1, b: 0 }, mergeBase(base))).applyTo(unchanged, onMerge)
  Mutation.of(merge(base, mergeBase(base))).applyTo(changed, onMerge)
  Mutation.of(replace({})).applyTo(changed, onMerge)
  assert.is(told.length, 2)
})

applying('leaves the bases as they are', () => {
  const base = mergeBase({ n: 0 })
  const before = { ...base }
  coalesced(merge({ n: 1 }, base), touch(), merge({ n: 2 }, base)).applyTo(stored({ n: 0 }))
  assert.equal({ ...base }, before)
  assert.is(base.text, before.text)
})

applying.run()

const times = suite('Mutation.applyTo, as to the last use,')

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
        assert.is((Mutation.of(step).applyTo(state) as CurrentSession).lastUsedAt, expected, step.type)
      }
    }
  })
}

times('does not touch a session that has expired', () => {
  for (const [session, age] of [[{}, ttl], [{ cookie: { originalMaxAge: 1_000 } }, 1_000], [{ cookie: { expires: new Date(now) } }, 5]] as const) {
    const expired = stored(session, now - age)
    for (const step of [touch(now), touch(now, { originalMaxAge: 365 * 86_400_000 })]) assert.is(Mutation.of(step).applyTo(expired), expired)
  }
  assert.is((Mutation.of(touch()).applyTo(stored({}, now - ttl + 1)) as CurrentSession).lastUsedAt, now)
})

times('gives a merged rolling cookie the expiry of its last use', () => {
  const { cookie, ...fields } = rollingSession(now)
  const mine = { cookie: { ...cookie, path: '/shop' }, ...fields }
  const theirs = stored({ cookie: { ...rollingSession(now + 2_000).cookie, originalMaxAge: 90_000 }, ...fields }, now + 2_000)
  const result = Mutation.of(merge(mine, mergeBase(rollingSession(now)))).applyTo(theirs) as CurrentSession
  assert.equal(result.cookie, { expires: new Date(now + 92_000), originalMaxAge: 90_000, path: '/shop' })
  assert.is(result.lastUsedAt, now + 2_000)
})

times('keeps the cookie with the dates that a replacement has', () => {
  const result = Mutation.of(replace(rollingSession(now))).applyTo(null) as CurrentSession
  assert.equal(result.cookie, rollingSession(now).cookie)
})

times.run()

const committing = suite('Mutation.commit')

committing('moves the bases to what was saved, superseded saves too', () => {
  const [one, other, third] = [mergeBase({ n: 0 }), mergeBase({ n: 0 }), mergeBase(null)]
  coalesced(merge({ n: 1 }, one, now), merge({ n: 2 }, third, now + 1), remove, replaceIfPresent({ n: 3 }, other, now + 2)).commit()
  assert.equal([one, third, other].map(({ text, recordedAt }) => [text?.canonical, recordedAt]), [['{"n":1}', now], ['{"n":2}', now + 1], ['{"n":3}', now + 2]])
})

committing('moves a base to the last of several saves', () => {
  const base = mergeBase({ n: 0 })
  coalesced(merge({ n: 1 }, base), touch(), merge({ n: 2 }, base), merge({ n: 3 }, base, now + 5)).commit()
  assert.equal([base.text?.canonical, base.recordedAt], ['{"n":3}', now + 5])
})

committing('keeps the text of a base that says the same already', () => {
  const base = mergeBase({ n: 1 })
  const { text } = base
  Mutation.of(merge({ n: 1 }, base)).commit()
  assert.is(base.text, text)
})

committing('has nothing to do for steps without a base', () => {
  coalesced(replace({}), remove, touch()).commit()
})

committing.run()

const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 2 }), { noNullPrototype: true })
const cookies = fc.option(fc.record({ originalMaxAge: fc.constantFrom(50_000, 90_000), path: fc.constantFrom('/', '/shop') }, { noNullPrototype: true }), { nil: undefined })
const session = fc.tuple(fields, cookies).map(([fields, cookie]) => cookie === undefined ? fields : { cookie, ...fields })
const request = fc.record({ type: fc.constantFrom('remove', 'replace', 'merge', 'merge', 'merge', 'touch'), session, base: fc.integer({ min: 0, max: 2 }), hasCookie: fc.boolean() })

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

/** The steps of requests, a millisecond after each other, with bases of their own. Consecutive saves are of different sessions. */
function stepsOf (requests: readonly Request[], loaded: ReadonlyArray<object | null>): Step[] {
  const bases = loaded.map(session => mergeBase(session))
  let previous = -1
  return requests.map(({ type, session, base, hasCookie }, index): Step => {
    const usedAt = now + index
    if (type === 'remove') return remove
    if (type === 'replace') return replace(session, usedAt)
    if (type === 'touch') return touch(usedAt, hasCookie ? { path: '/touched' } : null)
    previous = base === previous ? (base + 1) % bases.length : base
    return merge(session, bases[previous]!, usedAt)
  })
}

const requests = fc.array(request, { minLength: 1, maxLength: 12 })
const loaded = fc.array(fc.option(session), { minLength: 3, maxLength: 3 })
const initial = fc.oneof(fc.constant<SessionState>(null), fc.constant<SessionState>('unreadable'), session.map(session => stored(session, now - 3)))

const equivalence = suite('Changes that are made together')

/** What is left when each step is made by itself, and its bases move before the next one. */
function inTurn (steps: readonly Step[], initial: SessionState): SessionState {
  return steps.reduce((state: SessionState, step) => {
    const mutation = Mutation.of(step)
    const after = mutation.applyTo(state)
    mutation.commit()
    return after
  }, initial)
}

equivalence('come to the same as one after the other', () => {
  fc.assert(fc.property(requests, loaded, initial, (requests, loaded, initial) => {
    assert.equal(coalesced(...stepsOf(requests, loaded)).applyTo(initial), inTurn(stepsOf(requests, loaded), initial))
  }), { numRuns: 500 })
})

equivalence('leave the same bases as one after the other', () => {
  fc.assert(fc.property(requests, loaded, initial, (requests, loaded, initial) => {
    const [together, alone] = [stepsOf(requests, loaded), stepsOf(requests, loaded)]
    coalesced(...together).commit()
    inTurn(alone, initial)
    const basesOf = (steps: Step[]) => steps.map(step => 'base' in step ? [step.base.text?.canonical, step.base.recordedAt] : null)
    assert.equal(basesOf(together), basesOf(alone))
  }), { numRuns: 500 })
})

equivalence('come to the same wherever they are divided into two mutations', () => {
  fc.assert(fc.property(requests, requests, loaded, initial, (first, second, loaded, initial) => {
    const whole = stepsOf([...first, ...second], loaded)
    const divided = stepsOf([...first, ...second], loaded)
    const mutation = coalesced(...divided.slice(0, first.length)).concat(coalesced(...divided.slice(first.length)))
    assert.equal(mutation.applyTo(initial), coalesced(...whole).applyTo(initial))
    assert.equal(mutation.steps.map(({ type }) => type), coalesced(...whole).steps.map(({ type }) => type))
    mutation.commit()
    coalesced(...whole).commit()
    const basesOf = (steps: Step[]) => steps.map(step => 'base' in step ? [step.base.text?.canonical, step.base.recordedAt] : null)
    assert.equal(basesOf(divided), basesOf(whole))
  }), { numRuns: 500 })
})

equivalence.run()
