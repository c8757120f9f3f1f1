import fc from 'fast-check'
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { promiseOf, settled, settledErr, settledOk, settledResult } from '../../src/async/result.ts'
import { Mutation } from '../../src/queue/mutation.ts'
import type { Step } from '../../src/queue/step.ts'
import { WriteQueue } from '../../src/queue/write-queue.ts'
import { nextTurn, snapshot } from '../support.ts'

const replace = (n: number): Step => ({ type: 'replace', snapshot: snapshot({ n }) })
const remove: Step = { type: 'remove' }
const touch = (at: number): Step => ({ type: 'touch', cookie: null, lastUsedAt: at, ttl: 60_000 })

const [one, two, three] = [replace(1), replace(2), replace(3)]

type Finish = (result: Result<string, string>) => void

/** A queue whose mutations and reads end when the test ends them. */
function controlled () {
  const applied: Array<{ readonly file: string, readonly steps: readonly Step[], readonly finish: Finish }> = []
  const queue = new WriteQueue<string, string>((file, { steps }) => new ResultAsync(new Promise(resolve => {
    applied.push({ file, steps, finish: resolve })
  })))
  const reads: Finish[] = []
  const read = (file: string) => queue.read(file, () => new ResultAsync<string, string>(new Promise(resolve => { reads.push(resolve) })))
  /** The results in the order in which they are given. */
  const given: unknown[] = []
  const note = (result: ResultAsync<string, string>) => { void result.then(result => { given.push(result.isOk() ? result.value : result.error) }) }
  return { queue, applied, reads, read, given, note }
}

const queue = suite('WriteQueue')

queue('makes a change immediately, and gives its result', async () => {
  const { queue, applied } = controlled()
  const result = queue.mutate('file', one)
  assert.equal(applied.map(({ file, steps }) => [file, steps]), [['file', [one]]])
  assert.equal([queue.has('file'), queue.has('other'), queue.size], [true, false, 1])
  applied[0]!.finish(ok('done'))
  assert.equal(await result, ok('done'))
  await nextTurn()
  assert.equal([queue.has('file'), queue.size], [false, 0])
})

queue('gives a result that is known immediately, and remembers nothing of it', () => {
  for (const result of [ok('done'), err('refused')]) {
    const queue = new WriteQueue<string, string>(() => settled<string, string>(result))
    assert.is(settledResult(queue.mutate('file', one)), result)
    assert.is(settledResult(queue.read('file', () => settled<string, string>(result))), result)
    assert.equal([queue.has('file'), queue.size], [false, 0])
  }
})

queue('makes the changes of one session one after the other', async () => {
  const { queue, applied } = controlled()
  void queue.mutate('file', one)
  const result = queue.mutate('file', remove)
  await nextTurn()
  assert.is(applied.length, 1)
  applied[0]!.finish(ok('first'))
  await nextTurn()
  assert.equal(applied.map(({ steps }) => steps), [[one], [remove]])
  applied[1]!.finish(ok('second'))
  assert.equal(await result, ok('second'))
})

queue('makes the changes of two sessions side by side', () => {
  const { queue, applied } = controlled()
  void queue.mutate('file', one)
  void queue.mutate('other', two)
  assert.equal(applied.map(({ file }) => file), ['file', 'other'])
  assert.is(queue.size, 2)
})

queue('makes the first change of a burst, and coalesces the others, which have one result', async () => {
  const { queue, applied } = controlled()
  const results = [one, two, remove, two, three, touch(5)].map(step => queue.mutate('file', step))
  applied[0]!.finish(ok('first'))
  await nextTurn()
  assert.equal(applied.map(({ steps }) => steps), [[one], [three, touch(5)]])
  applied[1]!.finish(ok('others'))
  assert.equal(await Promise.all(results), [ok('first'), ...Array.from({ length: 5 }, () => ok('others'))])
  assert.is(applied.length, 2)
})

