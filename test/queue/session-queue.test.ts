import { err, ok, type Result } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pending, settled, settledResult } from '../../src/async/result.ts'
import type { Mutation } from '../../src/queue/mutation.ts'
import type { CurrentSession, SessionState, Step } from '../../src/queue/step.ts'
import { SessionQueue, type SessionQueueOptions } from '../../src/queue/session-queue.ts'
import { attachMergeBase, findMergeBase } from '../../src/session/merge-base.ts'
import { SessionText } from '../../src/session/session-text.ts'
import { createdByPlugin, fakeTimers, loadedByPlugin, nextTurn, now, rollingSession, snapshot } from '../support.ts'

const file = 'file'
const minute = 60_000

type Options = SessionQueueOptions<string, string>

/** A queue whose changes are made in memory, with what the file holds and the steps that were made. */
function inMemory (options: Partial<Options> = {}) {
  const made: Step[][] = []
  const state = { time: now, current: null as SessionState, isRefused: false }
  const told: string[] = []
  const apply = (_file: string, mutation: Mutation): Result<string, string> => {
    if (state.isRefused) return err('refused')
    made.push([...mutation.steps])
    state.current = mutation.applyTo(state.current)
    return ok('made')
  }
  const queue = new SessionQueue<string, string>({
    apply: (file, mutation) => settled(apply(file, mutation)),
    acknowledge: 'disk',
    merge: true,
    clock: () => state.time,
    ttl: minute,
    touchInterval: 1_000,
    onFailure: failure => { told.push(failure) },
    ...options
  })
  /** Makes the file hold a session, and gives it as the plugin has it after a `get`, which took place at `loadedAt`. */
  const load = (session: any, { lastUsedAt = now, loadedAt = now, mustRewrite = false } = {}): any => {
    const text = new SessionText(snapshot(session, lastUsedAt).canonical, { mustRewrite })
    state.current = { text, cookie: undefined, lastUsedAt }
    const copy = { ...session, cookie: { ...session.cookie } }
    attachMergeBase(copy, { file, text, recordedLastUse: lastUsedAt, loadedAt })
    return loadedByPlugin(copy)
  }
  return { queue, made, state, told, load, types: () => made.map(steps => steps.map(({ type }) => type)) }
}

const sessionIn = (state: SessionState) => JSON.parse((state as CurrentSession).text.canonical)
const lastUse = (state: SessionState) => (state as CurrentSession).lastUsedAt

const writing = suite('SessionQueue.write')

writing('replaces the file with a session that does not come from the plugin', () => {
  const { queue, types, state } = inMemory()
  assert.equal(settledResult(queue.write(file, { user: 'ada' })), ok('made'))
  assert.equal(settledResult(queue.write(file, { user: 'bob' })), ok('made'))
  assert.equal([types(), sessionIn(state.current)], [[['replace'], ['replace']], { user: 'bob' }])
})

writing('fails for a session that cannot be JSON, and makes no change', () => {
  const { queue, made } = inMemory()
  const session = { count: 1n }
  const result = settledResult(queue.write(file, session))
  assert.ok(result?.isErr() && typeof result.error === 'object')
  assert.equal([result.error.type, result.error.file, (result.error.cause as Error).name, made], ['not-serializable', file, 'TypeError', []])
})

writing('takes the session as it is at the call', () => {
  const { queue, state } = inMemory({ acknowledge: 'memory' })
  const timers = fakeTimers()
  try {
    const session = { user: 'ada' }
    void queue.write(file, session)
    session.user = 'bob'
    assert.equal(sessionIn(queue.unwritten!.mutationOf(file)!.applyTo(state.current)), { user: 'ada' })
  } finally {
    timers.restore()
  }
})

writing('merges a session that was loaded', () => {
  const { queue, load, state, types } = inMemory()
  const session = load({ cookie: {}, a: 0, b: 0 })
  state.current = { ...state.current as CurrentSession, text: new SessionText('{"a":0,"b":1,"cookie":{}}') }
  assert.equal(settledResult(queue.write(file, { ...session, a: 1 })), ok('made'))
  assert.equal([types(), sessionIn(state.current)], [[['merge']], { a: 1, b: 1, cookie: {} }])
})

