import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import * as assert from 'uvu/assert'
import { copySessions, movingStore } from '../../src/copy/index.ts'
import type { CopyFailure, CopyOptions, ListableStore } from '../../src/copy/index.ts'
import { FileStore } from '../../src/index.ts'
import { failureOf, nextTurn, promised, suiteOnDisk, valueOf } from '../support.ts'
import { MemoryStore } from './memory-store.ts'

const test = suiteOnDisk('copySessions')

const hour = 3_600_000
const sessionAt = (use: number, content: object = {}) => ({ cookie: { originalMaxAge: hour, expires: new Date(use + hour).toISOString() }, ...content })

/** A store with so many sessions, `0`, `1` and so on. */
function storeWith (count: number): MemoryStore {
  const store = new MemoryStore()
  for (let index = 0; index < count; index++) store.texts.set(`${index}`, JSON.stringify(sessionAt(Date.now(), { index })))
  return store
}

test('copies a directory, a FileStore and a store that has ids', async ({ directory }) => {
  const files = new FileStore(directory, { pruneInterval: 0 })
  await promised(files).set('0', sessionAt(Date.now(), { index: 0 }))
  for (const source of [directory, files, storeWith(1)]) {
    const target = new MemoryStore()
    assert.is(valueOf(await copySessions(source, target)).copied, 1)
    assert.is(target.held('0').index, 0)
  }
})

test('does not copy the notes of ended sessions, from whatever source', async ({ directory }) => {
  const files = new FileStore(directory, { pruneInterval: 0 })
  const store = storeWith(0)
  for (const source of [files, store]) {
    await promised(movingStore({ from: new MemoryStore(), to: source })).destroy('a')
    await promised(source).set('b', sessionAt(Date.now()))
  }
  for (const source of [directory, files, store, onlyAll(store, { b: store.held('b'), 'ended-session.a': store.held('ended-session.a') })]) {
    const target = new MemoryStore()
    const { copied, skipped } = valueOf(await copySessions(source, target))
    assert.equal([copied, skipped, [...target.texts.keys()]], [1, 0, ['b']])
  }
})

test('copies from a store that only has all, as an array or an object', async () => {
  const session = sessionAt(Date.now())
  for (const [name, sessions] of [['array', [{ ...session, id: 'a' }]], ['array of express', [{ ...session, sessionId: 'a' }]], ['object', { a: session }]] as const) {
    const source = storeWith(0)
    source.texts.set('a', JSON.stringify(session))
    const target = new MemoryStore()
    assert.is(valueOf(await copySessions(onlyAll(source, sessions), target)).copied, 1, name)
    assert.equal([...target.texts.keys()], ['a'], name)
  }
})

for (const [name, source, message] of [
  ['lists nothing', { get () {}, set () {}, destroy () {} }, /neither ids nor all/],
  ['lists sessions without ids', onlyAll(new MemoryStore(), [sessionAt(0)]), /without their ids/]
] as const) {
  test(`fails with source-failed for a store that ${name}`, async () => {
    const failure = failureOf(await copySessions(source as ListableStore, new MemoryStore()))
    assert.is(failure.type, 'source-failed')
    assert.match(failure.cause.message, message)
  })
}

test('fails with source-failed when the sessions cannot be listed', async () => {
  const source = storeWith(10)
  const error = new Error('gone')
  source.errors.set('ids', error)
  const failure = failureOf(await copySessions(source, new MemoryStore()))
  assert.equal([failure.type, failure.cause, failure.report.copied], ['source-failed', error, 0])
})

test('goes on when a session of a store cannot be read, and gives up after 100 in a row', async () => {
  const source = storeWith(200)
  source.errors.set('get 5', new Error('odd'))
  const once = { concurrency: 1, maxRetryTime: 0 }
  const report = valueOf(await copySessions(source, new MemoryStore(), once))
  assert.equal([report.copied, report.failed, (report.failures[0]?.cause as Error).message], [199, 1, 'odd'])
  for (let index = 50; index < 200; index++) source.errors.set(`get ${index}`, new Error('gone'))
  const failure = failureOf(await copySessions(source, new MemoryStore(), once))
  assert.equal([failure.type, failure.cause.message, failure.report.copied, failure.report.failed], ['source-failed', 'gone', 49, 101])
})

