import { err, errAsync, ok, okAsync, ResultAsync } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change } from '../src/change.ts'
import { LateQueue } from '../src/late.ts'
import { Content, draftOf, type Draft } from '../src/text.ts'
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

/** Resolves when `made` has `count` entries, some moment later. */
async function until (made: readonly string[], count: number): Promise<void> {
  while (made.length < count) await new Promise(resolve => setTimeout(resolve, 5))
}

test('makes nothing at once, and one change of a burst', async () => {
  const { queue, made } = recorded()
  const answers = ['ada', 'bob', 'eve'].map(user => queue.add('a', draft(user)))
  assert.equal(answers, [ok(undefined), ok(undefined), ok(undefined)])
  assert.equal(made, [])
  assert.equal(queue.waiting('a'), [draft('eve')])
  assert.equal(queue.files(), ['a'])
  await until(made, 1)
  assert.equal(made, ['a: {"user":"eve"}'])
  await queue.idle()
  assert.equal(queue.waiting('a'), [])
  assert.equal(made, ['a: {"user":"eve"}'])
})

test('makes changes of several sessions, and removals', async () => {
  const { queue, made } = recorded()
  void queue.add('a', draft('ada'))
  void queue.add('b', null)
  assert.equal(queue.waiting('b'), [null])
  await queue.idle()
  assert.equal(made, ['a: {"user":"ada"}', 'b: gone'])
})

test('does not bring back a session that is being ended', async () => {
  const { queue, made } = recorded()
  void queue.add('a', null)
  void queue.add('a', { ...draft('ada'), base: null })
  assert.equal(queue.waiting('a'), [null])
  await queue.idle()
  assert.equal(made, ['a: gone'])
})

test('tells a failure, and makes the change again', async () => {
  const { queue, made, told } = recorded(1)
  void queue.add('a', draft('ada'))
  await until(told, 1)
  assert.equal(told, ['refused'])
  assert.equal(queue.waiting('a'), [draft('ada')])
  await queue.idle()
  assert.equal(made, ['a: {"user":"ada"}', 'a: {"user":"ada"}'])
  assert.equal(queue.waiting('a'), [])
})

test('makes the newest change when it tries again', async () => {
  const { queue, made } = recorded(1)
  void queue.add('a', draft('ada'))
  await until(made, 1)
  void queue.add('a', draft('bob'))
  await queue.idle()
  assert.is(made[1], 'a: {"user":"bob"}')
})

test('gives up when it is asked to be idle and the disk still refuses', async () => {
  const { queue, made, told } = recorded(Infinity)
  void queue.add('a', draft('ada'))
  await queue.idle()
  assert.equal([made.length, told.length], [1, 1])
  assert.equal(queue.waiting('a'), [])
})

test('goes on after it was idle', async () => {
  const { queue, made } = recorded()
  await queue.idle()
  void queue.add('a', draft('ada'))
  for (let time = 0; time < 20; time++) await null
  assert.equal(made, [], 'a moment later, as before')
  await until(made, 1)
  assert.equal(made, ['a: {"user":"ada"}'])
})

/** Whether so much waits that an answer is not there at once. Adds a change of next to no size. */
const isFull = <E>(queue: LateQueue<E>) => queue.add('another', null) instanceof ResultAsync

const mebibytes = (count: number) => draft('a'.repeat(count * 1024 * 1024))

test('lets a change wait for the disk while more than 16 MiB wait', async () => {
  const { queue } = recorded()
  assert.equal(queue.add('a', mebibytes(9)), ok(undefined))
  const answer = queue.add('b', mebibytes(9))
  assert.ok(isFull(queue))
  void queue.add('b', draft('b'))
  assert.not(isFull(queue))
  void queue.add('b', mebibytes(9))
  assert.ok(isFull(queue))
  assert.equal(await answer, ok('made'))
  await queue.idle()
  assert.not(isFull(queue))
  await queue.idle()
})

test('takes 16 MiB, to the character', async () => {
  const { queue } = recorded()
  const rest = '{"user":""}'.length
  void queue.add('a', draft('a'.repeat(16 * 1024 * 1024 - rest)))
  assert.not(isFull(queue))
  void queue.add('a', draft('a'.repeat(16 * 1024 * 1024 - rest + 1)))
  assert.ok(isFull(queue))
  await queue.idle()
})

test('counts what came while the one before was made', async () => {
  const ends: Array<() => void> = []
  const queue = new LateQueue<never>(() => new ResultAsync(new Promise(resolve => ends.push(() => resolve(ok(null))))), () => {})
  void queue.add('a', mebibytes(9))
  const idle = queue.idle()
  await new Promise(setImmediate)
  assert.ok(queue.add('a', mebibytes(8)) instanceof ResultAsync)
  ends[0]!()
  await new Promise(setImmediate)
  assert.is(ends.length, 2, 'at once, for it is to be idle')
  assert.equal(queue.add('b', mebibytes(7)), ok(undefined))
  assert.ok(queue.add('c', mebibytes(2)) instanceof ResultAsync)
  for (let made = 1; queue.files().length > 0;) {
    for (; made < ends.length; made++) ends[made]!()
    await new Promise(setImmediate)
  }
  await idle
  assert.not(isFull(queue))
})

test('counts the parts of what was set one after the other', async () => {
  const { queue } = recorded()
  const base = new Content('{}')
  assert.equal(queue.add('a', { ...mebibytes(6), base }), ok(undefined))
  assert.ok(queue.add('a', { ...mebibytes(6), base }) instanceof ResultAsync)
  await queue.idle()
})

test('counts what is to be made again, and not what it gave up', async () => {
  const { queue, made } = recorded(2)
  void queue.add('a', mebibytes(17))
  await until(made, 1)
  assert.ok(isFull(queue))
  await queue.idle()
  assert.is(made.filter(text => text.startsWith('a: ')).length, 2)
  assert.not(isFull(queue))
  await queue.idle()
})

test('makes what was refused before what came meanwhile', async () => {
  const ends: Array<() => void> = []
  const made: Change[] = []
  const queue = new LateQueue<string>((file, change) => {
    made.push(change)
    return new ResultAsync(new Promise(resolve => ends.push(() => resolve(made.length === 1 ? err('refused') : ok(null)))))
  }, () => {})
  const base = new Content('{"user":"ada"}')
  void queue.add('a', { ...valueOf(draftOf({ user: 'bob' }, 0)), base })
  while (made.length < 1) await new Promise(resolve => setTimeout(resolve, 5))
  void queue.add('a', { ...valueOf(draftOf({ user: 'ada', n: 1 }, 0)), base })
  ends[0]!()
  await new Promise(setImmediate)
  const idle = queue.idle()
  await new Promise(setImmediate)
  ends[1]!()
  await idle
  assert.equal(made.map(change => change?.settled), ['{"user":"bob"}', '{"user":"bob","n":1}'])
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

test('is as before when the disk takes again what it refused', async () => {
  const { code, output } = await runModule(`
    import { errAsync, okAsync } from 'neverthrow'
    import { LateQueue } from '../src/late.ts'
    let refusals = 1
    const queue = new LateQueue(file => {
      console.log(file)
      return refusals-- > 0 ? errAsync('refused') : okAsync()
    }, () => {})
    for (let time = 0; time < 2; time++) {
      queue.add('mended', null)
      await queue.idle()
    }
    queue.add('mended', null)
  `)
  assert.equal([code, output], [0, 'mended\n'.repeat(3)])
})

test.run()
