import { Redis } from 'ioredis'
import { RedisStore } from 'connect-redis'
import { ok } from 'neverthrow'
import { createClient, type RedisClientType } from 'redis'
import * as assert from 'uvu/assert'
import { copySessions, movingStore } from '../../src/copy/index.ts'
import { destroySession, getSession, setSession } from '../../src/copy/keyed-store.ts'
import { FileStore } from '../../src/index.ts'
import type { StoredSession } from '../../src/session/session.ts'
import { failureOf, requireProgram, suiteOnDisk, valueOf } from '../support.ts'
import { fill, sampleSession } from './sessions.ts'
import { startServer, type TestServer } from './server.ts'

let server: TestServer
let client: RedisClientType

const test = requireProgram('redis-server', suiteOnDisk('copySessions to a real Redis'))
test.before(async () => {
  server = await startServer()
  client = createClient({ url: server.url })
  await client.connect()
})
test.before.each(async () => { await client.flushAll() })
test.after(async () => {
  client.destroy()
  await server.stop()
})

const secret = 'a secret of thirty-two characters'

/** A `FileStore` that leaves the directory alone unless it is asked. */
const filesIn = (directory: string, options: { secret?: string } = {}) => new FileStore(directory, { ...options, pruneInterval: 0 })

/** What a session is as JSON. */
const plain = (session: unknown) => JSON.parse(JSON.stringify(session))

for (const [kind, count, options] of [['', 10_000, {}], ['encrypted ', 1_000, { secret }]] as const) {
  test(`copies ${count.toLocaleString('en')} ${kind}sessions field by field, with times to live right to the second`, async ({ directory }) => {
    const files = filesIn(directory, options)
    const ids = await fill(files, count)
    const store = new RedisStore({ client })

    const report = valueOf(await copySessions(directory, store, options))
    assert.is(report.copied, count)
    assert.is(report.skipped + report.failed, 0)
    assert.is(await client.dbSize(), count)

    let compared = 0
    for await (const { id, session, expiresAt } of files.list()) {
      assert.equal(plain(await getSession(store, id)), plain(session))
      // `connect-redis` counts in seconds, rounded up, from when the command reaches the server.
      const late = await client.pExpireTime(`sess:${id}`) - expiresAt.getTime()
      assert.ok(late > -1 && late < 2_000, `it expires ${late} ms late`)
      compared++
    }
    assert.is(compared, ids.length)

    const again = valueOf(await copySessions(directory, store, options))
    assert.equal([again.copied, again.present, again.failed], [0, count, 0])
  })
}

test('leaves expired sessions behind', async ({ directory }) => {
  const files = filesIn(directory)
  await setSession(files, 'over', { cookie: { originalMaxAge: 1_000, expires: new Date(Date.now() - 60_000) } })
  await setSession(files, 'live', { cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) } })
  const report = valueOf(await copySessions(files, new RedisStore({ client })))
  assert.equal([report.copied, report.expired], [1, 1])
  assert.equal(await client.keys('*'), ['sess:live'])
})

test('brings the sessions of a Redis into files, with the same expiry', async ({ directory }) => {
  const store = new RedisStore({ client })
  const ids = await fill(store, 400)
  const files = filesIn(directory)
  assert.is(valueOf(await copySessions(store, files)).copied, 400)
  for (const id of ids) assert.equal(plain(await getSession(files, id)), plain(await getSession(store, id)))
  for await (const { id, session, expiresAt } of files.list()) {
    const { cookie } = session as StoredSession
    // Redis tells nobody the time to live of a session whose cookie names none: it is that of files.
    if (cookie?.expires) assert.is(expiresAt.getTime(), new Date(cookie.expires as Date).getTime(), id)
  }
})

test('brings sessions there and back unchanged', async ({ directory }) => {
  const files = filesIn(`${directory}/one`)
  const ids = await fill(files, 400)
  const store = new RedisStore({ client })
  const back = filesIn(`${directory}/other`)
  assert.is(valueOf(await copySessions(files, store)).copied, 400)
  assert.is(valueOf(await copySessions(store, back)).copied, 400)
  for (const id of ids) assert.equal(plain(await getSession(back, id)), plain(await getSession(files, id)))
})

