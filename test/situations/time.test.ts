import { readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'
import Fastify from 'fastify'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import * as assert from 'uvu/assert'
import { FileStore, pruneSessions, type StoreOptions } from '../../src/index.ts'
import { Client } from '../client.ts'
import { loadedByPlugin, namesIn, now, promised, rollingSession, suiteOnDisk, valueOf } from '../support.ts'

const test = suiteOnDisk('The time of a session')

const hour = 3_600_000

const storeOn = (directory: string, clock: () => number, options: StoreOptions = {}) =>
  promised(new FileStore(directory, { pruneInterval: 0, clock, ...options }))

const lastUse = async (directory: string) => Math.floor((await stat(join(directory, 'abc.json'))).mtimeMs)

/** An application whose route /expires sets the cookie's expiry itself, so many milliseconds from now. */
async function serve (directory: string, story: (client: Client) => Promise<void>): Promise<void> {
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    secret: 's'.repeat(32), cookie: { secure: false, maxAge: 60_000 }, store: new FileStore(directory, { pruneInterval: 0 })
  })
  app.get('/login', async ({ session }) => {
    session.set('user' as never, 'ada' as never)
    return 'in'
  })
  app.get<{ Params: { ms: string } }>('/expires/:ms', async ({ session, params }) => {
    session.cookie.expires = params.ms === 'epoch' ? new Date(0) : new Date(Date.now() + Number(params.ms))
    return 'set'
  })
  app.get('/user', async ({ session }) => ({ user: session.get('user' as never) ?? null }))
  try {
    await story(new Client(await app.listen({ host: '127.0.0.1', port: 0 })))
  } finally {
    await app.close()
  }
}

for (const [what, ms, lifetime] of [['farther than maxAge', 2 * hour, 2 * hour], ['nearer than maxAge', 20_000, 20_000]] as const) {
  test(`obeys a cookie.expires that the application set beside a maxAge: ${what}`, async ({ directory }) => {
    await serve(directory, async client => {
      await client.ask('/login')
      await client.ask(`/expires/${ms}`)
      const [name = ''] = await namesIn(directory)
      const at = (ahead: number) => storeOn(directory, () => Date.now() + ahead).get(name.replace('.json', ''))
      assert.is((await at(lifetime - 5_000)).user, 'ada')
      assert.is(await at(lifetime + 1_000), null)
      // The next request counts from its own start again, as it does with the memory store.
      assert.equal((await client.ask('/user')).json, { user: 'ada' })
      assert.is((await at(55_000)).user, 'ada')
      assert.is(await at(65_000), null)
    })
  })
}

test('ends a session whose cookie.expires was set to 1970', async ({ directory }) => {
  await serve(directory, async client => {
    await client.ask('/login')
    await client.ask('/expires/epoch')
    assert.equal((await client.ask('/user')).json, { user: null })
  })
})

test('is not shortened by a slow request that began before another one extended it', async ({ directory }) => {
  let time = now
  const { get, set } = storeOn(directory, () => time)
  await set('abc', rollingSession(time))
  const slow = loadedByPlugin(await get('abc'))
  time += 20_000
  const fast = loadedByPlugin(await get('abc'))
  fast.cookie.expires = new Date(now + 5 * hour)
  await set('abc', fast)
  await set('abc', { ...slow, changed: true })
  time = now + 4 * hour
  assert.is((await get('abc')).changed, true)
})

test('is not moved back by a slow request', async ({ directory }) => {
  let time = now
  const { get, set } = storeOn(directory, () => time, { touchInterval: 0 })
  const short = (at: number) => ({ cookie: { originalMaxAge: 1_000, expires: new Date(at + 1_000), path: '/' } })
  await set('abc', short(time))
  time = now + 300
  const slow = loadedByPlugin(await get('abc'))
  time = now + 800
  const fast = loadedByPlugin(await get('abc'))
  fast.cookie.expires = new Date(time + 1_000)
  await set('abc', fast)
  time = now + 900
  slow.cookie.expires = new Date(now + 300 + 1_000)
  await set('abc', { ...slow, changed: true })
  time = now + 1_799
  assert.is((await get('abc')).changed, true)
})