test('has nothing to copy of a session that ended since it was listed', async () => {
  const source = storeWith(1)
  source.ids = callback => queueMicrotask(() => callback(null, ['0', 'ended']))
  const { copied, ended } = valueOf(await copySessions(source, new MemoryStore()))
  assert.equal([copied, ended], [1, 1])
})

test('has nothing to copy from a directory that is not there', async ({ directory }) => {
  assert.is(valueOf(await copySessions(join(directory, 'none'), new MemoryStore())).copied, 0)
})

test('writes a session that the target has only if it was used later in the source', async () => {
  const now = Date.now()
  for (const [inSource, inTarget, expected] of [
    [sessionAt(now + 1, { cart: 1 }), sessionAt(now, { cart: 2 }), 'copied'],
    [sessionAt(now, { cart: 1 }), sessionAt(now, { cart: 2 }), 'present'],
    [sessionAt(now, { cart: 1 }), sessionAt(now + 1, { cart: 2 }), 'present'],
    [{ cart: 1 }, { cart: 2 }, 'present']
  ] as const) {
    const source = new MemoryStore()
    const target = new MemoryStore()
    source.texts.set('a', JSON.stringify(inSource))
    target.texts.set('a', JSON.stringify(inTarget))
    assert.is(valueOf(await copySessions(source, target))[expected], 1)
    assert.is(target.held('a').cart, expected === 'copied' ? 1 : 2)
  }
})

test('says of each session what became of it', async () => {
  const source = storeWith(1)
  const target = new MemoryStore()
  source.texts.set('present', JSON.stringify(sessionAt(Date.now())))
  target.texts.set('present', JSON.stringify(sessionAt(Date.now())))
  source.texts.set('expired', JSON.stringify(sessionAt(Date.now() - 2 * hour)))
  source.texts.set('ended', JSON.stringify(sessionAt(Date.now())))
  target.texts.set('ended-session.ended', JSON.stringify(sessionAt(Date.now())))
  source.texts.set('failed', JSON.stringify(sessionAt(Date.now())))
  const error = new Error('refused')
  target.errors.set('set failed', error)
  const outcomes: Record<string, string> = {}
  const counts: number[] = []
  const report = valueOf(await copySessions(source, target, {
    maxRetryTime: 0,
    onSession: (id, outcome) => { outcomes[id] = outcome },
    onProgress: ({ copied, skipped, failed }) => counts.push(copied + skipped + failed)
  }))
  assert.equal(outcomes, { 0: 'copied', present: 'present', expired: 'expired', ended: 'ended', failed: 'failed' })
  assert.equal(counts, [1, 2, 3, 4, 5])
  const { durationMs, ...rest } = report
  assert.equal(rest, { copied: 1, present: 1, expired: 1, ended: 1, skipped: 3, failed: 1, failures: [{ id: 'failed', cause: error }] })
})

test('says which files of a directory cannot be read, and copies the others', async ({ directory }) => {
  await promised(new FileStore(directory, { pruneInterval: 0 })).set('good', sessionAt(Date.now()))
  for (const id of ['one', 'other']) await writeFile(join(directory, `${id}.json`), '{"cookie":')
  const report = valueOf(await copySessions(directory, new MemoryStore()))
  assert.equal([report.copied, report.failed], [1, 2])
  assert.equal(report.failures.map(({ id }) => id).sort(), ['one', 'other'])
  assert.equal(report.failures.map(({ cause }) => (cause as { type: string }).type), ['malformed', 'malformed'])
})

