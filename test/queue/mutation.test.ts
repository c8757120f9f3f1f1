import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Mutation } from '../../src/queue/mutation.ts'
import { isKnown, type CurrentSession, type SessionState, type Step } from '../../src/queue/step.ts'
import { SessionText } from '../../src/session/session-text.ts'
import { mergeBase, now } from '../support.ts'
import { merge, remove, replace, replaceIfPresent, sessionOf, stored, touch } from './steps.ts'

/** The mutation of these steps, each coalesced with those before. */
function coalesced (...[first, ...others]: Step[]): Mutation {
  return others.reduce((mutation, step) => mutation.coalesce(step), Mutation.of(first!))
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

coalescing('keeps only the last of several saves in a row by which a request saves the same', () => {
  for (const save of [merge, replaceIfPresent]) {
    const base = mergeBase({})
    const steps = [1, 2, 3].map(time => save({ n: 1 }, base, now + time))
    assert.equal(coalesced(...steps).steps, [steps[2]])
    assert.equal(coalesced(touch(), ...steps).steps.slice(1), [steps[2]])
    assert.is(coalesced(steps[0]!, touch(), steps[1]!).steps.length, 3)
    assert.is(coalesced(steps[0]!, save({ n: 1 }, mergeBase({}))).steps.length, 2)
    assert.is(coalesced(steps[0]!, save({ n: 2 }, base)).steps.length, 2)
  }
})

coalescing('keeps a save that merges after one that replaces the same', () => {
  const base = mergeBase({})
  for (const steps of [[merge({ n: 1 }, base), replaceIfPresent({ n: 1 }, base)], [replaceIfPresent({ n: 1 }, base), merge({ n: 1 }, base)]]) {
    assert.equal(coalesced(...steps).steps, steps)
  }
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

kinds('counts two bytes for each character of a session and 1,200 for each step, superseded ones of live sessions too', () => {
  const text = 'x'.repeat(1_000)
  const step = replace({ text })
  const bytes = 1_200 + 2 * JSON.stringify({ text }).length
  assert.is(Mutation.of(step).bytes, bytes)
  assert.is(Mutation.of(remove).bytes, 1_200)
  assert.is(Mutation.of(touch()).bytes, 1_200)
  const live = merge({ text }, mergeBase({}))
  assert.is(coalesced(live, touch(), live, remove).bytes, 2 * bytes + 1_200)
  assert.is(coalesced(step, step, remove).bytes, 1_200)
  assert.is(coalesced(step, touch()).bytes, bytes + 1_200)
})

kinds('takes the later use of a save that is repeated after it was applied', () => {
  const base = mergeBase({})
  const mutation = Mutation.of(merge({ n: 1 }, base, now))
  mutation.applyTo(stored({}))
  assert.is((mutation.coalesce(merge({ n: 1 }, base, now + 5)).applyTo(stored({})) as CurrentSession).lastUsedAt, now + 5)
})

kinds('tells of each merge whenever it is applied', () => {
  const mutation = coalesced(merge({ a: 1 }, mergeBase({})), merge({ a: 2, b: 1 }, mergeBase({})))
  for (const session of [{ a: 0 }, { a: 0 }, { c: 0 }]) {
    const told: Array<readonly string[]> = []
    mutation.applyTo(stored(session), keys => told.push(keys))
    assert.equal(told, 'a' in session ? [['a'], ['a']] : [[], ['a']])
  }
})

kinds('applies a step only once to the same session', () => {
  const read = SessionText.prototype.parseCanonical
  let count = 0
  SessionText.prototype.parseCanonical = function () {
    count++
    return read.call(this)
  }
  try {
    let mutation = Mutation.of(merge({ a: 1 }, mergeBase({})))
    for (let n = 0; n < 50; n++) {
      mutation = mutation.coalesce(merge({ n }, mergeBase({})))
      mutation.applyTo(stored({ others: true }))
    }
    assert.is(count, 3 * 51)
  } finally {
    SessionText.prototype.parseCanonical = read
  }
})

kinds.run()

const applying = suite('Mutation.applyTo')

applying('merges a second save of a loaded session with what its first save left', () => {
  const base = mergeBase({ a: 0, b: 0 })
  const mutation = coalesced(merge({ a: 1, b: 0 }, base), touch(), merge({ a: 1, b: 1 }, base))
  assert.equal(sessionOf(mutation.applyTo(stored({ a: 0, b: 0, c: 0 }))), { a: 1, b: 1, c: 0 })
})

applying('lets a save that takes a change back prevail over what others have changed meanwhile', () => {
  const base = mergeBase({ user: 'ada' })
  const mutation = coalesced(merge({ user: 'bob' }, base), merge({ user: 'ada' }, base))
  assert.equal(sessionOf(mutation.applyTo(stored({ user: 'eve' }))), { user: 'ada' })
})

applying('does not bring back a session that was new, saved and ended', () => {
  const base = mergeBase(null)
  const mutation = coalesced(merge({ n: 1 }, base), remove, merge({ n: 2 }, base))
  assert.is(mutation.applyTo(null), null)
})

applying('leaves the bases as they are', () => {
  const base = mergeBase({ n: 0 })
  const before = { ...base }
  coalesced(merge({ n: 1 }, base), touch(), merge({ n: 2 }, base)).applyTo(stored({ n: 0 }))
  assert.equal({ ...base }, before)
  assert.is(base.text, before.text)
})

applying.run()

const committing = suite('Mutation.commit')

committing('moves the bases to what was saved, superseded saves too', () => {
  const [one, other, third] = [mergeBase({ n: 0 }), mergeBase({ n: 0 }), mergeBase(null)]
  coalesced(merge({ n: 1 }, one, now), merge({ n: 2 }, third, now + 1), remove, replaceIfPresent({ n: 3 }, other, now + 2)).commit()
  assert.equal([one, third, other].map(({ text, recordedLastUse }) => [text?.canonical, recordedLastUse]), [['{"n":1}', now], ['{"n":2}', now + 1], ['{"n":3}', now + 2]])
})

committing('moves a base to the last of several saves', () => {
  const base = mergeBase({ n: 0 })
  coalesced(merge({ n: 1 }, base), touch(), merge({ n: 2 }, base), merge({ n: 3 }, base, now + 5)).commit()
  assert.equal([base.text?.canonical, base.recordedLastUse], ['{"n":3}', now + 5])
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
const request = fc.record({ type: fc.constantFrom('remove', 'replace', 'replace-if-present', 'merge', 'merge', 'merge', 'touch'), session, base: fc.integer({ min: 0, max: 2 }), hasCookie: fc.boolean() })

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

/** The steps of requests, a millisecond after each other, with bases of their own. */
function stepsOf (requests: readonly Request[], loaded: ReadonlyArray<object | null>): Step[] {
  const bases = loaded.map(session => mergeBase(session))
  return requests.map(({ type, session, base, hasCookie }, index): Step => {
    const usedAt = now + index
    if (type === 'remove') return remove
    if (type === 'replace') return replace(session, usedAt)
    if (type === 'touch') return touch(usedAt, hasCookie ? { path: '/touched' } : null)
    return (type === 'merge' ? merge : replaceIfPresent)(session, bases[base]!, usedAt)
  })
}

const requests = fc.array(request, { minLength: 1, maxLength: 12 })
const loaded = fc.array(fc.option(session), { minLength: 3, maxLength: 3 })
const initial = fc.oneof(fc.constant<SessionState>(null), fc.constant<SessionState>('malformed'), session.map(session => stored(session, now - 3)))

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

/** A state without the dates of a rolling cookie, which follow from its last use. */
function withoutDates (state: SessionState): unknown {
  return !isKnown(state) ? state : { text: state.text.canonical, lastUsedAt: state.lastUsedAt }
}

equivalence('come to the same as one after the other', () => {
  fc.assert(fc.property(requests, loaded, initial, (requests, loaded, initial) => {
    assert.equal(withoutDates(coalesced(...stepsOf(requests, loaded)).applyTo(initial)), withoutDates(inTurn(stepsOf(requests, loaded), initial)))
  }), { numRuns: 500 })
})

equivalence('leave the same bases as one after the other', () => {
  fc.assert(fc.property(requests, loaded, initial, (requests, loaded, initial) => {
    const [together, alone] = [stepsOf(requests, loaded), stepsOf(requests, loaded)]
    coalesced(...together).commit()
    inTurn(alone, initial)
    const basesOf = (steps: Step[]) => steps.map(step => 'base' in step ? [step.base.text?.canonical, step.base.recordedLastUse] : null)
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
    const basesOf = (steps: Step[]) => steps.map(step => 'base' in step ? [step.base.text?.canonical, step.base.recordedLastUse] : null)
    assert.equal(basesOf(divided), basesOf(whole))
  }), { numRuns: 500 })
})

equivalence('come to the same when they were applied before, some of them or to another session', () => {
  fc.assert(fc.property(requests, loaded, fc.array(initial, { minLength: 2, maxLength: 2 }), fc.infiniteStream(fc.nat(2)), (requests, loaded, initials, looks) => {
    const [first, ...others] = stepsOf(requests, loaded)
    const look = (mutation: Mutation): Mutation => {
      const which = looks.next().value
      if (which < 2) mutation.applyTo(initials[which]!)
      return mutation
    }
    const mutation = others.reduce((mutation, step) => look(mutation.coalesce(step)), look(Mutation.of(first!)))
    for (const state of [...initials, initials[0]!]) {
      const [told, toldAtOnce]: Array<Array<readonly string[]>> = [[], []]
      const after = mutation.applyTo(state, keys => told!.push(keys))
      assert.equal(after, coalesced(...stepsOf(requests, loaded)).applyTo(state, keys => toldAtOnce!.push(keys)))
      assert.equal(told, toldAtOnce)
    }
  }), { numRuns: 500 })
})

equivalence.run()
