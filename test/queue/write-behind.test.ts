import fc from 'fast-check'
import { err, ok, ResultAsync, type Result } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pending, promiseOf, settled, settledOk, settledResult } from '../../src/async/result.ts'
import type { Mutation } from '../../src/queue/mutation.ts'
import { isKnown, type Step } from '../../src/queue/step.ts'
import { WriteBehindQueue } from '../../src/queue/write-behind.ts'
import type { Apply } from '../../src/queue/write-queue.ts'
import type { Snapshot } from '../../src/session/snapshot.ts'
import { fakeTimers, mergeBase, nextTurn, runModule, snapshot, until } from '../support.ts'

const remove: Step = { type: 'remove' }
const set = (value: unknown): Step => ({ type: 'replace', snapshot: snapshot({ value }) })
const touch = (at: number): Step => ({ type: 'touch', cookie: null, lastUsedAt: at, ttl: 60_000 })

const large = new Map<number, Snapshot>()

/** A step that takes about this many MiB of memory. */
function mebibytes (count: number): Step {
  if (!large.has(count)) large.set(count, snapshot({ value: 'x'.repeat(count * 512 * 1024) }))
  return { type: 'replace', snapshot: { ...large.get(count)! } }
}

/** What a mutation leaves of a session, in short. */
function resultOf (mutation: Mutation): unknown {
  const after = mutation.applyTo(null)
  return isKnown(after) ? JSON.parse(after.text.canonical)['value'] : after
}

const accepted = ok(undefined)

let timers: ReturnType<typeof fakeTimers>

/** Lets what could go on do so. A time slice that is used up takes a turn of the event loop. */
async function someTurns (): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn()
}

function suiteWithTimers (name: string) {
  const test = suite(name)
  test.before.each(() => { timers = fakeTimers() })
  test.after.each(() => { timers.restore() })
  return test
}

/** A queue whose writes end soon with what `outcome` says, with the writes and the failures that it told. */
function recorded (outcome: (file: string, write: number) => Result<string, string> = () => ok('written')) {
  const writes: Array<readonly [file: string, result: unknown]> = []
  const told: string[] = []
  const apply: Apply<string, string> = (file, mutation) => {
    writes.push([file, resultOf(mutation)])
    return new ResultAsync(Promise.resolve().then(() => outcome(file, writes.length)))
  }
  const queue = new WriteBehindQueue({ apply, onFailure: failure => { told.push(failure) }, isRefusal: failure => failure !== 'of this session' })
  return { queue, writes, told }
}

/** A queue whose writes end when the test ends them. */
function controlled () {
  const writes: Array<{ readonly file: string, readonly mutation: Mutation, readonly finish: (result: Result<string, string>) => void }> = []
  const told: string[] = []
  const apply: Apply<string, string> = (file, mutation) => new ResultAsync(new Promise(resolve => { writes.push({ file, mutation, finish: resolve }) }))
  const queue = new WriteBehindQueue({ apply, onFailure: failure => { told.push(failure) } })
  return { queue, writes, told }
}

const queue = suiteWithTimers('WriteBehindQueue')

queue('accepts a change immediately, and writes those of 50 ms together', async () => {
  const { queue, writes } = recorded()
  for (const value of [1, 2, 3]) assert.equal(settledResult(queue.mutate('a', set(value))), accepted)
  assert.equal([queue.size, queue.has('a'), queue.has('b'), queue.files(), resultOf(queue.mutationOf('a')!)], [1, true, false, ['a'], 3])
  await timers.advance(49)
  assert.equal(writes, [])
  await timers.advance(1)
  assert.equal(writes, [['a', 3]])
  assert.equal([queue.size, queue.files(), queue.mutationOf('a')], [0, [], null])
  await timers.advance(100_000)
  assert.equal([writes.length, timers.pending()], [1, []])
})

