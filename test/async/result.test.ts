import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { attempt, attemptAsync, guarded, pending, promiseOf, settled, settledErr, settledOk, settledResult, toCallback } from '../../src/async/result.ts'
import { nextTurn, rejection, runModule } from '../support.ts'

const composition = suite('A settled result')

const half = (value: number): Result<number, string> => value % 2 === 0 ? ok(value / 2) : err('odd')
const settledHalf = (value: number): ResultAsync<number, string> => settled(half(value))
const halfLater = (value: number): ResultAsync<number, string> => value % 2 === 0 ? okAsync(value / 2) : errAsync('odd')

const six: () => ResultAsync<number, string> = () => settledOk(6)
const five: () => ResultAsync<number, string> = () => settledOk(5)
const none: () => ResultAsync<number, string> = () => settledErr('none')

type Composed = ResultAsync<unknown, unknown>

const compositions: ReadonlyArray<readonly [name: string, compose: () => Composed, expected: Result<unknown, unknown>, isSettled: boolean]> = [
  ['map of a value', () => six().map(value => value + 1), ok(7), true],
  ['map of a value to a promise', () => six().map(async value => value + 1), ok(7), false],
  ['map of a failure', () => none().map(value => value + 1), err('none'), true],
  ['mapErr of a failure', () => none().mapErr(error => `${error}!`), err('none!'), true],
  ['mapErr of a failure to a promise', () => none().mapErr(async error => `${error}!`), err('none!'), false],
  ['mapErr of a value', () => six().mapErr(error => `${error}!`), ok(6), true],
  ['andThen with a Result', () => six().andThen(half), ok(3), true],
  ['andThen with a failed Result', () => five().andThen(half), err('odd'), true],
  ['andThen with a settled result', () => six().andThen(settledHalf), ok(3), true],
  ['andThen with a settled failure', () => five().andThen(settledHalf), err('odd'), true],
  ['andThen with a result that comes later', () => six().andThen(halfLater), ok(3), false],
  ['andThen with a failure that comes later', () => five().andThen(halfLater), err('odd'), false],
  ['andThen of a failure', () => none().andThen(halfLater), err('none'), true],
  ['orElse with a Result', () => none().orElse(error => ok(error.length)), ok(4), true],
  ['orElse with a settled failure', () => none().orElse(error => settledErr(`${error}!`)), err('none!'), true],
  ['orElse with a result that comes later', () => none().orElse(() => okAsync(0)), ok(0), false],
  ['orElse of a value', () => six().orElse(() => okAsync(0)), ok(6), true],
  ['a chain of settled steps', () => six().andThen(half).map(value => value + 2).andThen(settledHalf).orElse(() => ok(0)), ok(0), true],
  ['asyncAndThen of a Result', () => half(12).asyncAndThen(settledHalf), ok(3), true],
  ['andThen of a result that comes later', () => halfLater(12).andThen(settledHalf), ok(3), false],
  ['ResultAsync.combine', () => ResultAsync.combine([six(), five(), okAsync(4)]), ok([6, 5, 4]), false],
  ['ResultAsync.combine with a failure', () => ResultAsync.combine([six(), none(), okAsync(4)]), err('none'), false],
  ['ResultAsync.combineWithAllErrors', () => ResultAsync.combineWithAllErrors([none(), five(), none()]), err(['none', 'none']), false],
  ['andTee', () => six().andTee(() => 'ignored'), ok(6), false],
  ['orTee', () => none().orTee(() => 'ignored'), err('none'), false],
  ['andThrough', () => five().andThrough(half), err('odd'), false]
]

for (const [name, compose, expected, isSettled] of compositions) {
  composition(`gives the right result through ${name}, ${isSettled ? 'known immediately' : 'known later'}`, async () => {
    const composed = compose()
    assert.instance(composed, ResultAsync)
    assert.equal(settledResult(composed), isSettled ? expected : undefined)
    assert.equal(await composed, expected)
  })
}

