import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseArguments, usage } from '../torture/arguments.ts'
import { describeProgress } from '../torture/progress.ts'
import { lineOf, summaryOf } from '../torture/report.ts'
import { failureOf, valueOf } from './support.ts'

const test = suite('npm run torture')

const parts = ['model', 'crash']

test('runs all parts in full length by default, with a seed of its own', () => {
  const { seed, ...rest } = valueOf(parseArguments([], parts))
  assert.equal(rest, { parts, share: 1, only: '', isHelp: false })
  assert.ok(Number.isSafeInteger(seed))
})

test('accepts parts and options', () => {
  const args = ['crash', '--share', '0.5', '--seed', '42', '--only', 'auto']
  assert.equal(valueOf(parseArguments(args, parts)), { parts: ['crash'], share: 0.5, seed: 42, only: 'auto', isHelp: false })
  assert.is(valueOf(parseArguments(['--short'], parts)).share, 0.06)
  assert.ok(valueOf(parseArguments(['--help'], parts)).isHelp)
})

for (const [args, message] of [
  [['fire'], 'There is no part "fire"; the parts are model, crash.'],
  [['--loud'], "Unknown option '--loud'; --help shows what there is."],
  [['--share', 'half'], '--share is "half"; expected a number above 0.'],
  [['--share', '0'], '--share is "0"; expected a number above 0.'],
  [['--seed', '1.5'], '--seed is "1.5"; expected a whole number.'],
  [['--seed', ''], '--seed is ""; expected a whole number.'],
  [['--seed'], "Option '--seed <value>' argument missing; --help shows what there is."],
  [['--short=yes'], "Option '--short' does not take an argument; --help shows what there is."]
] as const) {
  test(`refuses ${JSON.stringify(args)} in one sentence`, () => {
    assert.is(failureOf(parseArguments([...args], parts)), message)
  })
}

test('names all parts and options in its help', () => {
  for (const word of [...parts, '--short', '--share', '--seed', '--only', '--help']) assert.match(usage(parts), word)
})

test('estimates the time left from what is done', () => {
  assert.is(describeProgress(0, 3), 'running for 3 s')
  assert.is(describeProgress(0.25, 10), '25 %, about 30 s left')
  assert.is(describeProgress(0.5, 600), '50 %, about 10 min left')
  assert.is(describeProgress(1.2, 600), '100 %, about 0 s left')
})

test('says why a trial was skipped, and counts it as uvu does', () => {
  const skipped = { type: 'skipped', name: 'crash: a store', seconds: 0, reason: 'needs root' } as const
  const passed = { type: 'passed', name: 'model: a store', seconds: 1, times: 5 } as const
  assert.match(lineOf(skipped), /^skipped .* crash: a store: needs root$/)
  assert.match(lineOf(passed), /^passed +5 times +1\.0 s {2}model: a store$/)
  assert.match(summaryOf([skipped, passed]), /Total: +1\n +Passed: +1\n +Skipped: +1$/)
})

test.run()