queue('keeps the process alive until what it accepted is written', () => {
  const { queue } = recorded()
  void queue.mutate('a', set(1))
  assert.equal(timers.pending(), [{ delay: 50, isRef: true }])
})

queue('writes several sessions, each once', async () => {
  const { queue, writes } = recorded()
  for (const [file, step] of [['a', set(1)], ['b', remove], ['a', touch(5)], ['c', set(2)]] as const) void queue.mutate(file, step)
  await timers.advance(50)
  assert.equal(writes, [['a', 1], ['b', null], ['c', 2]])
})

queue('writes what comes during a write a moment later', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', set(1))
  await timers.advance(50)
  assert.equal(settledResult(queue.mutate('a', set(2))), accepted)
  assert.equal(resultOf(queue.mutationOf('a')!), 2)
  await timers.advance(1_000)
  assert.is(writes.length, 1)
  writes[0]!.finish(ok('written'))
  await timers.advance(50)
  assert.equal(writes.map(({ mutation }) => resultOf(mutation)), [1, 2])
  writes[1]!.finish(ok('written'))
  await someTurns()
  assert.is(queue.size, 0)
})

queue('gives what is being written and what waits behind it as pending, in this order', async () => {
  const { queue } = controlled()
  void queue.mutate('a', remove)
  await timers.advance(50)
  assert.equal(queue.mutationOf('a')!.steps, [remove])
  void queue.mutate('a', set(2))
  void queue.mutate('a', touch(5))
  assert.equal(queue.mutationOf('a')!.steps, [set(2), touch(5)])
  assert.is(queue.mutationOf('b'), null)
})

queue('reads with the changes that are pending', async () => {
  const { queue } = recorded()
  void queue.mutate('a', set(1))
  const read = (file: string) => settledResult(queue.read(file, pending => settled<unknown, never>(ok(pending && resultOf(pending)))))
  assert.equal([read('a'), read('b')], [ok(1), ok(null)])
})

queue('moves no base before its content is written', async () => {
  const base = mergeBase({ value: 0 })
  const { queue, writes } = controlled()
  void queue.mutate('a', { type: 'merge', snapshot: snapshot({ value: 1 }), base })
  assert.is(base.text?.canonical, '{"value":0}')
  await timers.advance(50)
  assert.is(writes[0]!.mutation.steps.length, 1)
})

queue.run()

const failing = suiteWithTimers('WriteBehindQueue, when the disk refuses,')

failing('tells the failure, keeps the change and tries it again', async () => {
  const { queue, writes, told } = recorded((_file, write) => write === 1 ? err('refused') : ok('written'))
  void queue.mutate('a', set(1))
  await timers.advance(50)
  assert.equal([told, resultOf(queue.mutationOf('a')!)], [['refused'], 1])
  await timers.advance(1_000)
  assert.equal(writes, [['a', 1], ['a', 1]])
  assert.equal([told.length, queue.size, timers.pending()], [1, 0, []])
})