writing('replaces a session that was loaded when it is not to merge, and does not bring it back', () => {
  const { queue, load, state, types } = inMemory({ merge: false })
  const session = load({ cookie: {}, a: 0, b: 0 })
  void queue.write(file, { ...session, a: 1 })
  assert.equal([types(), sessionIn(state.current)], [[['replace-if-present']], { a: 1, b: 0, cookie: {} }])
  state.current = null
  void queue.write(file, { ...session, a: 2 })
  assert.is(state.current, null)
})

for (const merge of [true, false]) {
  writing(`does not bring back a session that was made in a request, saved and ended (merge: ${merge})`, () => {
    const { queue, state } = inMemory({ merge })
    const session = createdByPlugin({ user: 'ada' })
    void queue.write(file, session)
    assert.equal(sessionIn(state.current), { user: 'ada' })
    void queue.remove(file)
    session.cart = []
    void queue.write(file, session)
    assert.is(state.current, null)
  })
}

writing('merges the second save of a session that was made in a request', () => {
  const { queue, state } = inMemory()
  const session = createdByPlugin({ user: 'ada' })
  void queue.write(file, session)
  state.current = { ...state.current as CurrentSession, text: new SessionText('{"user":"ada","seen":1}') }
  session.cart = []
  void queue.write(file, session)
  assert.equal(sessionIn(state.current), { user: 'ada', seen: 1, cart: [] })
})

// The request made a session, saved it, and ended much later; without `rolling` the plugin does not move the expiry then.
writing('takes no later use back at the end of a request that made the session', () => {
  const { queue, state } = inMemory()
  const session = createdByPlugin(rollingSession(now))
  void queue.write(file, session)
  session.cart = []
  for (const [usedAt, savedAt, expected] of [[0, 5_000, 0], [15_000, 20_000, 15_000], [15_000, 4_000, 0]] as const) {
    state.current = { ...state.current as CurrentSession, lastUsedAt: now + usedAt }
    state.time = now + savedAt
    session.cart.push(savedAt)
    void queue.write(file, session)
    assert.is(lastUse(state.current), now + expected)
  }
})

writing('takes a session that is set under another id for a new one', () => {
  const { queue, load, types } = inMemory()
  void queue.write('other', load({ cookie: {}, a: 0 }))
  assert.equal(types(), [['merge']])
  const { queue: another, state, load: loadAnother } = inMemory()
  const session = loadAnother({ a: 0, cookie: {} })
  state.current = null
  void another.write('other', session)
  assert.equal(sessionIn(state.current).a, 0)
})

writing('moves no base when the change is refused', () => {
  const { queue, load, state } = inMemory()
  const session = load({ cookie: {}, a: 0, b: 0 })
  state.isRefused = true
  assert.equal(settledResult(queue.write(file, { ...session, a: 1 })), err('refused'))
  state.isRefused = false
  void queue.write(file, { ...session, a: 1, b: 1 })
  assert.equal(sessionIn(state.current), { a: 1, b: 1, cookie: {} })
})

writing('writes what a first save had changed when it was refused and the second one is not', () => {
  const { queue, load, state } = inMemory()
  const session = load({ cookie: {}, a: 0 })
  session.a = 1
  state.isRefused = true
  void queue.write(file, session)
  state.isRefused = false
  assert.equal(settledResult(queue.write(file, session)), ok('made'))
  assert.is(sessionIn(state.current).a, 1)
})

writing.run()

const recording = suite('SessionQueue.write, of a session that did not change,')

recording('makes no change while its last use was recorded a moment ago', () => {
  for (const [age, lifetime, isRecorded] of [[0, minute, true], [599, minute, true], [600, minute, false], [999, 14 * 24 * 60 * minute, true], [1_000, 14 * 24 * 60 * minute, false]] as const) {
    const { queue, load, state, made } = inMemory({ ttl: lifetime })
    const session = load({ cookie: {}, a: 0 })
    state.time = now + age
    assert.equal(settledResult(queue.write(file, session)), ok(isRecorded ? 'unchanged' : 'made'), `${age}`)
    assert.is(made.length, isRecorded ? 0 : 1)
    if (!isRecorded) assert.is(lastUse(state.current), now + age)
  }
})

recording('goes by the lifetime of a rolling cookie', () => {
  const { queue, load, state } = inMemory({ ttl: 1 })
  const session = load(rollingSession(now))
  state.time = now + 599
  assert.equal(settledResult(queue.write(file, session)), ok('unchanged'))
  state.time = now + 600
  assert.equal(settledResult(queue.write(file, session)), ok('made'))
})