composition('calls no function for the other case', async () => {
  const unreachable = () => assert.unreachable() as never
  await none().map(unreachable)
  await none().andThen(unreachable)
  await six().mapErr(unreachable)
  await six().orElse(unreachable)
})

composition('can be awaited, matched and unwrapped like any other', async () => {
  assert.equal(await six(), ok(6))
  assert.is(await six().match(value => value + 1, () => 0), 7)
  assert.is(await none().match(value => value + 1, () => 0), 0)
  assert.is(await none().unwrapOr(1), 1)
  assert.equal(await Promise.all([six(), none()]), [ok(6), err('none')])
})

composition('throws what a function given to it throws, at the call', () => {
  const fail = () => { throw new Error('mine') }
  assert.throws(() => six().map(fail), /^mine$/)
  assert.throws(() => six().andThen(fail), /^mine$/)
  assert.throws(() => none().mapErr(fail), /^mine$/)
  assert.throws(() => none().orElse(fail), /^mine$/)
})

composition.run()

const waiting = suite('A pending result')

const later = <T, E>(result: Result<T, E>) => pending<T, E>(Promise.resolve(result))
const laterSix: () => ResultAsync<number, string> = () => later(ok(6))
const laterNone: () => ResultAsync<number, string> = () => later(err('none'))

const waitingCompositions: ReadonlyArray<readonly [name: string, compose: () => Composed, expected: Result<unknown, unknown>]> = [
  ['map of a value', () => laterSix().map(value => value + 1), ok(7)],
  ['map of a value to a promise', () => laterSix().map(async value => value + 1), ok(7)],
  ['map of a failure', () => laterNone().map(value => value + 1), err('none')],
  ['mapErr of a failure', () => laterNone().mapErr(error => `${error}!`), err('none!')],
  ['mapErr of a failure to a promise', () => laterNone().mapErr(async error => `${error}!`), err('none!')],
  ['mapErr of a value', () => laterSix().mapErr(error => `${error}!`), ok(6)],
  ['andThen with a Result', () => laterSix().andThen(half), ok(3)],
  ['andThen with a settled failure', () => laterSix().map(value => value + 1).andThen(settledHalf), err('odd')],
  ['andThen with a pending result', () => laterSix().andThen(value => later(half(value))), ok(3)],
  ['andThen with a result of neverthrow', () => laterSix().andThen(halfLater), ok(3)],
  ['orElse with a Result', () => laterNone().orElse(error => ok(error.length)), ok(4)],
  ['orElse with a pending failure', () => laterNone().orElse(error => later(err(`${error}!`))), err('none!')],
  ['orElse of a value', () => laterSix().orElse(() => okAsync(0)), ok(6)],
  ['match', () => ResultAsync.fromSafePromise(laterNone().match(() => '', error => error)), ok('none')],
  ['ResultAsync.combine', () => ResultAsync.combine([laterSix(), six()]), ok([6, 6])]
]

for (const [name, compose, expected] of waitingCompositions) {
  waiting(`gives the right result through ${name}`, async () => {
    const composed = compose()
    assert.instance(composed, ResultAsync)
    assert.is(settledResult(composed), undefined)
    assert.equal(await composed, expected)
  })
}

waiting('runs each function that it is composed with once, whoever awaits the result, and if nobody does', async () => {
  let count = 0
  const composed = laterSix().map(() => count++)
  await Promise.all([composed, composed, promiseOf(composed)])
  assert.is(count, 1)
  void laterSix().andThen(() => { count++; return six() })
  await nextTurn()
  assert.is(count, 2)
})

waiting('rejects with what a function given to it throws, and with what its promise rejects with', async () => {
  const fail = () => { throw new Error('mine') }
  for (const composed of [laterSix().map(fail), laterSix().andThen(fail), laterNone().mapErr(fail), laterNone().orElse(fail), pending<number, string>(Promise.reject(new Error('mine'))).map(value => value + 1)]) {
    assert.is((await rejection(promiseOf<unknown, unknown>(composed))).message, 'mine')
  }
})

waiting.run()