failing('waits a second, and then twice as long each time, up to a minute', async () => {
  const { queue, writes } = recorded(() => err('refused'))
  void queue.mutate('a', set(1))
  await timers.advance(50)
  for (const [index, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
    assert.equal(timers.pending(), [{ delay: seconds * 1_000, isRef: false }], `${index}`)
    await timers.advance(seconds * 1_000 - 1)
    assert.is(writes.length, index + 1)
    await timers.advance(1)
    assert.is(writes.length, index + 2)
  }
})

failing('writes soon again when the disk accepts what it had refused', async () => {
  let isRefused = true
  const { queue, writes } = recorded(() => isRefused ? err('refused') : ok('written'))
  void queue.mutate('a', set(1))
  await timers.advance(50 + 1_000 + 2_000)
  isRefused = false
  await timers.advance(4_000)
  assert.equal([writes.length, queue.size], [4, 0])
  void queue.mutate('a', set(2))
  assert.equal(timers.pending(), [{ delay: 50, isRef: true }])
})

failing('writes the newest content when it tries again', async () => {
  const { queue, writes } = recorded((_file, write) => write === 1 ? err('refused') : ok('written'))
  void queue.mutate('a', set(1))
  await timers.advance(50)
  void queue.mutate('a', set(2))
  await timers.advance(1_000)
  assert.equal(writes, [['a', 1], ['a', 2]])
})

failing('keeps what was refused before what came during the write', async () => {
  const { queue, writes } = controlled()
  const base = mergeBase({ a: 0, b: 0 })
  void queue.mutate('a', { type: 'merge', snapshot: snapshot({ a: 1, b: 0 }), base })
  await timers.advance(50)
  const later: Step = { type: 'merge', snapshot: snapshot({ a: 0, b: 2 }), base: mergeBase({ a: 0, b: 0 }) }
  void queue.mutate('a', later)
  writes[0]!.finish(err('refused'))
  await someTurns()
  assert.equal(queue.mutationOf('a')!.steps.map(({ type }) => type), ['merge', 'merge'])
  assert.is(queue.mutationOf('a')!.steps[1], later)
  await timers.advance(1_000)
  assert.equal(writes[1]!.mutation.steps.length, 2)
})

failing('tries no more than three sessions in a row that fail, and others the next time', async () => {
  const { queue, writes, told } = recorded(() => err('refused'))
  for (const file of ['a', 'b', 'c', 'd', 'e']) void queue.mutate(file, set(1))
  await timers.advance(50)
  assert.equal(writes.map(([file]) => file), ['a', 'b', 'c'])
  await timers.advance(1_000)
  assert.equal(writes.map(([file]) => file), ['a', 'b', 'c', 'd', 'e', 'a'])
  assert.is(told.length, 6)
})

failing('does not try what came while it found out that the disk refuses', async () => {
  const { queue, writes } = controlled()
  for (const file of ['a', 'b', 'c']) void queue.mutate(file, set(1))
  await timers.advance(50)
  void queue.mutate('d', set(1))
  for (let write = 0; write < 3; write++) {
    writes[write]!.finish(err('refused'))
    await someTurns()
  }
  await timers.advance(50)
  assert.equal(writes.map(({ file }) => file), ['a', 'b', 'c'])
  await timers.advance(1_000)
  assert.is(writes[3]!.file, 'd')
})

failing('does not let a session that cannot be written hold up the others', async () => {
  const { queue, writes } = recorded(file => file.startsWith('bad') ? err('refused') : ok('written'))
  for (const file of ['bad1', 'bad2', 'good1', 'bad3', 'bad4', 'good2']) void queue.mutate(file, set(1))
  await timers.advance(50)
  assert.equal(writes.map(([file]) => file), ['bad1', 'bad2', 'good1', 'bad3', 'bad4', 'good2'])
  assert.equal(queue.files(), ['bad1', 'bad2', 'bad3', 'bad4'])
  // Nor later, when three in a row have failed again.
  for (let time = 0; time < 5; time++) {
    await timers.advance(4_000)
    const before = writes.length
    void queue.mutate(`good3-${time}`, set(1))
    await timers.advance(50)
    assert.equal(writes.slice(before).map(([file]) => file), [`good3-${time}`])
  }
  assert.ok(writes.some(([file], index) => file === 'bad4' && index > 6))
})

failing('does not take the failures of single sessions for a disk that refuses', async () => {
  const { queue, writes } = recorded(file => file.startsWith('bad') ? err('of this session') : ok('written'))
  for (let at = 0; at < 5; at++) void queue.mutate(`bad${at}`, set(1))
  void queue.mutate('good', set(1))
  await timers.advance(50)
  await until(() => writes.some(([file]) => file === 'good'))
  void queue.mutate('later', set(1))
  await timers.advance(50)
  await until(() => writes.some(([file]) => file === 'later'))
})

failing.run()

const bounded = suiteWithTimers('WriteBehindQueue, above 16 MiB,')

/** Whether a small change of another session is accepted before it is written. */
const accepts = (queue: WriteBehindQueue<string, string>) => settledResult(queue.mutate('small', remove)) !== undefined

bounded('accepts a change only when it is written', async () => {
  const { queue, writes } = controlled()
  assert.equal(settledResult(queue.mutate('a', mebibytes(9))), accepted)
  const result = queue.mutate('b', mebibytes(9))
  assert.is(settledResult(result), undefined)
  assert.equal(writes.map(({ file }) => file), ['b'], 'without delay')
  assert.is(accepts(queue), false)
  writes[0]!.finish(ok('b is written'))
  assert.equal(await result, ok('b is written'))
  writes[1]!.finish(ok('written'))
  await someTurns()
  assert.is(accepts(queue), true)
})

bounded('gives up a change that fails then, whose result says so', async () => {
  const { queue, writes, told } = controlled()
  void queue.mutate('a', mebibytes(9))
  const result = queue.mutate('b', mebibytes(9))
  writes[0]!.finish(err('refused'))
  assert.equal(await result, err('refused'))
  assert.equal([queue.mutationOf('b'), queue.files(), told], [null, ['a'], []])
})

bounded('keeps what it had accepted of a session whose next change fails', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', set('accepted'))
  void queue.mutate('b', mebibytes(10))
  const result = queue.mutate('a', mebibytes(9))
  assert.equal(writes.map(({ file }) => file), ['a'])
  assert.equal(resultOf(queue.mutationOf('a')!), 'accepted', 'the next one may still be given up')
  writes[0]!.finish(err('refused'))
  assert.equal(await result, err('refused'))
  assert.is(resultOf(queue.mutationOf('a')!), 'accepted')
})

