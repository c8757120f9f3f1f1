import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../src/async/result.ts'
import { SessionCache } from '../src/cache.ts'
import { encodeText } from '../src/encryption/envelope.ts'
import { Disk } from '../src/fs/disk.ts'
import { sessionFile } from '../src/path.ts'
import { Mutation } from '../src/queue/mutation.ts'
import { readSession, type ReadOptions } from '../src/read.ts'
import { findMergeBase } from '../src/session/merge-base.ts'
import { failureOf, loadedByPlugin, namesIn, now, clockTick, snapshot, suiteOnDisk, valueOf, watched } from './support.ts'

const usedAt = now - 1_000
const clock = () => now

/** Makes a session file that was last used at `usedAt`. */
async function makeFile (directory: string, text: string): Promise<string> {
  const file = join(directory, 'abc.json')
  await writeFile(file, text)
  await utimes(file, usedAt / 1000, (usedAt + 0.5) / 1000)
  return file
}

const read = suiteOnDisk('readSession')

const ways: ReadonlyArray<readonly [way: string, options: () => ReadOptions]> = [
  ['by itself', () => ({ clock })],
  ['synchronously', () => ({ clock, disk: new Disk('auto'), cache: new SessionCache() })],
  ['through the thread pool', () => ({ clock, disk: new Disk('async'), cache: new SessionCache() })]
]

const living: ReadonlyArray<readonly [what: string, text: string, session: object, ttl?: number]> = [
  ['a session without a cookie', '{"user":"ada"}', { user: 'ada' }],
  ['an empty session', '{}', {}],
  ['a session with odd keys', '{"constructor":1,"toString":{},"prototype":[]}', { constructor: 1, toString: {}, prototype: [] }],
  ['a cookie without a date', '{"cookie":{"path":"/"}}', { cookie: { path: '/' } }],
  ['a cookie with expires, as a Date', '{"cookie":{"expires":"2030-01-02T03:04:06.000Z"}}', { cookie: { expires: new Date('2030-01-02T03:04:06.000Z') } }],
  ['a cookie with expires that is a number, as a Date', `{"cookie":{"expires":${now + 1}}}`, { cookie: { expires: new Date(now + 1) } }],
  ['a cookie with expires, which decides and not ttl', '{"cookie":{"expires":"2030-01-02T03:04:06.000Z"}}', { cookie: { expires: new Date('2030-01-02T03:04:06.000Z') } }, 1],
  ['a cookie whose expires is null', '{"cookie":{"expires":null,"originalMaxAge":null}}', { cookie: { expires: null, originalMaxAge: null } }],
  ['a cookie whose expires is not a date', '{"cookie":{"expires":"soon"}}', { cookie: {} }],
  ['a cookie that is null, as a session without one', '{"cookie":null,"user":"ada"}', { user: 'ada' }],
  ['a cookie that is a string, as a session without one', '{"cookie":"none","user":"ada"}', { user: 'ada' }],
  ['a cookie with maxAge, with the expiry of its last use', '{"cookie":{"originalMaxAge":5000}}', { cookie: { originalMaxAge: 5000, expires: new Date(usedAt + 5000) } }],
  ['a cookie with maxAge, and not the earlier date beside it', '{"cookie":{"expires":"2000-01-01T00:00:00.000Z","originalMaxAge":5000}}', { cookie: { expires: new Date(usedAt + 5000), originalMaxAge: 5000 } }],
  ['a cookie with maxAge, and not the later date beside it', '{"cookie":{"expires":"2099-01-01T00:00:00.000Z","originalMaxAge":5000}}', { cookie: { expires: new Date(usedAt + 5000), originalMaxAge: 5000 } }],
  ['a cookie with a fixed expiry, which decides and not maxAge', '{"cookie":{"expires":"2099-01-01T00:00:00.000Z","originalMaxAge":5,"fixedExpiry":true}}', { cookie: { expires: new Date('2099-01-01T00:00:00.000Z'), originalMaxAge: 5, fixedExpiry: true } }],
  ['a cookie with maxAge and both dates', '{"cookie":{"expires":null,"originalExpires":"2000-01-01","originalMaxAge":5000}}', { cookie: { expires: new Date(usedAt + 5000), originalMaxAge: 5000 } }],
  ['a session that was formatted by hand', '\n{ "user" :\t"ada" }\r\n', { user: 'ada' }],
  ['all of Unicode', '{"user":"é\u{1F600}\\ud800"}', { user: 'é\u{1F600}\uD800' }]
]

