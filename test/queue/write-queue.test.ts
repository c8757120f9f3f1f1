import { err, ok, ResultAsync, type Result } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change } from '../src/change.ts'
import { ChangeQueue } from '../src/queue.ts'
import { draft } from './support.ts'

type Finish = (result: Result<string, string>) => void

/** A queue whose changes are made when the test says so. */
function queueByHand () {
  const made: Array<{ readonly file: string, readonly change: Change, readonly finish: Finish }> = []
  const queue = new ChangeQueue<string, string>((file, change) => new ResultAsync(new Promise(resolve => {
    made.push({ file, change, finish: resolve })
  })))
  return { queue, made }
}

// Everything that promises have to say to each other.
const turn = () => new Promise(resolve => setImmediate(resolve))

const queue = suite('ChangeQueue')

const [one, two, three] = [draft({ n: 1 }), draft({ n: 2 }), draft({ n: 3 })]

queue('makes a change at once, and gives its answer', async () => {
  const { queue, made } = queueByHand()
  const answer = queue.add('file', one)
  assert.is(made.length, 1)
  assert.is(made[0]!.change, one)
  made[0]!.finish(ok('done'))
  assert.equal(await answer, ok('done'))
})

queue('gives at once what can be made at once, and then the file has the last word', () => {
  const results = [ok('done'), err('refused')]
  for (const result of results) {
    const queue = new ChangeQueue<string, string>(() => result)
    assert.is(queue.add('file', one), result)
    assert.equal(queue.waiting('file'), [])
    assert.equal(queue.files(), [])
  }
})

queue('makes changes of one file one after the other', async () => {
  const { queue, made } = queueByHand()
  void queue.add('file', one)
  const answer = queue.add('file', null)
  await turn()
  assert.is(made.length, 1)
  made[0]!.finish(ok('first'))
  await turn()
  assert.equal(made.map(({ change }) => change), [one, null])
  made[1]!.finish(ok('second'))
  assert.equal(await answer, ok('second'))
})

queue('makes changes of two files side by side', () => {
  const { queue, made } = queueByHand()
  void queue.add('file', one)
  void queue.add('other', two)
  assert.equal(made.map(({ file }) => file), ['file', 'other'])
  assert.equal(queue.files(), ['file', 'other'])
})

queue('makes the first and the last of a burst, which stands for all', async () => {
  const { queue, made } = queueByHand()
  const answers = [one, two, null, two, three].map(change => queue.add('file', change))
  made[0]!.finish(ok('first'))
  await turn()
  assert.equal(made.map(({ change }) => change), [one, three])
  made[1]!.finish(ok('last'))
  assert.equal(await Promise.all(answers), [ok('first'), ok('last'), ok('last'), ok('last'), ok('last')])
  assert.is(made.length, 2)
})

queue('knows what is to become of each file', async () => {
  const { queue, made } = queueByHand()
  assert.equal(queue.waiting('file'), [])
  void queue.add('file', one)
  assert.equal(queue.waiting('file'), [one])
  void queue.add('file', null)
  assert.equal(queue.waiting('file'), [one, null])
  void queue.add('file', two)
  assert.equal(queue.waiting('file'), [one, two])
  assert.equal(queue.waiting('other'), [])
  made[0]!.finish(ok(''))
  await turn()
  assert.equal(queue.waiting('file'), [two])
  made[1]!.finish(ok(''))
  await turn()
  assert.equal(queue.waiting('file'), [])
  assert.equal(queue.files(), [])
})

queue('goes on after a change that failed, and tells each its own', async () => {
  const { queue, made } = queueByHand()
  const answers = [one, two].map(change => queue.add('file', change))
  made[0]!.finish(err('refused'))
  await turn()
  made[1]!.finish(ok('done'))
  assert.equal(await Promise.all(answers), [err('refused'), ok('done')])
  void queue.add('file', three)
  assert.is(made.length, 3)
})

queue('makes a third change after a second that was made at once', async () => {
  const made: Change[] = []
  const queue = new ChangeQueue<string, string>((file, change) => {
    made.push(change)
    return made.length === 1 ? new ResultAsync(Promise.resolve(ok('later'))) : ok('at once')
  })
  const answers = [one, two].map(change => queue.add('file', change))
  assert.equal(await Promise.all(answers), [ok('later'), ok('at once')])
  await turn()
  assert.equal(queue.waiting('file'), [])
  assert.equal(queue.add('file', three), ok('at once'))
  assert.equal(made, [one, two, three])
})