const known = suite('settledResult')

known('is the result that is known now', () => {
  for (const result of [ok(1), err('none')]) assert.is(settledResult<unknown, unknown>(settled<unknown, unknown>(result)), result)
})

known('is undefined for a result that comes later, even if it has come', async () => {
  for (const later of [okAsync(1), errAsync('none')]) {
    assert.is(settledResult<unknown, unknown>(later), undefined)
    await later
    assert.is(settledResult<unknown, unknown>(later), undefined)
  }
})

known.run()

const calling = suite('toCallback')

calling('calls back synchronously when the result is known', () => {
  for (const result of [ok(1), err('none')]) {
    const received: unknown[] = []
    toCallback(settled<unknown, unknown>(result), result => { received.push(result) })
    assert.equal(received, [result])
  }
})

calling('calls back once, later, when the result comes later', async () => {
  for (const [later, expected] of [[okAsync(1), ok(1)], [errAsync('none'), err('none')]] as const) {
    const received: unknown[] = []
    toCallback<number, string>(later, result => { received.push(result) })
    assert.equal(received, [])
    await nextTurn()
    assert.equal(received, [expected])
  }
})

calling('throws what a synchronous callback throws, and does not call it again', () => {
  let times = 0
  assert.throws(() => toCallback(settledOk(1), () => { times++; throw new Error('mine') }), /^mine$/)
  assert.is(times, 1)
})

calling('turns what a later callback throws into an uncaught exception, not into a rejection', async () => {
  const { code, output } = await runModule(`
    import { errAsync, okAsync } from 'neverthrow'
    import { toCallback } from '../src/async/result.ts'
    process.on('unhandledRejection', () => console.log('rejection'))
    process.on('uncaughtException', ({ message }) => console.log('exception', message))
    for (const result of [okAsync(1), errAsync('none')]) toCallback(result, () => { console.log('called'); throw new Error('mine') })
  `)
  assert.is(output, 'called\nexception mine\ncalled\nexception mine\n')
  assert.is(code, 0)
})

calling.run()

const promises = suite('promiseOf')

promises('is a native promise of the result', async () => {
  for (const [result, expected] of [[settledOk(1), ok(1)], [okAsync(1), ok(1)], [errAsync('none'), err('none')]] as const) {
    const promise = promiseOf<unknown, unknown>(result)
    assert.is(promise.constructor, Promise)
    assert.equal(await promise, expected)
  }
})

promises.run()

const attempts = suite('attempt and attemptAsync')
const cause = new Error('refused')

attempts('give the value of a call', async () => {
  assert.equal(settledResult(attempt(() => 1)), ok(1))
  const later = attemptAsync(async () => 1)
  assert.is(settledResult(later), undefined)
  assert.equal(await later, ok(1))
})

attempts('fail with what the call throws or rejects with', async () => {
  for (const thrown of [cause, 'a string', undefined]) {
    assert.equal(settledResult(attempt(() => { throw thrown })), err(thrown))
    assert.equal(await attemptAsync(async () => { throw thrown }), err(thrown))
  }
})

attempts('do not catch what a later step throws', async () => {
  assert.is(await rejection(promiseOf(attemptAsync(async () => 1).map(() => { throw cause }))), cause)
})

attempts.run()

const guarding = suite('guarded')

guarding('gives the result of the call, as soon as it is known', async () => {
  for (const result of [ok(1), err('failed')]) {
    assert.equal(settledResult(guarded(() => settled<number, string>(result), String)), result)
    const later = guarded(() => pending<number, string>(Promise.resolve(result)), String)
    assert.is(settledResult(later), undefined)
    assert.equal(await later, result)
  }
})

guarding('fails with what the call throws or rejects with', async () => {
  const thrown = guarded((): ResultAsync<number, string> => { throw cause }, String)
  assert.equal(settledResult(thrown), err('Error: refused'))
  assert.equal(await guarded(() => pending<number, string>(Promise.reject(cause)), String), err('Error: refused'))
})

guarding.run()
