import fc from 'fast-check'
import { ok } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { madeOf, overtaking, reconciled, type Change } from '../src/change.ts'
import { Content, type Draft } from '../src/text.ts'
import { draft } from './support.ts'

const [one, two] = [draft({ n: 1 }), draft({ n: 2 })]

const overtake = suite('overtaking')

overtake('stands for what waited, when it replaces all of it', () => {
  assert.is(overtaking(one, null), null)
  assert.is(overtaking(null, two), two)
  assert.is(overtaking(one, two), two)
  assert.is(overtaking(draft({ n: 1 }, { n: 0 }), two), two)
})

overtake('does not bring back a session that is being ended', () => {
  assert.is(overtaking(null, draft({ n: 2 }, { n: 1 })), null)
  assert.is(overtaking(null, draft({ n: 2 }, null)), null)
})

overtake('keeps what waited beside its own change', () => {
  const { settled, parts: _, ...rest } = overtaking(draft({ a: 1, b: 1 }, { a: 0, b: 0 }), { ...draft({ a: 0, b: 0, c: 2 }, { a: 0, b: 0 }), usedAt: 7 })!
  assert.equal(JSON.parse(settled), { a: 1, b: 1, c: 2 })
  assert.equal({ ...rest, base: rest.base!.parse() }, { cookie: null, usedAt: 7, base: ok({ a: 0, b: 0 }) })
})

overtake('needs no session to be there when what waited needs none', () => {
  const stands = overtaking(draft({ a: 1 }), draft({ a: 0, c: 2 }, { a: 0 }))
  assert.equal(stands, { settled: '{"a":1,"c":2}', cookie: null, usedAt: 1 })
})

overtake('replaces what waited when changes are not to be kept', () => {
  const change = draft({ c: 2 }, null)
  assert.is(overtaking(draft({ a: 1 }, null), change), change)
})

/** What two changes of a session with `fields` come to that are made at once, and what one after the other. */
function both (fields: object, first: Change, second: Change) {
  const text = JSON.stringify(fields)
  return [[overtaking(first, second)], [first, second]].map(changes => {
    const made = madeOf(Content.ofSettled(text), changes)
    return made && JSON.parse(made.settled)
  })
}

overtake('comes to the same as one after the other, whatever the second met', () => {
  const [base, others] = [{ a: 0, b: 0, c: 0 }, { a: 1, b: 0, c: 1, d: 1 }]
  const first = draft({ ...base, b: 2 }, base)
  const met = { ...others, b: 2 }
  // The second undoes some of what others did.
  const second = draft({ b: 2, c: 1, a: 0 }, met)
  assert.equal(both(others, first, second), [{ b: 2, c: 1, a: 0 }, { b: 2, c: 1, a: 0 }])
  assert.equal(both(others, first, draft({ ...met, b: 0 }, met)), [{ ...others, b: 0 }, { ...others, b: 0 }])
})

const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'cookie'), fc.integer({ min: 0, max: 2 }))

const change = fc.record({ met: fc.constantFrom('base', 'before', 'file', 'other'), other: fields, session: fields })

overtake('comes to the same as one after the other, however many there are', () => {
  fc.assert(fc.property(fields, fields, fc.array(change, { minLength: 1, maxLength: 100 }), (base, others, given) => {
    const file = Content.ofSettled(JSON.stringify(others))
    const changes: Draft[] = []
    let stands: Change = null
    for (const { met, other, session } of given) {
      const mets = { base, other, before: JSON.parse(changes.at(-1)?.settled ?? '{}'), file: JSON.parse(madeOf(file, changes)?.settled ?? '{}') }
      const next = draft(session, stands === null ? base : mets[met])
      stands = stands === null ? next : overtaking(stands, next)
      changes.push(next)
    }
    const [atOnce, inTurn] = [[stands], changes].map(changes => JSON.parse(madeOf(file, changes)!.settled))
    assert.equal(atOnce, inTurn)
  }))
})