test('is set right by the next use, and by a prune, after a clock was ahead', async ({ directory }) => {
  const year = 365 * 24 * hour
  for (const repair of ['use', 'prune'] as const) {
    const ahead = storeOn(directory, () => now + year)
    await ahead.set('abc', rollingSession(now + year))
    let time = now
    const { get, set } = storeOn(directory, () => time)
    const found = await get('abc')
    assert.equal(found.cookie.expires, new Date(now + 60_000))
    if (repair === 'use') await set('abc', loadedByPlugin(found))
    else valueOf(await pruneSessions(directory, { clock: () => time }))
    assert.is(await lastUse(directory), now)
    time = now + 60_000
    assert.is(await get('abc'), null)
    await storeOn(directory, () => now).destroy('abc')
  }
})

test('lives on while machines whose clocks differ by seconds use it in turn', async ({ directory }) => {
  let time = now
  const machines = [0, 4_000, -4_000].map(skew => storeOn(directory, () => time + skew, { touchInterval: 0 }))
  await machines[0]!.set('abc', rollingSession(time))
  for (let round = 0; round < 30; round++) {
    time += 20_000
    const { get, set } = machines[round % 3]!
    const found = await get('abc')
    assert.is(found?.user, 'ada', `lost in round ${round}`)
    await set('abc', loadedByPlugin(found))
  }
})

test('follows fake timers that are installed after the module was loaded', async ({ directory }) => {
  const store = new FileStore(directory, { pruneInterval: 0 })
  const { get, set } = promised(store)
  mock.timers.enable({ apis: ['Date'], now })
  try {
    await set('abc', rollingSession(now))
    mock.timers.tick(59_999)
    assert.is((await get('abc')).user, 'ada')
    mock.timers.tick(1)
    assert.is(await get('abc'), null)
  } finally {
    mock.timers.reset()
  }
})

test('trusts no cached text because a faked clock says that the file is old', async ({ directory }) => {
  const { get, set } = promised(new FileStore(directory, { pruneInterval: 0, ttl: 100 * 365 * 24 * hour }))
  mock.timers.enable({ apis: ['Date'], now: now + 24 * hour })
  try {
    for (let round = 0; round < 20; round++) {
      await set('abc', { n: round })
      const other = JSON.stringify({ n: 100 + round })
      await writeFile(join(directory, 'abc.json'), other.padEnd((await readFile(join(directory, 'abc.json'))).length))
      assert.equal(await get('abc'), { n: 100 + round })
    }
  } finally {
    mock.timers.reset()
  }
})

test('is recorded once a second, and oftener for a short lifetime', async ({ directory }) => {
  let time = now
  const { get, set } = storeOn(directory, () => time)
  for (const [maxAge, interval] of [[hour, 1_000], [10_000, 100]] as const) {
    const session = { cookie: { originalMaxAge: maxAge, expires: new Date(time + maxAge), path: '/' } }
    await set('abc', session)
    const start = time
    for (; time < start + 3 * interval; time += interval / 10) {
      const loaded = loadedByPlugin(await get('abc'))
      await set('abc', loaded)
      assert.ok(time - await lastUse(directory) < interval)
    }
    assert.is(await lastUse(directory), start + 2 * interval)
  }
})

test('removes every expired session at the first prune, whatever the order and the lifetimes of the others', async ({ directory }) => {
  const { set } = storeOn(directory, () => now)
  const session = (maxAge: number) => ({ cookie: { originalMaxAge: maxAge, expires: new Date(now + maxAge), path: '/' } })
  for (let number = 0; number < 600; number++) await set(`long-${number}`, session(30 * 24 * hour))
  for (let number = 0; number < 300; number++) {
    await set(`short-${number}`, session(hour))
    // As another store leaves it: nothing but its content says when it expires.
    await writeFile(join(directory, `other-${number}.json`), JSON.stringify(session(hour)))
    await utimes(join(directory, `other-${number}.json`), now / 1000, now / 1000)
  }
  const report = valueOf(await pruneSessions(directory, { clock: () => now + 2 * hour }))
  assert.equal([report.removed, report.kept], [600, 600])
})

test.run()