test('says which sessions are encrypted when it is not given the secret', async ({ directory }) => {
  const secret = 'a secret of thirty-two characters'
  await promised(new FileStore(directory, { secret, pruneInterval: 0 })).set('a', sessionAt(Date.now(), { user: 'Ada' }))
  const report = valueOf(await copySessions(directory, new MemoryStore()))
  assert.equal(report.failures.map(({ cause }) => (cause as { type: string }).type), ['decrypt-failed'])
  const target = new MemoryStore()
  assert.is(valueOf(await copySessions(directory, target, { secret })).copied, 1)
  assert.is(target.held('a').user, 'Ada')
})

test('reads files of another extension and gives sessions without a date another ttl', async ({ directory }) => {
  await promised(new FileStore(directory, { extension: '', pruneInterval: 0 })).set('a', { user: 'Ada' })
  assert.is(valueOf(await copySessions(directory, new MemoryStore())).copied, 0)
  assert.is(valueOf(await copySessions(directory, new MemoryStore(), { extension: '' })).copied, 1)
  await new Promise(resolve => setTimeout(resolve, 2))
  assert.is(valueOf(await copySessions(directory, new MemoryStore(), { extension: '', ttl: 1 })).expired, 1)
})

test('throws a TypeError for an option that is not as expected', ({ directory }) => {
  assert.throws(() => copySessions(directory, new MemoryStore(), { secret: 'short' }), TypeError as any)
})

for (const [options, message] of [
  ...[0, -1, NaN, 0.5, Infinity, '5', null].map(concurrency => [{ concurrency }, `The option concurrency of copySessions is ${inspect(concurrency)}; expected a whole number above 0`] as const),
  [{ dryRun: 'no' }, "The option dryRun of copySessions is 'no'; expected true or false"],
  ...[-1, NaN, Infinity, '5', null].map(maxRetryTime => [{ maxRetryTime }, `The option maxRetryTime of copySessions is ${inspect(maxRetryTime)}; expected a number of milliseconds, 0 or more`] as const),
  [{ onProgress: true }, 'The option onProgress of copySessions is true; expected a function'],
  [{ onSession: {} }, 'The option onSession of copySessions is {}; expected a function'],
  [{ signal: 'stop' }, "The option signal of copySessions is 'stop'; expected an AbortSignal"],
  [{ signal: null }, 'The option signal of copySessions is null; expected an AbortSignal'],
  [{ concurency: 5 }, "copySessions has no option 'concurency'; it has extension, ttl, secret, concurrency, dryRun, maxRetryTime, onProgress, onSession, signal"],
  [{ ttl: 0 }, "FileStore's option ttl is 0; expected a number of milliseconds above 0"],
  [{ extension: '/' }, "FileStore's option extension is '/'; expected letters, digits, '.', '_' and '-', or nothing"]
] as const) {
  test(`throws a TypeError for ${inspect(options)}, and copies nothing`, async ({ directory }) => {
    await promised(new FileStore(directory, { pruneInterval: 0 })).set('a', sessionAt(Date.now()))
    const target = new MemoryStore()
    assert.throws(() => copySessions(directory, target, options as CopyOptions), (error: unknown) => error instanceof TypeError && error.message === message)
    await nextTurn()
    assert.is(target.texts.size, 0)
  })
}

test('takes an option that is undefined for one that is not given', async () => {
  const options = { concurrency: undefined, dryRun: undefined, maxRetryTime: undefined, onProgress: undefined, onSession: undefined, signal: undefined, extension: undefined }
  assert.is(valueOf(await copySessions(storeWith(1), new MemoryStore(), options as unknown as CopyOptions)).copied, 1)
})

test('writes nothing in a dry run, and says what it would', async () => {
  const target = new MemoryStore()
  target.set = () => { throw new Error('written') }
  assert.is(valueOf(await copySessions(storeWith(3), target, { dryRun: true })).copied, 3)
})

test('gives up after 100 failures in a row, and not before', async () => {
  for (const [count, type] of [[99, null], [100, 'target-failed']] as const) {
    const source = storeWith(count)
    const target = new MemoryStore()
    for (const id of source.texts.keys()) target.errors.set(`set ${id}`, new Error(id))
    const result = await copySessions(source, target, { concurrency: 1, maxRetryTime: 0 })
    assert.is(result.isErr() ? result.error.type : null, type)
    assert.is(result.isErr() ? result.error.report.failed : result.value.failed, count)
  }
})

