import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok, ResultAsync } from 'neverthrow'
import * as assert from 'uvu/assert'
import { baseOf } from '../src/base.ts'
import { SessionCache } from '../src/cache.ts'
import { Disk } from '../src/disk.ts'
import { readSession, type ReadOptions } from '../src/read.ts'
import { failureOf, namesIn, settled, suiteOnDisk, valueOf, watched } from './support.ts'

const now = Date.parse('2030-01-02T03:04:05.678Z')
const usedAt = now - 1_000
const clock = () => now

/** A session file that was last used at `usedAt`. */
async function sessionFile (directory: string, text: string): Promise<string> {
  const file = join(directory, 'abc.json')
  await writeFile(file, text)
  await utimes(file, usedAt / 1000, (usedAt + 0.5) / 1000)
  return file
}

const read = suiteOnDisk('readSession')

const ways: ReadonlyArray<readonly [way: string, options: () => ReadOptions]> = [
  ['by itself', () => ({ clock })],
  ['at once', () => ({ clock, disk: new Disk('auto'), cache: new SessionCache() })],
  ['later', () => ({ clock, disk: new Disk('async'), cache: new SessionCache() })]
]

const living: ReadonlyArray<readonly [what: string, text: string, session: object, ttl?: number]> = [
  ['a session without a cookie', '{"user":"ada"}', { user: 'ada' }],
  ['an empty session', '{}', {}],
  ['a session with odd keys', '{"constructor":1,"toString":{},"prototype":[]}', { constructor: 1, toString: {}, prototype: [] }],
  ['a cookie that says nothing', '{"cookie":{"path":"/"}}', { cookie: { path: '/' } }],
  ['a cookie with expires, as a Date', '{"cookie":{"expires":"2030-01-02T03:04:06.000Z"}}', { cookie: { expires: new Date('2030-01-02T03:04:06.000Z') } }],
  ['a cookie with expires that is a number, as a Date', `{"cookie":{"expires":${now + 1}}}`, { cookie: { expires: new Date(now + 1) } }],
  ['a cookie with expires, ended as it says and not after ttl', '{"cookie":{"expires":"2030-01-02T03:04:06.000Z"}}', { cookie: { expires: new Date('2030-01-02T03:04:06.000Z') } }, 1],
  ['a cookie whose expires is null', '{"cookie":{"expires":null,"originalMaxAge":null}}', { cookie: { expires: null, originalMaxAge: null } }],
  ['a cookie whose expires is no date', '{"cookie":{"expires":"soon"}}', { cookie: { expires: 'soon' } }],
  ['a cookie that is null', '{"cookie":null}', { cookie: null }],
  ['a cookie that is a text', '{"cookie":"none"}', { cookie: 'none' }],
  ['a cookie with maxAge, ended that long after its last use', '{"cookie":{"originalMaxAge":5000}}', { cookie: { originalMaxAge: 5000, expires: new Date(usedAt + 5000) } }],
  ['a cookie with maxAge, and not the stale date beside it', '{"cookie":{"expires":"2000-01-01T00:00:00.000Z","originalMaxAge":5000}}', { cookie: { expires: new Date(usedAt + 5000), originalMaxAge: 5000 } }],
  ['a cookie with maxAge, and not the late date beside it', '{"cookie":{"expires":"2099-01-01T00:00:00.000Z","originalMaxAge":5000}}', { cookie: { expires: new Date(usedAt + 5000), originalMaxAge: 5000 } }],
  ['a cookie with maxAge and both dates', '{"cookie":{"expires":null,"originalExpires":"2000-01-01","originalMaxAge":5000}}', { cookie: { expires: new Date(usedAt + 5000), originalMaxAge: 5000 } }],
  ['a session spaced by hand', '\n{ "user" :\t"ada" }\r\n', { user: 'ada' }],
  ['all of Unicode', '{"user":"é\u{1F600}\\ud800"}', { user: 'é\u{1F600}\uD800' }]
]

const expired: ReadonlyArray<readonly [what: string, text: string, ttl?: number]> = [
  ['maxAge ended this millisecond', '{"cookie":{"originalMaxAge":1000}}'],
  ['maxAge is negative', '{"cookie":{"originalMaxAge":-1}}'],
  ['maxAge ended, whatever expires says', '{"cookie":{"originalMaxAge":1000,"expires":"2099-01-01T00:00:00.000Z"}}'],
  ['expires is this millisecond', '{"cookie":{"expires":"2030-01-02T03:04:05.678Z"}}'],
  ['expires is over', '{"cookie":{"expires":"2000-01-01T00:00:00.000Z","originalMaxAge":null}}'],
  ['ttl ended this millisecond', '{"user":"ada"}', 1_000],
  ['ttl ended, with a cookie that says nothing', '{"cookie":{}}', 1_000]
]