queue('goes on after a change that failed, and gives each its own result', async () => {
  const { queue, applied } = controlled()
  const results = [one, two].map(step => queue.mutate('file', step))
  applied[0]!.finish(err('refused'))
  await nextTurn()
  applied[1]!.finish(ok('done'))
  assert.equal(await Promise.all(results), [err('refused'), ok('done')])
  void queue.mutate('file', three)
  assert.is(applied.length, 3)
})

queue('makes a third change after a second one that was made synchronously', async () => {
  const applied: Array<readonly Step[]> = []
  const queue = new WriteQueue<string, string>((_file, { steps }) => {
    applied.push(steps)
    return applied.length === 1 ? okAsync('later') : settledOk('immediately')
  })
  const results = [one, two].map(step => queue.mutate('file', step))
  assert.equal(await Promise.all(results), [ok('later'), ok('immediately')])
  await nextTurn()
  assert.is(queue.has('file'), false)
  assert.equal(settledResult(queue.mutate('file', three)), ok('immediately'))
  assert.equal(applied, [[one], [two], [three]])
})

queue('lets no change in before one that waits, as soon as the one before is made', async () => {
  const { queue, applied } = controlled()
  void queue.mutate('file', touch(1)).map(() => queue.mutate('file', touch(3)))
  void queue.mutate('file', touch(2))
  applied[0]!.finish(ok(''))
  await nextTurn()
  applied[1]!.finish(ok(''))
  await nextTurn()
  assert.equal(applied.flatMap(({ steps }) => steps), [touch(1), touch(2), touch(3)])
})

queue('coalesces with the change that waits, although one before a read has begun', async () => {
  const { queue, applied, read, reads } = controlled()
  void queue.mutate('file', touch(1))
  void queue.mutate('file', touch(2))
  void read('file')
  void queue.mutate('file', touch(3))
  applied[0]!.finish(ok(''))
  await nextTurn()
  void queue.mutate('file', touch(4))
  assert.equal(applied.map(({ steps }) => steps), [[touch(1)], [touch(2)]])
  applied[1]!.finish(ok(''))
  await nextTurn()
  reads[0]!(ok(''))
  await nextTurn()
  assert.equal(applied.map(({ steps }) => steps), [[touch(1)], [touch(2)], [touch(3), touch(4)]])
})

queue('reads after a change that is under way, although the one before it is made', async () => {
  const { queue, applied, reads, read } = controlled()
  void queue.mutate('file', one)
  void queue.mutate('file', two)
  applied[0]!.finish(ok(''))
  await nextTurn()
  void read('file')
  await nextTurn()
  assert.equal([applied.length, reads.length], [2, 0])
  applied[1]!.finish(ok(''))
  await nextTurn()
  assert.is(reads.length, 1)
})

queue('reads immediately when all changes are made, although a read is under way', async () => {
  const { queue, applied, reads, read } = controlled()
  void queue.mutate('file', one)
  void read('file')
  applied[0]!.finish(ok(''))
  await nextTurn()
  assert.is(reads.length, 1)
  void read('file')
  assert.is(reads.length, 2)
})

queue('reads after the changes that were called before', async () => {
  const { queue, applied, reads, read, given, note } = controlled()
  note(queue.mutate('file', one))
  note(queue.mutate('file', two))
  note(read('file'))
  void read('other')
  assert.is(reads.length, 1)
  applied[0]!.finish(ok('one'))
  await nextTurn()
  assert.is(reads.length, 1)
  applied[1]!.finish(ok('two'))
  await nextTurn()
  assert.is(reads.length, 2)
  reads[1]!(ok('read'))
  await nextTurn()
  assert.equal(given, ['one', 'two', 'read'])
})

queue('reads side by side, and gives the results in the order of the calls', async () => {
  const { reads, read, given, note } = controlled()
  note(read('file'))
  note(read('file'))
  assert.is(reads.length, 2)
  reads[1]!(ok('second'))
  await nextTurn()
  assert.equal(given, [])
  reads[0]!(err('first'))
  await nextTurn()
  assert.equal(given, ['first', 'second'])
})

