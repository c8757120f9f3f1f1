import { errAsync, okAsync, ResultAsync } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LateQueue } from '../src/late.ts'
import type { Change } from '../src/queue.ts'
import { draftOf, type Draft } from '../src/text.ts'
import { runModule, valueOf } from './support.ts'

const test = suite('LateQueue')

/** The draft of a session with this `user`. */
function draft (user: string): Draft {
  return valueOf(draftOf({ user }, 0))
}

/** What a queue made, as `file: settled text`, and the failures it told. */
function recorded (refusals = 0) {
  const made: string[] = []
  const told: string[] = []
  const queue = new LateQueue<string>((file: string, change: Change) => {
    made.push(`${file}: ${change === null ? 'gone' : change.settled}`)
    return made.length <= refusals ? errAsync('refused') : okAsync('made')
  }, failure => told.push(failure))
  return { queue, made, told }
}

test('makes nothing at once, and one change of a burst', async () => {
  const { queue, made } = recorded()
  const answers = ['ada', 'bob', 'eve'].map(user => queue.add('a', draft(user)))
  assert.equal(made, [])
  assert.equal(queue.latest('a'), draft('eve'))
  assert.equal(queue.files(), ['a'])
  await answers[0]
  assert.equal(made, ['a: {"user":"eve"}'])
  await queue.idle()
  assert.is(queue.latest('a'), undefined)
  assert.equal(made, ['a: {"user":"eve"}'])
})

test('makes changes of several sessions, and removals', async () => {
  const { queue, made } = recorded()
  void queue.add('a', draft('ada'))
  void queue.add('b', null)
  assert.is(queue.latest('b'), null)
  await queue.idle()
  assert.equal(made, ['a: {"user":"ada"}', 'b: gone'])
})

test('does not bring back a session that is being ended', async () => {
  const { queue, made } = recorded()
  void queue.add('a', null)
  void queue.add('a', { ...draft('ada'), base: null })
  assert.is(queue.latest('a'), null)
  await queue.idle()
  assert.equal(made, ['a: gone'])
})

test('tells a failure, and makes the change again', async () => {
  const { queue, made, told } = recorded(1)
  const answer = await queue.add('a', draft('ada'))
  assert.ok(answer.isErr())
  assert.equal(told, ['refused'])
  assert.equal(queue.latest('a'), draft('ada'))
  await queue.idle()
  assert.equal(made, ['a: {"user":"ada"}', 'a: {"user":"ada"}'])
  assert.is(queue.latest('a'), undefined)
})

test('makes the newest change when it tries again', async () => {
  const { queue, made } = recorded(1)
  await queue.add('a', draft('ada'))
  void queue.add('a', draft('bob'))
  await queue.idle()
  assert.is(made[1], 'a: {"user":"bob"}')
})

test('gives up when it is asked to be idle and the disk still refuses', async () => {
  const { queue, made, told } = recorded(Infinity)
  void queue.add('a', draft('ada'))
  await queue.idle()
  assert.equal([made.length, told.length], [1, 1])
  assert.is(queue.latest('a'), undefined)
})

test('goes on after it was idle', async () => {
  const { queue, made } = recorded()
  await queue.idle()
  const answer = queue.add('a', draft('ada'))
  for (let time = 0; time < 20; time++) await null
  assert.equal(made, [], 'a moment later, as before')
  await answer
  assert.equal(made, ['a: {"user":"ada"}'])
})

test('is full while more than 16 MiB wait', async () => {
  const { queue } = recorded()
  void queue.add('a', draft('a'.repeat(9 * 1024 * 1024)))
  assert.not(queue.isFull)
  void queue.add('b', draft('b'.repeat(9 * 1024 * 1024)))
  assert.ok(queue.isFull)
  void queue.add('b', draft('b'))
  assert.not(queue.isFull)
  void queue.add('b', draft('b'.repeat(9 * 1024 * 1024)))
  assert.ok(queue.isFull)
  await queue.idle()
  assert.not(queue.isFull)
})

test('is not full while 16 MiB wait, to the character', async () => {
  const { queue } = recorded()
  const rest = '{"user":""}'.length
  void queue.add('a', draft('a'.repeat(16 * 1024 * 1024 - rest)))
  assert.not(queue.isFull)
  void queue.add('a', draft('a'.repeat(16 * 1024 * 1024 - rest + 1)))
  assert.ok(queue.isFull)
  await queue.idle()
})

test('counts what came while the one before was made', async () => {
  let end = () => {}
  const queue = new LateQueue<never>(() => new ResultAsync(new Promise(resolve => {
    end = () => okAsync(null).then(resolve)
  })), () => {})
  void queue.add('a', draft('a'))
  const idle = queue.idle()
  await new Promise(setImmediate)
  void queue.add('a', draft('a'.repeat(17 * 1024 * 1024)))
  end()
  await new Promise(setImmediate)
  assert.ok(queue.isFull)
  end()
  await idle
  assert.not(queue.isFull)
})

test('keeps a process alive until what waits is made, but not one whose disk refuses for ever', async () => {
  const { code, output } = await runModule(`
    import { errAsync, okAsync } from 'neverthrow'
    import { LateQueue } from '../src/late.ts'
    const queue = new LateQueue(file => {
      console.log(file)
      return file === 'good' ? okAsync() : errAsync('refused')
    }, () => {})
    queue.add('good', null)
    queue.add('bad', null)
  `)
  assert.equal([code, output], [0, 'good\nbad\n'])
})

test.run()