bounded('writes what it had accepted of a session with its next change', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', { type: 'merge', snapshot: snapshot({ n: 1 }), base: mergeBase(null) })
  void queue.mutate('b', mebibytes(17))
  const result = queue.mutate('a', touch(5))
  assert.equal(writes.map(({ file }) => file), ['b', 'a'])
  assert.equal(writes[1]!.mutation.steps.map(({ type }) => type), ['merge', 'touch'])
  writes[1]!.finish(ok('written'))
  assert.equal(await result, ok('written'))
  assert.is(queue.mutationOf('a'), null)
})

bounded('waits for the write of the session that is under way', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', set(1))
  await timers.advance(50)
  const results = [mebibytes(17), set(3)].map(step => queue.mutate('a', step))
  assert.is(settledResult(results[0]!), undefined)
  assert.is(writes.length, 1)
  writes[0]!.finish(ok('first'))
  await someTurns()
  assert.is(writes.length, 2)
  writes[1]!.finish(ok('second'))
  assert.equal(await results[0], ok('second'))
})

bounded('counts what is being written, what waits behind it, and what was superseded', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', mebibytes(9))
  await timers.advance(50)
  assert.is(accepts(queue), true)
  assert.is(settledResult(queue.mutate('b', mebibytes(9))), undefined)
  assert.is(accepts(queue), false)
  writes[1]!.finish(ok('written'))
  await someTurns()
  assert.equal(settledResult(queue.mutate('a', mebibytes(5))), accepted)
  assert.is(settledResult(queue.mutate('c', mebibytes(3))), undefined)
})

bounded('is full with as much as 16 MiB by its own count, and not below', async () => {
  const overhead = 1_200 + 2 * '{"value":""}'.length
  for (const [bytes, isAccepted] of [[16 * 1024 * 1024, true], [16 * 1024 * 1024 + 2, false]] as const) {
    const { queue } = recorded()
    assert.is(settledResult(queue.mutate('a', set('x'.repeat((bytes - overhead) / 2)))) !== undefined, isAccepted)
  }
})