queue('takes changes while others are made, again and again, and leaves none', async () => {
  const { queue, made } = queueByHand()
  const answers = []
  for (let round = 0; round < 10; round++) {
    answers.push(queue.add('file', draft({ round })), queue.add('file', draft({ round, last: true })))
    made.at(-1)!.finish(ok(String(round)))
    await turn()
  }
  made.at(-1)!.finish(ok('end'))
  assert.is((await Promise.all(answers)).length, 20)
  assert.equal(queue.files(), [])
  assert.equal(made.at(-1)!.change, draft({ round: 9, last: true }))
})

queue('does not make a change of a session whose end waits', async () => {
  const { queue, made } = queueByHand()
  void queue.add('file', one)
  const answers = [queue.add('file', null), queue.add('file', draft({ n: 2 }, { n: 1 }))]
  made[0]!.finish(ok('written'))
  await turn()
  made[1]!.finish(ok('gone'))
  assert.equal(await Promise.all(answers), [ok('gone'), ok('gone')])
  assert.equal(made.map(({ change }) => change), [one, null])
})

queue('makes what came meanwhile of what will be there then', async () => {
  const { queue, made } = queueByHand()
  const change = draft({ a: 0, b: 2 }, { a: 0, b: 0 })
  void queue.add('file', draft({ a: 1, b: 0 }, { a: 0, b: 0 }))
  void queue.add('file', change)
  made[0]!.finish(ok('written'))
  await turn()
  assert.is(made[1]!.change, change)
})

queue('makes a change once more, before what waits behind it', async () => {
  const { queue, made } = queueByHand()
  void queue.add('file', draft({ a: 1, b: 0 }, { a: 0, b: 0 }))
  queue.repeat('file')
  assert.equal(queue.waiting('file').map(change => change?.settled), ['{"a":1,"b":0}', '{"a":1,"b":0}'])
  made[0]!.finish(err('refused'))
  await turn()
  void queue.add('file', draft({ a: 0, b: 2 }, { a: 0, b: 0 }))
  queue.repeat('file')
  made[1]!.finish(err('refused'))
  await turn()
  assert.equal(made.map(({ change }) => change?.settled), ['{"a":1,"b":0}', '{"a":1,"b":0}', '{"a":1,"b":2}'])
  made[2]!.finish(ok('done'))
  await turn()
  assert.equal(queue.waiting('file'), [])
})

queue('needs no session to be there for a change of one that waits to be made anew', async () => {
  const { queue, made } = queueByHand()
  void queue.add('file', null)
  void queue.add('file', draft({ a: 1, b: 0 }))
  void queue.add('file', draft({ a: 0, b: 2 }, { a: 0, b: 0 }))
  made[0]!.finish(ok('gone'))
  await turn()
  assert.equal(JSON.parse(made[1]!.change!.settled), { a: 1, b: 2 })
  assert.is(made[1]!.change!.base, undefined)
})

queue('lets nobody in before a change that waits, as soon as the one before is made', async () => {
  const { queue, made } = queueByHand()
  void queue.add('file', one).map(() => queue.add('file', three))
  void queue.add('file', two)
  made[0]!.finish(ok(''))
  await turn()
  assert.equal(made.map(({ change }) => change), [one, three])
})

queue('makes a session anew that is being ended', async () => {
  const { queue, made } = queueByHand()
  void queue.add('file', null)
  void queue.add('file', two)
  made[0]!.finish(ok('gone'))
  await turn()
  assert.equal(made.map(({ change }) => change), [null, two])
})

queue('is idle when nothing waits or is being made', async () => {
  const { queue, made } = queueByHand()
  await queue.idle()
  void queue.add('file', one)
  void queue.add('file', two)
  void queue.add('other', three)
  let isIdle = false
  const idle = queue.idle().then(() => { isIdle = true })
  made[0]!.finish(ok(''))
  made[1]!.finish(err(''))
  await turn()
  assert.is(isIdle, false)
  made[2]!.finish(ok(''))
  await idle
  assert.equal(queue.files(), [])
})

queue('is not idle while changes come that were added since', async () => {
  const { queue, made } = queueByHand()
  void queue.add('file', one)
  let isIdle = false
  const idle = queue.idle().then(() => { isIdle = true })
  void queue.add('file', two)
  void queue.add('other', three)
  made[0]!.finish(ok(''))
  await turn()
  assert.is(isIdle, false)
  made[2]!.finish(ok(''))
  await turn()
  assert.is(isIdle, false)
  made[1]!.finish(ok(''))
  await idle
  assert.equal(queue.files(), [])
})

queue.run()