recording('makes no second change after the first one', () => {
  const { queue, load, state } = inMemory()
  const session = load({ cookie: {}, a: 0 })
  state.time = now + 5_000
  assert.equal([1, 2].map(() => settledResult(queue.write(file, session))), [ok('made'), ok('unchanged')])
})

recording('records each use with a touchInterval of 0', () => {
  const { queue, load } = inMemory({ touchInterval: 0 })
  assert.equal(settledResult(queue.write(file, load({ cookie: {}, a: 0 }))), ok('made'))
})

recording('sets right a last use that is of a clock that was ahead', () => {
  for (const [ahead, expected] of [[9_999, 'unchanged'], [10_000, 'made'], [365 * 24 * 60 * minute, 'made']] as const) {
    const { queue, load } = inMemory()
    assert.equal(settledResult(queue.write(file, load({ cookie: {}, a: 0 }, { lastUsedAt: now + ahead }))), ok(expected))
  }
})

recording('writes a session again that is not encrypted with the current secret', () => {
  const { queue, load } = inMemory()
  assert.equal(settledResult(queue.write(file, load({ cookie: {}, a: 0 }, { mustRewrite: true }))), ok('made'))
})

recording('has been used until the save, not only until it was loaded', () => {
  const { queue, load, state } = inMemory()
  const session = load(rollingSession(now))
  state.time = now + 5_000
  session.cart = []
  void queue.write(file, session)
  assert.is(lastUse(state.current), now + 5_000)
})

recording.run()

const expiry = suite('SessionQueue.write, of an expiry that the application set beside a maxAge,')

/** A live session of which the plugin counted the expiry at `now`. */
const live = () => createdByPlugin(rollingSession(now))

expiry('lets it decide, farther or nearer, for a session that was loaded', () => {
  for (const expires of [new Date(now + 365 * 24 * 60 * minute), new Date(now + 10_000), new Date(0)]) {
    const { queue, load, state } = inMemory()
    const session = load(rollingSession(now))
    session.cookie.expires = expires
    void queue.write(file, session)
    const { cookie } = sessionIn(state.current)
    assert.equal([cookie.expires, cookie.fixedExpiry, cookie.originalMaxAge], [expires.toJSON(), true, minute])
  }
})

expiry('does not take what the plugin counted during a slow request for one', () => {
  const { queue, load, state } = inMemory()
  const session = load(rollingSession(now))
  state.time = now + 30_000
  session.cookie.expires = new Date(now + 20_000 + minute)
  void queue.write(file, session)
  assert.is(sessionIn(state.current).cookie.fixedExpiry, undefined)
})

/** When the session of a state expires. */
function expiryOf (state: SessionState): number {
  const { cookie } = sessionIn(state)
  return cookie.fixedExpiry ? Date.parse(cookie.expires) : lastUse(state) + cookie.originalMaxAge
}

for (const [which, expires] of [['farther', now + 365 * 24 * 60 * minute], ['nearer', now + 10_000], ['in 1970', 0]] as const) {
  expiry(`lets one that is ${which} decide for a session that was made in a request, however often it is saved`, () => {
    const { queue, state } = inMemory()
    const session = live()
    session.cookie.expires = new Date(expires)
    for (let save = 0; save < 3; save++) {
      state.time = now + save * 100
      void queue.write(file, session)
      assert.is(expiryOf(state.current), expires, `save ${save}`)
    }
  })

  expiry(`lets one that is ${which} decide that is set after the first save`, () => {
    const { queue, state } = inMemory()
    const session = live()
    void queue.write(file, session)
    session.cookie.expires = new Date(expires)
    for (let save = 0; save < 2; save++) {
      void queue.write(file, session)
      assert.is(expiryOf(state.current), expires, `save ${save}`)
    }
  })
}

expiry.run()

const touching = suite('SessionQueue.touch')

touching('records a use', () => {
  for (const session of [undefined, null, {}, { cookie: null }]) {
    const { queue, load, state, types } = inMemory()
    load({ a: 0, cookie: { path: '/' } })
    state.time = now + 5_000
    assert.equal(settledResult(queue.touch(file, session)), ok('made'))
    assert.equal([types(), lastUse(state.current), sessionIn(state.current)], [[['touch']], now + 5_000, { a: 0, cookie: { path: '/' } }])
  }
})