queue('makes a change after the reads that were called before it', async () => {
  const { queue, applied, reads, read, given, note } = controlled()
  note(read('file'))
  note(queue.mutate('file', one))
  await nextTurn()
  assert.is(applied.length, 0)
  reads[0]!(ok('read'))
  await nextTurn()
  assert.is(applied.length, 1)
  applied[0]!.finish(ok('one'))
  await nextTurn()
  assert.equal(given, ['read', 'one'])
})

queue('coalesces no change with one that a read between them is to find', async () => {
  const { queue, applied, reads, read, given, note } = controlled()
  note(queue.mutate('file', one))
  note(queue.mutate('file', two))
  note(read('file'))
  note(queue.mutate('file', one))
  applied[0]!.finish(ok('first'))
  await nextTurn()
  applied[1]!.finish(ok('second'))
  await nextTurn()
  assert.equal([applied.length, reads.length], [2, 1])
  reads[0]!(ok('read'))
  await nextTurn()
  applied[2]!.finish(ok('third'))
  await nextTurn()
  assert.equal(given, ['first', 'second', 'read', 'third'])
})

queue('gives a synchronous result after those that are under way', async () => {
  const { queue, reads, read, given, note } = controlled()
  note(read('file'))
  const result = queue.read('file', () => settledOk('known'))
  assert.is(settledResult(result), undefined)
  note(result)
  await nextTurn()
  assert.equal(given, [])
  reads[0]!(ok('first'))
  await nextTurn()
  assert.equal(given, ['first', 'known'])
})

for (const method of ['settle', 'drain'] as const) {
  queue(`${method} resolves immediately when nothing is under way, otherwise when what was called has ended`, async () => {
    const { queue, applied } = controlled()
    await queue[method]()
    for (const step of [one, two]) void queue.mutate('file', step)
    void queue.mutate('other', three)
    let isSettled = false
    const settling = queue[method]().then(() => { isSettled = true })
    applied[0]!.finish(ok(''))
    applied[1]!.finish(err(''))
    await nextTurn()
    assert.is(isSettled, false)
    applied[2]!.finish(ok(''))
    await settling
    assert.is(queue.size, 0)
  })
}

queue('settle does not wait for what is called later; drain does', async () => {
  const { queue, applied } = controlled()
  void queue.mutate('file', one)
  let isDrained = false
  const draining = queue.drain().then(() => { isDrained = true })
  const settling = queue.settle()
  void queue.mutate('other', two)
  applied[0]!.finish(ok(''))
  await settling
  await nextTurn()
  assert.is(isDrained, false)
  applied[1]!.finish(ok(''))
  await draining
})

queue.run()

const order = suite('WriteQueue, however long each operation takes,')

/** What a call does, in how many turns of the event loop its write or read ends (0: synchronously), and whether it is refused. */
const call = fc.record({
  type: fc.constantFrom('set', 'set', 'touch', 'remove', 'read'),
  file: fc.constantFrom('a', 'a', 'a', 'b'),
  turns: fc.integer({ min: 0, max: 3 }),
  isRefused: fc.boolean(),
  pause: fc.integer({ min: 0, max: 2 })
})