test('does not count failures with a success in between', async () => {
  const source = storeWith(199)
  const target = new MemoryStore()
  for (const id of source.texts.keys()) if (id !== '99') target.errors.set(`set ${id}`, new Error(id))
  assert.is(valueOf(await copySessions(source, target, { concurrency: 1, maxRetryTime: 0 })).failed, 198)
})

for (const [name, side] of [['source', 'get'], ['target', 'set']] as const) {
  test(`waits for a ${name} that refuses everything for a moment, and copies all`, async () => {
    const stores = { source: storeWith(300), target: new MemoryStore() }
    const refusing = stores[name]
    const errors = [...stores.source.texts.keys()].map(id => [`${side} ${id}`, new Error('LOADING')] as const)
    const { copied, failed } = valueOf(await copySessions(stores.source, stores.target, {
      onProgress ({ copied }) {
        if (copied !== 100) return
        for (const [call, error] of errors) refusing.errors.set(call, error)
        setTimeout(() => refusing.errors.clear(), 300)
      }
    }))
    assert.equal([copied, failed], [300, 0])
  })
}

for (const [name, meanwhile, outcome, held] of [
  ['changed', { cart: 2 }, 'copied', 2],
  ['ended', null, 'ended', undefined]
] as const) {
  test(`confirms what it wrote when the source answers again, of a session that was ${name} meanwhile`, async () => {
    const source = storeWith(0)
    const use = Date.now()
    source.texts.set('a', JSON.stringify(sessionAt(use, { cart: 1 })))
    const target = new MemoryStore()
    const set = target.set.bind(target)
    target.set = (id, session, callback) => {
      set(id, session, callback)
      if ((session as { cart?: number }).cart !== 1) return
      source.errors.set('get a', new Error('LOADING'))
      if (meanwhile === null) source.texts.delete('a')
      else source.texts.set('a', JSON.stringify(sessionAt(use, meanwhile)))
      setTimeout(() => source.errors.clear(), 20)
    }
    assert.is(valueOf(await copySessions(source, target))[outcome], 1)
    assert.is(target.texts.has('a') ? target.held('a').cart : undefined, held)
  })
}

test('does not wait for one that is refused although the others are not', async () => {
  const source = storeWith(20_000)
  const target = new MemoryStore()
  target.errors.set('set 5', new Error('too large'))
  const failedAt: number[] = []
  let tries = 0
  const set = target.set.bind(target)
  target.set = (id, session, callback) => {
    if (id === '5') tries++
    setTimeout(set, 1, id, session, callback)
  }
  const report = valueOf(await copySessions(source, target, {
    onSession (id, outcome) { if (outcome === 'failed') failedAt.push(target.texts.size) }
  }))
  assert.equal([report.copied, report.failed, tries], [19_999, 1, 2])
  assert.ok(failedAt[0]! < 19_999, 'before the end')
})

test('stops at its signal while it waits', async () => {
  const target = new MemoryStore()
  const error = new Error('LOADING')
  target.errors.set('set 0', error)
  const stop = new AbortController()
  const reason = new Error('enough')
  setTimeout(() => stop.abort(reason), 20)
  const start = performance.now()
  const failure = failureOf(await copySessions(storeWith(1), target, { signal: stop.signal, maxRetryTime: 600_000 }))
  assert.equal([failure.type, failure.cause, failure.report.failures], ['copy-aborted', reason, [{ id: '0', cause: error }]])
  assert.ok(performance.now() - start < 60_000)
})

test('copies so many at once as it is told', async () => {
  let atOnce = 0
  let most = 0
  const target = new MemoryStore()
  const set = target.set.bind(target)
  target.set = (id, session, callback) => {
    most = Math.max(most, ++atOnce)
    setImmediate(set, id, session, (error: unknown) => { atOnce--; callback(error) })
  }
  valueOf(await copySessions(storeWith(50), target, { concurrency: 5 }))
  assert.is(most, 5)
})