const noSessions: ReadonlyArray<readonly [text: string, cause: string]> = [
  ['5', 'TypeError'],
  ['null', 'TypeError'],
  ['[]', 'TypeError'],
  ['"session"', 'TypeError'],
  ['', 'SyntaxError'],
  ['\0\0\0\0', 'SyntaxError'],
  ['{"user":"ad', 'SyntaxError'],
  ['{"__proto__":{}}', 'SyntaxError'],
  ['{"user":{"__proto__":{"admin":true}}}', 'SyntaxError'],
  ['{"constructor":{"prototype":{}}}', 'SyntaxError']
]

for (const [way, options] of ways) {
  for (const [what, text, session, ttl] of living) {
    read(`gives ${what} (${way})`, async ({ directory }) => {
      const file = await sessionFile(directory, text)
      assert.equal(await readSession(file, ttl === undefined ? options() : { ...options(), ttl }), ok(session))
    })
  }

  for (const [what, text, ttl] of expired) {
    read(`gives null when ${what}, and the session a millisecond before (${way})`, async ({ directory }) => {
      const file = await sessionFile(directory, text)
      const given = ttl === undefined ? options() : { ...options(), ttl }
      assert.equal(await readSession(file, given), ok(null))
      if (!text.includes('2000-01-01') && !text.includes('-1}')) {
        assert.is.not(valueOf(await readSession(file, { ...given, clock: () => now - 1 })), null)
      }
      assert.is(await readFile(file, 'utf8'), text)
    })
  }

  for (const [text, cause] of noSessions) {
    read(`fails for ${JSON.stringify(text)}, again and again, and leaves the file (${way})`, async ({ directory }) => {
      const file = await sessionFile(directory, text)
      await settled(file)
      const given = options()
      for (let time = 0; time < 3; time++) {
        const failure = failureOf(await readSession(file, given))
        assert.equal({ ...failure, cause: failure.cause.name }, { type: 'malformed', file, cause })
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

  read(`fails for a directory in the place of the file, and leaves it (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await mkdir(file)
    const { cause, ...failure } = failureOf(await readSession(file, options()))
    assert.equal(failure, { type: 'read-failed', file })
    assert.is(cause.message, 'it is not a regular file')
    assert.ok((await stat(file)).isDirectory())
  })

  read(`fails with what the disk says (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await symlink(file, file)
    const { cause, ...failure } = failureOf(await readSession(file, options()))
    assert.equal(failure, { type: 'read-failed', file })
    assert.is(cause.code, 'ELOOP')
  })

  read(`gives new objects each time (${way})`, async ({ directory }) => {
    const file = await sessionFile(directory, '{"cart":{"items":[1]},"cookie":{"originalMaxAge":5000,"path":"/"}}')
    await settled(file)
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

read('reads 50 MB, and fails for 50 MB of nothing', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, JSON.stringify({ text: 'x'.repeat(50_000_000) }))
  assert.is((valueOf(await readSession(file)) as any).text.length, 50_000_000)
  await writeFile(file, Buffer.alloc(50_000_000))
  assert.is(failureOf(await readSession(file)).type, 'malformed')
  assert.is((await stat(file)).size, 50_000_000)
})

read('lets a session without an expiry of its own live for 14 days, unless told otherwise', async ({ directory }) => {
  const file = await sessionFile(directory, '{}')
  const end = usedAt + 14 * 86_400_000
  assert.equal(await readSession(file, { clock: () => end - 1 }), ok({}))
  assert.equal(await readSession(file, { clock: () => end }), ok(null))
})

read('goes by the real clock unless told otherwise', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{"cookie":{"originalMaxAge":60000}}')
  assert.is.not(valueOf(await readSession(file)), null)
  const past = Date.now() / 1000 - 61
  await utimes(file, past, past)
  assert.equal(await readSession(file), ok(null))
})

read('answers at once when the disk does, and later when not told of a disk', async ({ directory }) => {
  const file = await sessionFile(directory, '{}')
  const { calls } = watched()
  assert.equal(readSession(file, { clock, disk: new Disk('auto', { ...calls, now: () => 0 }) }), ok({}))
  const later = readSession(file, { clock })
  assert.instance(later, ResultAsync)
  assert.equal(await later, ok({}))
})

read('gives a session that its next set can be compared with', async ({ directory }) => {
  const file = await sessionFile(directory, '{"cookie":{},"user":"ada"}')
  const { cookie } = valueOf(await readSession(file, { clock }))!
  const base = baseOf({ [Symbol('the plugin copies the cookie')]: { ...cookie } }, file)
  assert.ok(base?.content.is('{"cookie":{},"user":"ada"}'))
})

read('remembers nothing unless told to', async ({ directory }) => {
  const file = await sessionFile(directory, '{}')
  await settled(file)
  const { calls, log } = watched()
  const disk = new Disk('async', calls)
  await readSession(file, { clock, disk })
  await readSession(file, { clock, disk })
  assert.equal(log, ['stat', 'read', 'stat', 'read'])
  const cache = new SessionCache()
  await readSession(file, { clock, disk, cache })
  await readSession(file, { clock, disk, cache })
  assert.equal(log.slice(4), ['stat', 'read', 'stat'])
})

read.run()
