import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { andThen, deliver, recover, type Answer } from '../src/answer.ts'
import { runModule } from './support.ts'

const half = (value: number): Answer<number, string> => value % 2 === 0 ? ok(value / 2) : err('odd')
const halfLater = (value: number): Answer<number, string> => value % 2 === 0 ? okAsync(value / 2) : errAsync('odd')

const then = suite('andThen')

const steps: ReadonlyArray<readonly [name: string, answer: Answer<number, string>, next: typeof half, expected: Result<number, string>, isLater: boolean]> = [
  ['a value, then a value', ok(6), half, ok(3), false],
  ['a value, then a failure', ok(5), half, err('odd'), false],
  ['a failure', err('none'), half, err('none'), false],
  ['a value, then a value later', ok(6), halfLater, ok(3), true],
  ['a value, then a failure later', ok(5), halfLater, err('odd'), true],
  ['a failure, before what would come later', err('none'), halfLater, err('none'), false],
  ['a value later, then a value', okAsync(6), half, ok(3), true],
  ['a value later, then a failure', okAsync(5), half, err('odd'), true],
  ['a failure later', errAsync('none'), half, err('none'), true],
  ['a value later, then a value later still', okAsync(6), halfLater, ok(3), true],
  ['a value later, then a failure later still', okAsync(5), halfLater, err('odd'), true]
]

for (const [name, answer, next, expected, isLater] of steps) {
  then(`takes ${name}`, async () => {
    const combined = andThen(answer, next)
    assert.is(combined instanceof ResultAsync, isLater)
    assert.equal(await combined, expected)
  })
}

then('does nothing after a failure', async () => {
  const next = () => assert.unreachable()
  void andThen(err('none'), next as never)
  await andThen(errAsync('none'), next as never)
})

then.run()

const recovery = suite('recover')

recovery('keeps a value', async () => {
  assert.equal(recover(ok(1), null), ok(1))
  assert.equal(await recover(okAsync(1), null), ok(1))
})

recovery('takes the value given in the place of a failure', async () => {
  assert.equal(recover(err('none'), null), ok(null))
  assert.equal(await recover(errAsync('none'), null), ok(null))
})

recovery('stays at once, or later', async () => {
  assert.not.instance(recover(err('none'), null), ResultAsync)
  const later = recover(errAsync('none'), null)
  assert.instance(later, ResultAsync)
  await later
})

recovery.run()

const delivery = suite('deliver')

delivery('hands over at once what is there', () => {
  for (const answer of [ok(1), err('none')]) {
    const received: unknown[] = []
    deliver(answer, result => { received.push(result) })
    assert.equal(received, [answer])
  }
})

delivery('hands over what comes later, once', async () => {
  for (const [answer, expected] of [[okAsync(1), ok(1)], [errAsync('none'), err('none')]] as const) {
    const received: unknown[] = []
    deliver<number, string>(answer, result => { received.push(result) })
    assert.equal(received, [])
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(received, [expected])
  }
})

delivery('lets through what is thrown at once', () => {
  let times = 0
  assert.throws(() => deliver(ok(1), () => { times++; throw new Error('mine') }), /^mine$/)
  assert.is(times, 1)
})

delivery('makes what is thrown later an uncaught exception, not a rejection', async () => {
  const { code, output } = await runModule(`
    import { errAsync, okAsync } from 'neverthrow'
    import { deliver } from '../src/answer.ts'
    process.on('unhandledRejection', () => console.log('rejection'))
    process.on('uncaughtException', ({ message }) => console.log('exception', message))
    for (const answer of [okAsync(1), errAsync('none')]) deliver(answer, () => { console.log('called'); throw new Error('mine') })
  `)
  assert.is(output, 'called\nexception mine\ncalled\nexception mine\n')
  assert.is(code, 0)
})

delivery.run()