test('stops at a signal that was given before, and when a callback throws', async () => {
  const reason = new Error('enough')
  const aborted = failureOf(await copySessions(storeWith(3), new MemoryStore(), { signal: AbortSignal.abort(reason) }))
  assert.equal([aborted.type, aborted.cause, aborted.report.copied], ['copy-aborted', reason, 0])
  const thrown = failureOf(await copySessions(storeWith(3), new MemoryStore(), { concurrency: 1, onSession: () => { throw reason } }))
  assert.equal([thrown.type, thrown.cause, thrown.report.copied], ['copy-aborted', reason, 1])
})

test('removes what it wrote of a session that ended meanwhile, even if the write seemed to fail', async () => {
  const source = storeWith(1)
  const target = new MemoryStore()
  target.set = (id, session, callback) => {
    target.texts.set(id, JSON.stringify(session))
    source.texts.delete(id)
    callback(new Error('the connection was lost'))
  }
  assert.is(valueOf(await copySessions(source, target)).ended, 1)
  assert.is(target.texts.size, 0)
})

test('writes a session again that changes meanwhile', async () => {
  const source = storeWith(1)
  const target = new MemoryStore()
  const { set } = target
  let changes = 3
  target.set = (id, session, callback) => {
    if (changes-- > 0) source.texts.set(id, JSON.stringify({ ...sessionAt(Date.now()), changes }))
    set.call(target, id, session, callback)
  }
  assert.is(valueOf(await copySessions(source, target)).copied, 1)
  assert.is(target.held('0').changes, 0)
})

for (const [name, ahead] of [['an hour', hour], ['two seconds', 2_000]] as const) {
  test(`copies a session whose last use lies ${name} in the future`, async ({ directory }) => {
    const files = new FileStore(directory, { pruneInterval: 0 })
    await promised(files).set('a', sessionAt(Date.now(), { user: 'Ada' }))
    const use = new Date(Date.now() + ahead)
    await utimes(files.sessionFile('a'), use, use)
    const { target, count } = slowTarget(() => {}, 20)
    assert.equal(valueOf(await copySessions(directory, target)).failures, [])
    assert.is(target.held('a').user, 'Ada')
    assert.ok(count.writes <= 2, `${count.writes} writes`)
    const off = Date.now() + hour - Date.parse(target.held('a').cookie.expires)
    assert.ok(off >= 0 && off < 1_000, `${off} ms`)
  })
}

test('stops at its signal in the middle of sessions that change again and again, whatever their number', async () => {
  const source = storeWith(150)
  const get = source.get.bind(source)
  let reads = 0
  source.get = (id, callback) => get(id, (error, session) => callback(error, session && { ...session, reads: reads++ }))
  const stop = new AbortController()
  const reason = new Error('enough')
  const { target, count } = slowTarget(() => { if (count.writes === 1_000) stop.abort(reason) })
  const failure = failureOf(await copySessions(source, target, { concurrency: 150, signal: stop.signal }))
  assert.equal([failure.type, failure.cause, failure.report.failed, failure.report.copied], ['copy-aborted', reason, 150, 0])
  assert.ok(failure.report.failures.every((each: CopyFailure) => each.cause === reason))
})

/** A target that takes 2 ms for a write, so that time goes on between two looks at the source, and refuses too many of them. */
function slowTarget (onWrite = () => {}, most = 5_000) {
  const target = new MemoryStore()
  const set = target.set.bind(target)
  const count = { writes: 0 }
  target.set = (id, session, callback) => {
    count.writes++
    onWrite()
    setTimeout(() => count.writes > most ? callback(new Error('written too often')) : set(id, session, callback), 2)
  }
  return { target, count }
}

function onlyAll (store: MemoryStore, sessions: unknown): ListableStore {
  return {
    get: (id, callback) => store.get(id, callback),
    set: (id, session, callback) => store.set(id, session, callback),
    destroy: (id, callback) => store.destroy(id, callback),
    all: callback => callback(null, sessions)
  }
}

test.run()