bounded('accepts no more than 100 steps of one session', async () => {
  const { queue, writes } = controlled()
  for (let at = 0; at < 100; at++) assert.equal(settledResult(queue.mutate('a', touch(at))), accepted)
  const result = queue.mutate('a', touch(100))
  assert.is(settledResult(result), undefined)
  assert.is(writes[0]!.mutation.steps.length, 101)
  writes[0]!.finish(ok('written'))
  assert.equal(await result, ok('written'))
  assert.equal(settledResult(queue.mutate('a', touch(101))), accepted)
})

bounded('has no more than 16 MiB pending in a burst of new sessions, and loses none', async () => {
  const { queue, writes } = recorded()
  const text = 'x'.repeat(50_000)
  const results = Array.from({ length: 1_000 }, (_, index) => queue.mutate(`${index}`, set(text)))
  const accepted = results.filter(result => settledResult(result) !== undefined).length
  assert.ok(accepted > 160 && accepted < 170, `${accepted} sessions`)
  await Promise.all(results)
  await timers.advance(50)
  await until(() => queue.size === 0)
  assert.is(new Set(writes.map(([file]) => file)).size, 1_000)
  assert.is(accepts(queue), true)
})

bounded('reads and settles after the changes that wait for their write', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', mebibytes(17))
  void queue.mutate('a', set(2))
  const read = queue.read('a', pending => settledOk(pending === null ? 'as it is on the disk' : resultOf(pending)))
  let isSettled = false
  const settled = queue.settle().then(() => { isSettled = true })
  assert.is(settledResult(read), undefined)
  writes[0]!.finish(ok('written'))
  await someTurns()
  assert.is(isSettled, false)
  writes[1]!.finish(ok('written'))
  await settled
  assert.equal(await read, ok('as it is on the disk'))
  assert.is(resultOf(writes[1]!.mutation), 2)
})

bounded('reads and settles after a change that is written and may still be given up', async () => {
  for (const [outcome, expected] of [[err('refused'), 'accepted'], [ok('written'), 'as it is on the disk']] as const) {
    const { queue, writes } = controlled()
    void queue.mutate('a', set('accepted'))
    void queue.mutate('b', mebibytes(10))
    const result = queue.mutate('a', mebibytes(9))
    const read = queue.read('a', pending => settledOk(pending === null ? 'as it is on the disk' : resultOf(pending)))
    let isSettled = false
    const settling = queue.settle().then(() => { isSettled = true })
    await someTurns()
    assert.equal([settledResult(read), isSettled], [undefined, false])
    writes[0]!.finish(outcome)
    assert.equal([await result, await read], [outcome, ok(expected)])
    await settling
    // From then on it is immediate.
    assert.is.not(settledResult(queue.read('a', () => settledOk(null))), undefined)
  }
})

bounded('gives results in the order of the calls, of reads and changes, also when it is full', async () => {
  const { queue, writes } = controlled()
  const order: string[] = []
  const note = (name: string, result: ResultAsync<unknown, unknown>) => { void result.then(() => { order.push(name) }) }
  let finishRead = () => {}
  note('read', queue.read('a', () => pending<null, never>(new Promise(resolve => { finishRead = () => resolve(ok(null)) }))))
  note('change after a read', queue.mutate('a', set(1)))
  note('read after that', queue.read('a', () => settledOk(null)))
  for (let at = 0; at < 101; at++) void queue.mutate('b', touch(at))
  note('other session', queue.mutate('c', set(1)))
  await someTurns()
  assert.equal(order, ['other session'])
  finishRead()
  await someTurns()
  assert.equal(order, ['other session', 'read', 'change after a read', 'read after that'])
  // The change of `b` that was one too many is being written: what comes after it waits.
  order.length = 0
  note('change 101', queue.mutate('b', touch(101)))
  note('read of b', queue.read('b', () => settledOk(null)))
  note('change 102', queue.mutate('b', touch(102)))
  for (const [write, expected] of [[], [], ['change 101', 'read of b']].entries()) {
    assert.equal(order, expected)
    writes[write]!.finish(ok('written'))
    await someTurns()
  }
  assert.equal(order, ['change 101', 'read of b', 'change 102'])
})