const expired: ReadonlyArray<readonly [what: string, text: string, ttl?: number]> = [
  ['maxAge is over since this millisecond', '{"cookie":{"originalMaxAge":1000}}'],
  ['maxAge is negative', '{"cookie":{"originalMaxAge":-1}}'],
  ['maxAge is over, whatever expires says', '{"cookie":{"originalMaxAge":1000,"expires":"2099-01-01T00:00:00.000Z"}}'],
  ['a fixed expiry is over, whatever maxAge says', '{"cookie":{"originalMaxAge":100000,"expires":"1970-01-01T00:00:00.000Z","fixedExpiry":true}}'],
  ['expires is this millisecond', '{"cookie":{"expires":"2030-01-02T03:04:05.678Z"}}'],
  ['expires is over', '{"cookie":{"expires":"2000-01-01T00:00:00.000Z","originalMaxAge":null}}'],
  ['ttl is over since this millisecond', '{"user":"ada"}', 1_000],
  ['ttl is over, with a cookie without a date', '{"cookie":{}}', 1_000]
]

const notSessions: ReadonlyArray<readonly [text: string, message: RegExp]> = [
  ['5', /^it is not a JSON object$/],
  ['null', /^it is not a JSON object$/],
  ['[]', /^it is not a JSON object$/],
  ['"session"', /^it is not a JSON object$/],
  ['', /^it is not JSON/],
  ['\0\0\0\0', /^it is not JSON/],
  ['{"user":"ad', /^it is not JSON/],
  ['{"__proto__":{}}', /forbidden/],
  ['{"user":{"__proto__":{"admin":true}}}', /forbidden/],
  ['{"constructor":{"prototype":{}}}', /forbidden/],
  [`{"item":${'['.repeat(3_250)}${']'.repeat(3_250)}}`, /^it is nested deeper than 256 levels$/]
]

for (const [way, options] of ways) {
  for (const [what, text, session, ttl] of living) {
    read(`gives ${what} (${way})`, async ({ directory }) => {
      const file = await makeFile(directory, text)
      assert.equal(await readSession(file, ttl === undefined ? options() : { ...options(), ttl }), ok(session))
    })
  }

  for (const [what, text, ttl] of expired) {
    read(`gives null when ${what}, and the session a millisecond before (${way})`, async ({ directory }) => {
      const file = await makeFile(directory, text)
      const given = ttl === undefined ? options() : { ...options(), ttl }
      assert.equal(await readSession(file, given), ok(null))
      if (!/2000-01-01|1970-01-01|-1}/.test(text)) {
        assert.is.not(valueOf(await readSession(file, { ...given, clock: () => now - 1 })), null)
      }
      assert.is(await readFile(file, 'utf8'), text)
    })
  }

  for (const [text, message] of notSessions) {
    read(`fails with malformed for ${JSON.stringify(text).slice(0, 40)}, however often, and leaves the file (${way})`, async ({ directory }) => {
      const file = await makeFile(directory, text)
      await clockTick(file)
      const given = options()
      for (let time = 0; time < 3; time++) {
        const { cause, ...failure } = failureOf(await readSession(file, given))
        assert.equal(failure, { type: 'malformed', file })
        assert.match(cause.message, message)
      }
      assert.is(await readFile(file, 'utf8'), text)
    })
  }

  read(`gives null where there is no file (${way})`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), '{}')
    for (const name of ['absent', 'absent/absent', 'file/absent']) {
      assert.equal(await readSession(join(directory, name), options()), ok(null))
    }
    assert.equal(await namesIn(directory), ['file'])
  })

  read(`fails with read-failed for a directory in the place of the file, and leaves it (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await mkdir(file)
    const { cause, ...failure } = failureOf(await readSession(file, options()))
    assert.equal(failure, { type: 'read-failed', file })
    assert.is(cause.message, 'it is not a regular file')
    assert.ok((await stat(file)).isDirectory())
  })

  read(`fails with read-failed when the file system refuses (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await symlink(file, file)
    const { cause, ...failure } = failureOf(await readSession(file, options()))
    assert.equal(failure, { type: 'read-failed', file })
    assert.is(cause.code, 'ELOOP')
  })

  read(`gives a new object each time (${way})`, async ({ directory }) => {
    const file = await makeFile(directory, '{"cart":{"items":[1]},"cookie":{"originalMaxAge":5000,"path":"/"}}')
    await clockTick(file)
    const given = options()
    for (let time = 0; time < 3; time++) {
      const session: any = valueOf(await readSession(file, given))
      assert.equal(session, { cart: { items: [1] }, cookie: { originalMaxAge: 5000, path: '/', expires: new Date(usedAt + 5000) } })
      session.cart.items.push(2)
      session.cookie.path = '/other'
      session.cookie.expires.setTime(0)
    }
  })
}

read('reads 50 MB, and fails with malformed for 50 MB of zeros', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, JSON.stringify({ text: 'x'.repeat(50_000_000) }))
  assert.is((valueOf(await readSession(file)) as any).text.length, 50_000_000)
  await writeFile(file, Buffer.alloc(50_000_000))
  assert.is(failureOf(await readSession(file)).type, 'malformed')
  assert.is((await stat(file)).size, 50_000_000)
})