touching('fails for a cookie that throws when it is read, or cannot be JSON', () => {
  const { queue, state } = inMemory({})
  const cause = new Error('no cookie')
  for (const session of [{ get cookie () { throw cause } }, { cookie: { toJSON () { throw cause } } }]) {
    assert.equal(settledResult(queue.touch(file, session)), err({ type: 'not-serializable', file, cause }))
  }
  assert.is(state.current, null)
})

touching('takes over the cookie of the session, and not its other content', () => {
  const { queue, load, state } = inMemory()
  load({ a: 0, cookie: { path: '/' } })
  void queue.touch(file, { a: 1, cookie: { originalMaxAge: minute, path: '/shop' } } as {})
  assert.equal([sessionIn(state.current), lastUse(state.current)], [{ a: 0, cookie: { originalMaxAge: minute, path: '/shop' } }, now])
  void queue.touch(file, { cookie: { originalMaxAge: minute, expires: new Date(now + minute + 1_000) } })
  assert.is(lastUse(state.current), now, 'never later than now')
})

touching('does not bring back a session that is gone', () => {
  const { queue, state } = inMemory()
  void queue.touch(file, { cookie: {} })
  assert.is(state.current, null)
})

touching('fails for a cookie that cannot be JSON', () => {
  const { queue, made } = inMemory()
  const result = settledResult(queue.touch(file, { cookie: { get path () { throw new Error('no') } } }))
  assert.ok(result?.isErr() && typeof result.error === 'object')
  assert.equal([result.error.type, (result.error.cause as Error).message, made], ['not-serializable', 'no', []])
})

touching.run()

const acknowledging = suite('SessionQueue')

acknowledging('makes each change before its result, and knows no unwritten ones, with acknowledge disk', async () => {
  const { queue, state } = inMemory()
  assert.equal([queue.unwritten, queue.size], [null, 0])
  void queue.write(file, { a: 1 })
  assert.equal(settledResult(queue.read(file, pending => settled<unknown, never>(ok([pending, sessionIn(state.current)])))), ok([null, { a: 1 }]))
  assert.equal(settledResult(queue.remove(file)), ok('made'))
  assert.is(state.current, null)
  await queue.settle()
  await queue.drain()
})

acknowledging('settles when the changes that are under way have ended', async () => {
  let end = () => {}
  const ended: string[] = []
  const result = new Promise<Result<string, string>>(resolve => { end = () => resolve(ok('made')) })
  const { queue } = inMemory({ apply: () => pending(result) })
  void queue.write(file, { a: 1 }).then(() => ended.push('write'))
  const settling = queue.settle().then(() => ended.push('settle'))
  await nextTurn()
  assert.equal(ended, [])
  end()
  await settling
  assert.equal(ended, ['write', 'settle'])
})

acknowledging('accepts changes before they are made, and reads with them, with acknowledge memory', async () => {
  const timers = fakeTimers()
  try {
    const { queue, state, made, told } = inMemory({ acknowledge: 'memory' })
    assert.equal(settledResult(queue.write(file, { a: 1 })), ok(undefined))
    assert.equal([queue.size, queue.unwritten!.files(), made], [1, [file], []])
    const pending = settledResult(queue.read(file, pending => settled<Mutation | null, never>(ok(pending))))
    assert.equal(pending?.isOk() && sessionIn(pending.value!.applyTo(null)), { a: 1 })
    await queue.settle()
    assert.is(made.length, 0)
    state.isRefused = true
    await timers.advance(50)
    assert.equal([told, queue.size], [['refused'], 1])
    state.isRefused = false
    await queue.drain()
    assert.equal([sessionIn(state.current), queue.size], [{ a: 1 }, 0])
  } finally {
    timers.restore()
  }
})

acknowledging('does not take a session with changes under way for recorded', () => {
  const timers = fakeTimers()
  try {
    const { queue, load } = inMemory({ acknowledge: 'memory' })
    const session = load({ cookie: {}, a: 0 })
    void queue.remove(file)
    void queue.write(file, session)
    assert.equal(queue.unwritten!.mutationOf(file)!.steps.map(({ type }) => type), ['remove', 'merge'])
  } finally {
    timers.restore()
  }
})

acknowledging('gives a session that was made in a request a base from its first save on', () => {
  const { queue } = inMemory()
  const session = createdByPlugin({ a: 1 })
  void queue.write(file, session)
  assert.is(findMergeBase(session, file)?.text?.canonical, '{"a":1}')
})

acknowledging.run()