bounded('counts nothing of what it gave up or wrote', async () => {
  let isRefused = true
  const { queue } = recorded(() => isRefused ? err('refused') : ok('written'))
  for (let time = 0; time < 10; time++) assert.equal(await queue.mutate('a', mebibytes(17)), err('refused'))
  assert.is(accepts(queue), true)
  isRefused = false
  for (let time = 0; time < 10; time++) assert.equal(await queue.mutate('a', mebibytes(17)), ok('written'))
  assert.is(accepts(queue), true)
})

bounded('writes a change after one that waits, although it would be accepted by then', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', set(1))
  await timers.advance(50)
  const other = queue.mutate('b', mebibytes(17))
  const waiting = queue.mutate('a', set(2))
  writes[1]!.finish(ok('written'))
  assert.equal(await other, ok('written'))
  const last = queue.mutate('a', set(3))
  assert.equal([waiting, last].map(settledResult), [undefined, undefined])
  for (const write of [0, 2, 3]) {
    writes[write]!.finish(ok('written'))
    await someTurns()
  }
  assert.equal(await Promise.all([waiting, last]), [ok('written'), ok('written')])
  assert.equal(writes.filter(({ file }) => file === 'a').map(({ mutation }) => resultOf(mutation)), [1, 2, 3])
  await timers.advance(50)
  assert.equal([queue.size, timers.pending()], [0, []])
})

bounded('keeps what it had accepted when changes that wait for each other fail', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', set(1))
  await timers.advance(50)
  void queue.mutate('a', set(2))
  const results = [mebibytes(17), touch(5)].map(step => queue.mutate('a', step))
  for (const write of [0, 1, 2]) {
    assert.is(writes.length, write + 1)
    writes[write]!.finish(write === 0 ? ok('written') : err(`refused ${write}`))
    await someTurns()
  }
  assert.equal(await Promise.all(results), [err('refused 1'), err('refused 2')])
  assert.equal(resultOf(queue.mutationOf('a')!), 2)
})

bounded.run()

const draining = suiteWithTimers('WriteBehindQueue.drain')

draining('writes what is pending without delay, and resolves when it is written', async () => {
  const { queue, writes } = controlled()
  await queue.drain()
  for (const file of ['a', 'b']) void queue.mutate(file, set(1))
  let isDrained = false
  const drained = queue.drain().then(() => { isDrained = true })
  for (const write of [0, 1]) {
    await someTurns()
    assert.equal([writes.length, isDrained], [write + 1, false])
    writes[write]!.finish(ok('written'))
  }
  await drained
  assert.equal([queue.size, timers.pending()], [0, []])
})

draining('waits for a write that is under way, and writes what came during it', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', set(1))
  await timers.advance(50)
  void queue.mutate('a', set(2))
  const drained = queue.drain()
  await someTurns()
  writes[0]!.finish(ok('written'))
  await someTurns()
  writes[1]!.finish(ok('written'))
  await drained
  assert.equal(writes.map(({ mutation }) => resultOf(mutation)), [1, 2])
})

draining('waits for a change whose result is that of its write', async () => {
  const { queue, writes } = controlled()
  void queue.mutate('a', set(1))
  await timers.advance(50)
  const result = queue.mutate('a', mebibytes(17))
  let isDrained = false
  const drained = queue.drain().then(() => { isDrained = true })
  writes[0]!.finish(ok('written'))
  await someTurns()
  await someTurns()
  assert.equal([writes.length, isDrained], [2, false])
  writes[1]!.finish(ok('written'))
  await drained
  assert.equal(await result, ok('written'))
})

draining('tries each session once when the disk refuses, tells each failure, and keeps the changes', async () => {
  const { queue, writes, told } = recorded(() => err('refused'))
  for (const file of ['a', 'b', 'c', 'd', 'e']) void queue.mutate(file, set(1))
  await queue.drain()
  assert.equal([writes.length, told.length, queue.size], [5, 5, 5])
})