read('lets a session without an expiry of its own live for 14 days unless told otherwise', async ({ directory }) => {
  const file = await makeFile(directory, '{}')
  const end = usedAt + 14 * 86_400_000
  assert.equal(await readSession(file, { clock: () => end - 1 }), ok({}))
  assert.equal(await readSession(file, { clock: () => end }), ok(null))
})

read('uses the real clock unless told otherwise', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{"cookie":{"originalMaxAge":60000}}')
  assert.is.not(valueOf(await readSession(file)), null)
  const past = Date.now() / 1000 - 61
  await utimes(file, past, past)
  assert.equal(await readSession(file), ok(null))
})

read('gives a session no more than its lifetime from now when it was used by a clock that was ahead', async ({ directory }) => {
  const file = await makeFile(directory, '{"cookie":{"originalMaxAge":5000}}')
  const year = 365 * 86_400_000
  assert.equal(await readSession(file, { clock: () => usedAt - year }), ok({ cookie: { originalMaxAge: 5_000, expires: new Date(usedAt - year + 5_000) } }))
})

read('is synchronous when its disk is, and goes through the thread pool without one', async ({ directory }) => {
  const file = await makeFile(directory, '{}')
  const { calls } = watched()
  assert.equal(settledResult(readSession(file, { clock, disk: new Disk('auto', { calls: { ...calls, now: () => 0 } }) })), ok({}))
  const later = readSession(file, { clock })
  assert.is(settledResult(later), undefined)
  assert.equal(await later, ok({}))
})

read('composes with sessionFile', async ({ directory }) => {
  await makeFile(directory, '{"user":"ada"}')
  const user = (id: string) => sessionFile(directory, id).asyncAndThen(file => readSession(file, { clock })).map(session => session?.['user'] ?? null)
  assert.equal([await user('abc'), await user('absent')], [ok('ada'), ok(null)])
  assert.is(failureOf(await user('')).type, 'invalid-id')
  assert.is(await user('abc').match(user => `found ${user}`, ({ type }) => type), 'found ada')
})

read('decrypts a session, and fails as the options say', async ({ directory }) => {
  const secret = 's'.repeat(32)
  const file = await makeFile(directory, valueOf(encodeText('abc.json', '{"user":"ada"}', { secret })))
  assert.equal(await readSession(file, { clock, secret, requireEncryption: true }), ok({ user: 'ada' }))
  assert.is(failureOf(await readSession(file, { clock })).type, 'decrypt-failed')
  assert.is(failureOf(await readSession(file, { clock, secret: 't'.repeat(32) })).type, 'decrypt-failed')
  await makeFile(directory, '{"user":"ada"}')
  assert.equal(await readSession(file, { clock, secret }), ok({ user: 'ada' }))
  assert.is(failureOf(await readSession(file, { clock, secret, requireEncryption: true })).type, 'not-encrypted')
})

read('gives the session with a change that is not in the file yet', async ({ directory }) => {
  const file = await makeFile(directory, '{"user":"ada"}')
  const replace = (session: object) => Mutation.of({ type: 'replace', snapshot: snapshot(session) })
  assert.equal(await readSession(file, { clock }, replace({ user: 'bob' })), ok({ user: 'bob' }))
  assert.equal(await readSession(file, { clock }, Mutation.of({ type: 'remove' })), ok(null))
  assert.equal(await readSession(file, { clock, ttl: 1_000 }, Mutation.of({ type: 'touch', cookie: null, lastUsedAt: now, ttl: 5_000 })), ok({ user: 'ada' }))
})

read('gives a session that is the merge base of its next save', async ({ directory }) => {
  for (const text of ['{"cookie":{},"user":"ada"}', '{"user":"ada"}']) {
    const file = await makeFile(directory, text)
    const earliest = Date.now()
    const session = valueOf(await readSession(file, { clock }))!
    const base = findMergeBase(loadedByPlugin({ ...session, cookie: session.cookie }), file)
    assert.equal([base?.text?.canonical, base?.recordedLastUse], [text, usedAt])
    assert.ok(base!.loadedAt! >= earliest && base!.loadedAt! <= Date.now())
  }
})

read('remembers nothing unless told to', async ({ directory }) => {
  const file = await makeFile(directory, '{}')
  await clockTick(file)
  const { calls, log } = watched()
  const disk = new Disk('async', { calls })
  await readSession(file, { clock, disk })
  await readSession(file, { clock, disk })
  assert.equal(log, ['stat', 'read', 'stat', 'read'])
  const cache = new SessionCache()
  await readSession(file, { clock, disk, cache })
  await readSession(file, { clock, disk, cache })
  assert.equal(log.slice(4), ['stat', 'read', 'stat'])
})

read.run()