test('does not copy the notes of ended sessions back', async ({ directory }) => {
  const store = new RedisStore({ client })
  const moving = movingStore({ from: filesIn(directory), to: store })
  await setSession(moving, 'ended', sampleSession(0))
  await setSession(moving, 'live', sampleSession(0))
  await destroySession(moving, 'ended')
  assert.is(await client.dbSize(), 2)
  const back = filesIn(`${directory}/back`)
  assert.is(valueOf(await copySessions(store, back)).copied, 1)
  assert.is(await getSession(back, 'ended'), null)
})

test('lets the note of an ended session expire with the session', async ({ directory }) => {
  const moving = movingStore({ from: filesIn(directory), to: new RedisStore({ client }) })
  const long = 3 * 60 * 60 * 1000
  await setSession(moving, 'long', { cookie: { originalMaxAge: long, expires: new Date(Date.now() + long) } })
  await destroySession(moving, 'long')
  const left = await client.pTTL('sess:ended-session.long')
  assert.ok(Math.abs(left - long) < 5_000, `${left} ms`)
})

test('says what a client answers that connect-redis cannot use', async ({ directory }) => {
  await fill(filesIn(directory), 3)
  const ioredis = new Redis(server.port, '127.0.0.1')
  try {
    // connect-redis 9 speaks to `redis` alone.
    const report = valueOf(await copySessions(directory, new RedisStore({ client: ioredis })))
    assert.equal([report.copied, report.failed], [0, 3])
    assert.match(String(report.failures[0]?.cause), /ERR syntax error/)
  } finally {
    ioredis.disconnect()
  }
})

test('copies through ioredis, where connect-redis is shown the calls that it makes', async ({ directory }) => {
  const ids = await fill(filesIn(directory), 100)
  const ioredis = new Redis(server.port, '127.0.0.1')
  try {
    const store = new RedisStore({ client: asNodeRedis(ioredis) })
    assert.is(valueOf(await copySessions(directory, store)).copied, 100)
    for (const id of ids) assert.equal(plain(await getSession(store, id)), plain(await getSession(filesIn(directory), id)))
    assert.is(valueOf(await copySessions(store, filesIn(`${directory}/back`))).copied, 100)
  } finally {
    ioredis.disconnect()
  }
})

/** An ioredis client as connect-redis 9 calls it. Also in docs/growing.md. */
function asNodeRedis (client: Redis) {
  return {
    get: (key: string) => client.get(key),
    set: (key: string, value: string, { expiration }: { expiration: { value: number } }) => client.set(key, value, 'EX', expiration.value),
    expire: (key: string, seconds: number) => client.expire(key, seconds),
    del: (keys: string[]) => client.del(...keys),
    mGet: (keys: string[]) => client.mget(keys),
    scanIterator: ({ MATCH: match, COUNT: count }: { MATCH: string, COUNT: number }) => client.scanStream({ match, count })
  }
}

test('gives up on a Redis that is not there, and copies everything once it is', async ({ directory }) => {
  await fill(filesIn(directory), 300)
  const gone = createClient({ url: server.url, disableOfflineQueue: true })
  gone.on('error', () => {})
  const failure = failureOf(await copySessions(directory, new RedisStore({ client: gone }), { maxRetryTime: 500 }))
  assert.is(failure.type, 'target-failed')
  assert.ok(failure.report.failed >= 100 && failure.report.failed < 300)
  await gone.connect()
  assert.is(valueOf(await copySessions(directory, new RedisStore({ client: gone }))).copied, 300)
  gone.destroy()
})

test('resolves to a Result', async ({ directory }) => {
  const { durationMs, ...report } = valueOf(await copySessions(directory, new RedisStore({ client })))
  assert.equal(ok(report), ok({ copied: 0, present: 0, expired: 0, ended: 0, failed: 0, skipped: 0, failures: [] }))
  assert.ok(durationMs >= 0)
})

test.run()