async function turns (count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

/** A result that is known after this many turns. */
function after<T> (count: number, result: () => Result<T, string>): ResultAsync<T, string> {
  return count === 0 ? settled(result()) : new ResultAsync(turns(count).then(result))
}

interface Given { readonly number: number, readonly file: string, readonly result: Result<readonly number[], string>, readonly content: readonly number[] }

/** Makes the calls on a queue whose files hold the numbers of the calls that were made in them, and notes each result when it is given. */
async function perform (calls: ReadonlyArray<typeof call extends fc.Arbitrary<infer T> ? T : never>) {
  const contents: Record<string, readonly number[]> = { a: [], b: [] }
  const numberOf = new Map<Step, number>()
  const given: Given[] = []
  const busy: Record<string, number> = { a: 0, b: 0 }
  const queue = new WriteQueue<readonly number[], string>((file, mutation) => {
    assert.is(++busy[file]!, 1, 'one at a time')
    const numbers = mutation.steps.map(step => numberOf.get(step)!)
    const { turns, isRefused } = calls[numbers.at(-1)!]!
    return after(turns, () => {
      busy[file]!--
      if (isRefused) return err('refused')
      contents[file] = [...contents[file]!, ...numbers]
      return ok(numbers)
    })
  })
  for (const [number, { type, file, turns: count, pause }] of calls.entries()) {
    const step: Step = type === 'remove' ? { ...remove } : type === 'set' ? replace(number) : touch(number)
    numberOf.set(step, number)
    const result: ResultAsync<readonly number[], string> = type === 'read'
      ? queue.read(file, () => after(count, () => ok(contents[file]!)))
      : queue.mutate(file, step)
    const note = (result: Result<readonly number[], string>) => { given.push({ number, file, result, content: contents[file]! }) }
    const known = settledResult(result)
    if (known !== undefined) note(known)
    else void promiseOf(result).then(note)
    await turns(pause)
  }
  await queue.drain()
  await nextTurn()
  return { given, contents, size: queue.size }
}

order('gives each result once, those of one session in the order of the calls', async () => {
  await fc.assert(fc.asyncProperty(fc.array(call, { maxLength: 12 }), async calls => {
    const { given, size } = await perform(calls)
    assert.equal(given.map(({ number }) => number).sort((one, other) => one - other), calls.map((_, number) => number))
    for (const file of ['a', 'b']) {
      const numbers = given.filter(result => result.file === file).map(({ number }) => number)
      assert.equal(numbers, [...numbers].sort((one, other) => one - other))
    }
    assert.is(size, 0)
  }), { numRuns: 300 })
})

order('comes to what the changes come to in turn', async () => {
  await fc.assert(fc.asyncProperty(fc.array(call.map(call => ({ ...call, isRefused: false })), { maxLength: 12 }), async calls => {
    const { contents } = await perform(calls)
    for (const file of ['a', 'b']) {
      const changes = calls.map(({ type, file }, number) => ({ type, file, number })).filter(call => call.file === file && call.type !== 'read')
      // A set or a removal makes what came before it superfluous.
      const start = changes.findLastIndex(({ type }) => type === 'set' || type === 'remove')
      const expected = changes.slice(Math.max(0, start)).map(({ number }) => number)
      assert.equal(contents[file]!.slice(-expected.length || Infinity), expected)
    }
  }), { numRuns: 300 })
})

order('calls nothing made that is not in the file then', async () => {
  await fc.assert(fc.asyncProperty(fc.array(call, { maxLength: 12 }), async calls => {
    const { given } = await perform(calls)
    for (const { number, result, content } of given) {
      if (result.isErr() || calls[number]!.type === 'read') continue
      for (const change of result.value) assert.ok(content.includes(change), `${number} without ${change}`)
    }
  }), { numRuns: 300 })
})

order('reads all changes that were called before and were made, and none that was called after', async () => {
  await fc.assert(fc.asyncProperty(fc.array(call, { maxLength: 12 }), async calls => {
    const { given } = await perform(calls)
    const made = new Set(given.flatMap(({ number, result }) => calls[number]!.type !== 'read' && result.isOk() ? result.value : []))
    for (const { number, file, result } of given) {
      if (result.isErr() || calls[number]!.type !== 'read') continue
      const expected = [...made].filter(change => change < number && calls[change]!.file === file).sort((one, other) => one - other)
      assert.equal(result.value, expected, `read ${number}`)
    }
  }), { numRuns: 300 })
})

order.run()

const mutations = suite('WriteQueue')

mutations('hands over mutations, which know what was coalesced', async () => {
  const received: Mutation[] = []
  const queue = new WriteQueue<null, never>((_file, mutation) => {
    received.push(mutation)
    return okAsync(null)
  })
  void queue.mutate('file', one)
  await queue.mutate('file', remove)
  assert.ok(received.every(mutation => mutation instanceof Mutation))
  assert.equal(await new WriteQueue<null, string>(() => errAsync('refused')).mutate('file', one), err('refused'))
  assert.equal(settledResult(new WriteQueue<null, string>(() => settledErr('refused')).mutate('file', one)), err('refused'))
})

mutations.run()