draining('leaves the queue as usable as before', async () => {
  const { queue, writes } = recorded()
  void queue.mutate('a', set(1))
  await queue.drain()
  void queue.mutate('a', set(2))
  assert.is(writes.length, 1)
  await timers.advance(50)
  assert.equal(writes, [['a', 1], ['a', 2]])
})

draining.run()

const truth = suiteWithTimers('WriteBehindQueue, whatever the disk does,')

const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('mutate' as const), file: fc.constantFrom('a', 'b'), size: fc.constantFrom(0, 0, 0, 7, 17) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('finish' as const), isRefused: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), milliseconds: fc.constantFrom(0, 50, 1_000) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('drain' as const) }) }
)

truth('writes one change of a session at a time, loses nothing that it accepted, and calls nothing written that is not', async () => {
  await fc.assert(fc.asyncProperty(fc.array(event, { maxLength: 25 }), async events => {
    const { queue, writes } = controlled()
    const isFinished: boolean[] = []
    const numbers = new Map<Step, number>()
    /** The number of the change that each file holds, and of the last one that was accepted or called written. */
    const [held, promised] = [new Map<string, number>(), new Map<string, number>()]
    const promise = (file: string, number: number) => { promised.set(file, Math.max(number, promised.get(file) ?? 0)) }
    const finish = (isRefused: boolean) => {
      const write = isFinished.indexOf(false)
      if (write === -1) return
      const { file, mutation, finish } = writes[write]!
      isFinished[write] = true
      if (!isRefused) held.set(file, numbers.get(mutation.steps[0]!)!)
      finish(isRefused ? err('refused') : ok('written'))
    }
    const watch = async () => {
      await someTurns()
      for (const { file } of writes.slice(isFinished.length)) {
        assert.not(isFinished.some((isFinished, write) => !isFinished && writes[write]!.file === file), 'one at a time')
        isFinished.push(false)
      }
    }
    for (const event of events) {
      if (event.type === 'mutate') {
        const { file, size } = event
        const number = numbers.size + 1
        const step = mebibytes(size)
        numbers.set(step, number)
        const result = queue.mutate(file, step)
        if (settledResult(result) !== undefined) promise(file, number)
        else {
          void promiseOf(result).then(result => {
            if (result.isErr()) return
            promise(file, number)
            assert.ok((held.get(file) ?? 0) >= number, 'it is in the file')
          })
        }
      } else if (event.type === 'finish') finish(event.isRefused)
      else if (event.type === 'wait') await timers.advance(event.milliseconds)
      else void queue.drain()
      await watch()
    }
    for (let time = 0; time < 100 && (queue.size > 0 || isFinished.includes(false)); time++) {
      finish(false)
      await timers.advance(60_000)
      await watch()
    }
    assert.is(queue.size, 0)
    for (const [file, number] of promised) assert.ok((held.get(file) ?? 0) >= number, `${file} holds change ${held.get(file)} and not ${number}`)
    await timers.advance(60_000)
    assert.equal(timers.pending(), [])
  }), { numRuns: 200 })
})

truth.run()

const processes = suite('A process with a WriteBehindQueue')

processes('ends when everything is written, and does not wait for a disk that refuses for good', async () => {
  const { code, output } = await runModule(`
    import { errAsync, okAsync } from 'neverthrow'
    import { WriteBehindQueue } from '../src/queue/write-behind.ts'
    const apply = file => {
      console.log(file)
      return file === 'good' ? okAsync() : errAsync('refused')
    }
    const queue = new WriteBehindQueue({ apply, onFailure () {} })
    queue.mutate('good', { type: 'remove' })
    queue.mutate('bad', { type: 'remove' })
  `)
  assert.equal([code, output], [0, 'good\nbad\n'])
})

processes.run()