overtake('keeps what was undone at the beginning of a burst, and not each text of it', () => {
  const [base, others] = [{ flag: 0, n: 0, m: 0 }, { flag: 1, n: 0, m: 5 }]
  let stands = draft({ ...base, flag: 1 }, base)
  const counts: number[] = []
  for (let n = 0; n < 200; n++) {
    stands = overtaking(stands, draft({ ...base, n }, { ...base, n: n - 1, flag: n === 0 ? 1 : 0 }))!
    counts.push(stands.parts!.length)
  }
  assert.equal(counts.slice(0, 3), [2, 3, 4])
  assert.is(Math.max(...counts), 64)
  assert.equal(JSON.parse(madeOf(Content.ofSettled(JSON.stringify(others)), [stands])!.settled), { flag: 0, n: 199, m: 5 })
})

overtake('is what the second says where nothing can be compared', () => {
  const broken = { ...draft({ n: 2 }), base: new Content('[]') }
  assert.equal(both({ n: 5 }, draft({ n: 1 }, { n: 0 }), broken), [{ n: 2 }, { n: 2 }])
  assert.equal(both({ n: 5 }, { ...draft({ n: 1 }), base: new Content('[') }, draft({ n: 3 }, { n: 2 })), [{ n: 3 }, { n: 3 }])
})

overtake('goes on where what the first was made from is no session', () => {
  let stands: Draft = { ...draft({ n: 0 }), base: new Content('[]') }
  for (let n = 1; n < 100; n++) stands = overtaking(stands, draft({ n }, { n: n - 1 }))!
  assert.equal(JSON.parse(madeOf(Content.ofSettled('{"n":500,"m":1}'), [stands])!.settled), { n: 99 })
})

overtake.run()

const result = suite('madeOf')

const stored = Content.ofSettled('{"a":0,"b":0}')

result('is what the last says that needs nothing', () => {
  assert.is(madeOf(stored, [one]), one)
  assert.is(madeOf(stored, [one, null]), null)
  assert.is(madeOf(null, [null, two]), two)
  assert.is(madeOf('unreadable', [draft({}, { n: 0 }), two]), two)
})

result('is none where a session is ended', () => {
  assert.is(madeOf(null, [draft({ n: 2 }, { n: 1 })]), null)
  assert.is(madeOf(stored, [null, draft({ n: 2 }, { n: 1 })]), null)
  assert.is(madeOf(null, [draft({ n: 2 }, null)]), null)
})

result('keeps what the file says and each changes', () => {
  const changes = [draft({ a: 1, b: 5 }, { a: 0, b: 5 }), draft({ a: 2, c: 1 }, { a: 2, b: 5 })]
  assert.equal(JSON.parse(madeOf(stored, changes.slice(0, 1))!.settled), { a: 1, b: 0 })
  assert.equal(JSON.parse(madeOf(stored, changes)!.settled), { a: 1, c: 1 })
})

result('replaces what cannot be read', () => {
  const change = draft({ n: 2 }, { n: 1 })
  assert.is(madeOf('unreadable', [change]), change)
})

result.run()

const reconciling = suite('reconciled')

const asIs: ReadonlyArray<readonly [what: string, base: object | null | undefined, mine: object, theirs: string]> = [
  ['has no base', undefined, { a: 2 }, '{"b":1}'],
  ['is not to be merged', null, { a: 2 }, '{"b":1}'],
  ['met no change', { a: 1 }, { a: 2 }, '{"a":1}'],
  ['met the same change', { a: 1 }, { a: 2 }, '{"a":2}'],
  ['met what is no session', { a: 1 }, { a: 2 }, 'no session'],
  ['was made from what is no session', [], { a: 2 }, '{"a":3}']
]

for (const [what, base, mine, theirs] of asIs) {
  reconciling(`stays as it is when it ${what}`, () => {
    const taken = draft(mine, base)
    assert.is(reconciled(taken, new Content(theirs)), taken)
  })
}

reconciling('stays as it is when theirs is the very base', () => {
  const theirs = new Content('{"a":1}')
  const taken = { ...draft({ a: 2 }), base: theirs }
  assert.is(reconciled(taken, theirs), taken)
})

reconciling('keeps what both changed', () => {
  const taken = draft({ a: 2, b: 1 }, { a: 1, b: 1 })
  const { settled, ...rest } = reconciled(taken, new Content('{"a":1,"b":2,"c":3}'))
  assert.equal(JSON.parse(settled), { a: 2, b: 2, c: 3 })
  assert.equal({ settled: taken.settled, ...rest }, taken)
})

reconciling.run()
