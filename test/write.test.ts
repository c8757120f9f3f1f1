import { writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, stat, symlink, utimes, writeFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../src/async/result.ts'
import { SessionCache } from '../src/cache.ts'
import { Disk } from '../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../src/fs/node.ts'
import { sessionFile } from '../src/path.ts'
import { Mutation } from '../src/queue/mutation.ts'
import type { Step } from '../src/queue/step.ts'
import { readSession } from '../src/read.ts'
import { writeIfChanged, type WriteOptions } from '../src/write.ts'
import { failureOf, mergeBase, namesIn, now, rollingSession, clockTick, snapshot, suiteOnDisk, systemError, valueOf, watched } from './support.ts'

/** What tells one version of a file's content from another. */
async function contentOf (file: string) {
  const { ino, mtimeMs } = await stat(file)
  return { inode: ino, time: Math.floor(mtimeMs), text: await readFile(file, 'utf8') }
}

/** Calls of which the named ones are refused, as many times as told. */
function refusing (names: ReadonlyArray<keyof FsCalls>, code = 'ENOSPC', times = Infinity): FsCalls {
  const refused = names.map(name => {
    let left = times
    const call = (...parameters: unknown[]) => {
      if (left-- > 0) throw systemError(code)
      return (nodeFs[name] as Function)(...parameters)
    }
    return [name, name.endsWith('Sync') ? call : async (...parameters: unknown[]) => call(...parameters)]
  })
  return { ...nodeFs, ...Object.fromEntries(refused) }
}

const write = suiteOnDisk('writeIfChanged')

const ways: ReadonlyArray<readonly [way: string, options: () => WriteOptions]> = [
  ['by itself', () => ({})],
  ['synchronously', () => ({ disk: new Disk('auto'), cache: new SessionCache() })],
  ['synchronously without a cache', () => ({ disk: new Disk('auto') })],
  ['through the thread pool', () => ({ disk: new Disk('async'), cache: new SessionCache() })]
]

for (const [way, options] of ways) {
  write(`makes a file that holds the session as JSON, with its last use and its expiry as times (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    assert.equal(await writeIfChanged(file, rollingSession(now - 1_000), { ...options(), clock: () => now }), ok('written'))
    const { atimeMs } = await stat(file)
    const { text, time } = await contentOf(file)
    assert.equal([text, time, Math.round(atimeMs)], [JSON.stringify(rollingSession(now - 1_000)), now - 1_000, now + 59_000])
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  write(`takes a session whose cookie does not say when it was used for used now (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...options(), clock: () => now }), ok('written'))
    assert.is((await contentOf(file)).time, now)
  })

  write(`only records the last use of a file that holds the same (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    for (const session of [rollingSession, () => ({ user: 'ada' })]) {
      const given = options()
      await writeIfChanged(file, session(now), { ...given, clock: () => now })
      const before = await contentOf(file)
      for (const later of [now + 1, now + 50_000, now + 50_001]) {
        assert.equal(await writeIfChanged(file, session(later), { ...given, clock: () => later }), ok('touched'))
        assert.equal(await contentOf(file), { ...before, time: later })
      }
    }
  })

  write(`does nothing to a file that holds the same and was used as late (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    await writeIfChanged(file, rollingSession(now), { ...given, clock: () => now })
    const before = await stat(file)
    for (const [usedAt, at] of [[now, now], [now, now + 1_000], [now - 1_000, now], [now - 10_000, now]] as const) {
      assert.equal(await writeIfChanged(file, rollingSession(usedAt), { ...given, clock: () => at }), ok('unchanged'))
    }
    const { ctimeMs, mtimeMs, ino } = await stat(file)
    assert.equal([ctimeMs, mtimeMs, ino], [before.ctimeMs, before.mtimeMs, before.ino])
  })

  const changes: ReadonlyArray<readonly [what: string, change: (session: any) => void]> = [
    ['a key', session => { session.user = 'bob' }],
    ['something nested', session => { session.cart.items.push('pear') }],
    ['a key that is gone', session => { delete session.cart }],
    ['maxAge', session => { session.cookie.originalMaxAge = 70_000 }],
    ['the cookie', session => { session.cookie.path = '/shop' }],
    ['an expiry that the application sets', session => { session.cookie.expires = new Date(0) }]
  ]

  for (const [what, change] of changes) {
    write(`replaces the file by another one after a change of ${what} (${way})`, async ({ directory }) => {
      const file = join(directory, 'abc.json')
      const given = { ...options(), clock: () => now }
      const session = { ...rollingSession(now), cart: { items: ['apple'] } }
      await writeIfChanged(file, session, given)
      const before = await contentOf(file)
      change(session)
      assert.equal(await writeIfChanged(file, session, given), ok('written'))
      const { inode, text } = await contentOf(file)
      assert.is.not(inode, before.inode)
      const { cookie, ...fields } = JSON.parse(text)
      const { cookie: { path, originalMaxAge, expires }, ...expected } = JSON.parse(JSON.stringify(session))
      assert.equal([fields, cookie.path, cookie.originalMaxAge, cookie.expires], [expected, path, originalMaxAge, expires])
      assert.equal(await namesIn(directory), ['abc.json'])
    })
  }

  write(`writes each further change of the same object (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    const session = { cart: { items: [1] } }
    for (let item = 2; item < 6; item++) {
      session.cart.items.push(item)
      assert.equal(await writeIfChanged(file, session, given), ok('written'))
      assert.equal(await readSession(file, given), ok({ cart: { items: session.cart.items } }))
    }
  })

  write(`writes the session as it was at the call (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const session = { ...rollingSession(now), cart: { items: ['apple'] } }
    const text = JSON.stringify(session)
    const result = writeIfChanged(file, session, { ...options(), clock: () => now })
    session.cart.items.push('pear')
    session.cookie.expires.setTime(0)
    assert.equal(await result, ok('written'))
    assert.is((await contentOf(file)).text, text)
  })

  write(`replaces what somebody else put there, session or not (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    await writeIfChanged(file, { user: 'ada' }, given)
    for (const text of ['{"user":"bob"}', '5', '', '{"user":"ad', '{"__proto__":{}}', Buffer.from([0xff])]) {
      await writeFile(file, text)
      assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
      assert.is((await contentOf(file)).text, '{"user":"ada"}')
    }
  })

  write(`writes what was removed again, with its directory (${way})`, async ({ directory }) => {
    const file = join(directory, 'sessions', 'abc.json')
    const given = options()
    for (let time = 0; time < 2; time++) {
      assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
      await clockTick(file)
      await rm(dirname(file), { recursive: true })
    }
  })

  write(`fails with write-failed for a directory in the place of the file, and leaves nothing else (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await mkdir(join(file, 'inner'), { recursive: true })
    const { cause, ...failure } = failureOf(await writeIfChanged(file, { user: 'ada' }, options()))
    assert.equal(failure, { type: 'write-failed', file })
    assert.match(cause.code, /^(EISDIR|ENOTEMPTY|EEXIST|EPERM|EACCES)$/)
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  write(`fails with write-failed for a file in the place of the directory, and leaves it (${way})`, async ({ directory }) => {
    const file = join(directory, 'sessions', 'abc.json')
    await writeFile(dirname(file), 'text')
    const { cause, ...failure } = failureOf(await writeIfChanged(file, { user: 'ada' }, options()))
    assert.equal(failure, { type: 'write-failed', file })
    assert.match(cause.code, /^(EEXIST|ENOTDIR)$/)
    assert.is(await readFile(dirname(file), 'utf8'), 'text')
  })

  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const unserializable: ReadonlyArray<readonly [what: string, session: unknown, message: RegExp]> = [
    ['a cycle', cycle, /circular/],
    ['a BigInt', { count: 1n }, /BigInt/],
    ['a toJSON that throws', { toJSON () { throw new Error('not now') } }, /^not now$/],
    ['a cookie that throws when it is read', { get cookie () { throw new Error('not now') } }, /^not now$/],
    ['more than 256 levels', { deep: JSON.parse('['.repeat(256) + ']'.repeat(256)) }, /^it is nested deeper than 256 levels$/],
    ['an array', [], /^it is not an object$/],
    ['null', null, /^it is not an object$/]
  ]

  for (const [what, session, message] of unserializable) {
    write(`fails with not-serializable for ${what}, and leaves the file (${way})`, async ({ directory }) => {
      const file = join(directory, 'abc.json')
      const given = options()
      await writeIfChanged(file, { user: 'ada' }, given)
      const { cause, ...failure } = failureOf(await writeIfChanged(file, session as object, given))
      assert.equal(failure, { type: 'not-serializable', file })
      assert.match(cause.message, message)
      assert.is((await contentOf(file)).text, '{"user":"ada"}')
      assert.equal(await namesIn(directory), ['abc.json'])
    })
  }

  write(`sets right the time of a file that was used by a clock that was ahead (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    const year = 365 * 86_400_000
    await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now + year })
    assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now }), ok('touched'))
    assert.is((await contentOf(file)).time, now)
  })
}

for (const name of ['openNew', 'fill', 'rename'] as const) {
  write(`fails with the error of the system when it refuses ${name}, leaves the old session, and succeeds later`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const cache = new SessionCache()
    await writeIfChanged(file, { user: 'ada' }, { cache })
    const before = await contentOf(file)
    const disk = new Disk('async', { calls: refusing([name], 'ENOSPC', 1) })
    const { cause, ...failure } = failureOf(await writeIfChanged(file, { user: 'bob' }, { cache, disk }))
    assert.equal([failure, cause.code], [{ type: 'write-failed', file }, 'ENOSPC'])
    assert.equal([await contentOf(file), await namesIn(directory)], [before, ['abc.json']])
    assert.equal(await writeIfChanged(file, { user: 'bob' }, { cache, disk }), ok('written'))
    assert.equal(await readSession(file, { cache, disk }), ok({ user: 'bob' }))
  })
}

write('replaces a file that cannot be read, and a link without what it points to', async ({ directory }) => {
  const [loop, link, target] = ['loop.json', 'link.json', 'target'].map(name => join(directory, name)) as [string, string, string]
  await symlink(loop, loop)
  await writeFile(target, 'text')
  await symlink(target, link)
  for (const file of [loop, link]) {
    assert.equal(await writeIfChanged(file, { user: 'ada' }), ok('written'))
    assert.is((await contentOf(file)).text, '{"user":"ada"}')
  }
  assert.is(await readFile(target, 'utf8'), 'text')
})

write('creates files and directories for their owner alone, or with the given modes', async ({ directory }) => {
  const modeOf = async (file: string) => (await stat(file)).mode & 0o777
  const file = join(directory, 'outer', 'sessions', 'abc.json')
  await writeIfChanged(file, { user: 'ada' })
  assert.equal([await modeOf(file), await modeOf(dirname(file)), await modeOf(dirname(dirname(file)))], [0o600, 0o700, 0o700])
  const other = join(directory, 'other', 'abc.json')
  await writeIfChanged(other, { user: 'ada' }, { fileMode: 0o640, directoryMode: 0o750 })
  assert.equal([await modeOf(other), await modeOf(dirname(other))], [0o640, 0o750])
  await chmod(directory, 0o755)
  await writeIfChanged(join(directory, 'abc.json'), { user: 'ada' })
  assert.is(await modeOf(directory), 0o755)
})

write('looks at a file once before it replaces it, and reads it only where it may hold the same', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { calls, log } = watched()
  const disk = new Disk('async', { calls })
  await writeIfChanged(file, { user: 'ada' }, { disk })
  assert.equal(log, ['stat', 'openNew', 'fill', 'rename'])
  log.length = 0
  await writeIfChanged(file, { user: 'bob' }, { disk })
  assert.equal(log, ['stat', 'read', 'openNew', 'fill', 'rename'])
})

write('is synchronous when its disk is, and goes through the thread pool without one', async ({ directory }) => {
  const file = join(directory, 'inner', 'abc.json')
  const disk = new Disk('auto', { calls: { ...nodeFs, now: () => 0 } })
  for (const [user, at, expected] of [['ada', now, 'written'], ['ada', now, 'unchanged'], ['ada', now + 1, 'touched'], ['bob', now, 'written']] as const) {
    assert.equal(settledResult(writeIfChanged(file, { user }, { disk, clock: () => at })), ok(expected))
  }
  const later = writeIfChanged(file, { user: 'bob' }, { clock: () => now })
  assert.is(settledResult(later), undefined)
  assert.equal(await later, ok('unchanged'))
})

write('uses the real clock unless told otherwise', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const before = Date.now()
  await writeIfChanged(file, { user: 'ada' })
  const { time } = await contentOf(file)
  assert.ok(time >= before && time <= Date.now())
})

write('takes an edit by hand for a use', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{ "user": "ada" }\n')
  await utimes(file, now / 1000, (now + 0.5) / 1000)
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { clock: () => now }), ok('unchanged'))
  assert.is((await contentOf(file)).text, '{ "user": "ada" }\n')
})

write('keeps times in the range that every file system takes', async ({ directory }) => {
  for (const [session, clock, mtime, atime] of [
    [{ cookie: { originalMaxAge: 1e300 } }, now, now, (2 ** 32 - 1) * 1000],
    [{ cookie: { originalMaxAge: -1e300 } }, now, now, 0],
    [{ cookie: { expires: new Date(-1) } }, now, now, 0],
    [{ user: 'ada' }, -5_000, 0, 14 * 86_400_000 - 5_000]
  ] as const) {
    const file = join(directory, 'abc.json')
    assert.equal(await writeIfChanged(file, session, { clock: () => clock }), ok('written'))
    const { mtimeMs, atimeMs } = await stat(file)
    assert.equal([Math.floor(mtimeMs), Math.round(atimeMs)], [mtime, atime])
    await rm(file)
  }
})

write('composes with sessionFile, whose failure stops it', async ({ directory }) => {
  const written = (id: string) => sessionFile(directory, id).asyncAndThen(file => writeIfChanged(file, { user: 'ada' }))
  assert.equal(await written('abc'), ok('written'))
  assert.is(failureOf(await written('')).type, 'invalid-id')
  assert.equal(await namesIn(directory), ['abc.json'])
})

write('leaves one whole session of many that are written at the same time', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const sessions = Array.from({ length: 50 }, (_, index) => ({ index, text: String(index).repeat(1_000) }))
  const results = await Promise.all(sessions.map(session => writeIfChanged(file, session)))
  assert.ok(results.every(result => result.isOk()))
  const last: any = valueOf(await readSession(file))
  assert.equal(last, sessions[last.index])
  assert.equal(await namesIn(directory), ['abc.json'])
})

write.run()

const touching = suiteOnDisk('writeIfChanged, of a session that did not change,')

for (const [touchInterval, lifetime, after, expected] of [
  [0, 60_000, 1, 'touched'], [1_000, 60_000, 599, 'unchanged'], [1_000, 60_000, 600, 'touched'], [1_000, 1_000_000, 999, 'unchanged'], [1_000, 1_000_000, 1_000, 'touched']
] as const) {
  touching(`gives '${expected}' ${after} ms after its last use with a touchInterval of ${touchInterval} ms and a lifetime of ${lifetime / 1000} s`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    for (const [session, options] of [[{ user: 'ada' }, { ttl: lifetime }], [{ cookie: { originalMaxAge: lifetime }, user: 'ada' }, {}]] as const) {
      await writeIfChanged(file, session, { ...options, clock: () => now })
      assert.equal(await writeIfChanged(file, session, { ...options, touchInterval, clock: () => now + after }), ok(expected))
      await rm(file)
    }
  })
}

for (const code of ['EPERM', 'ENOSYS', 'EINVAL']) {
  touching(`replaces the file where its times cannot be set (${code})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
    const failures: unknown[] = []
    const disk = new Disk('async', { calls: refusing(['setTimes'], code) })
    assert.equal(await writeIfChanged(file, { user: 'ada' }, { clock: () => now + 1, disk, onFailure: failure => { failures.push(failure) } }), ok('written'))
    assert.equal([(await contentOf(file)).time, failures], [now + 1, []])
  })
}

touching('succeeds, and tells the failure, where neither its times can be set nor the file can be replaced', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  const before = await contentOf(file)
  const failures: any[] = []
  const disk = new Disk('async', { calls: refusing(['setTimes', 'openNew'], 'EROFS') })
  for (const onFailure of [(failure: unknown) => { failures.push(failure) }, undefined]) {
    assert.equal(await writeIfChanged(file, { user: 'ada' }, { clock: () => now + 1, disk, ...(onFailure && { onFailure }) }), ok('unchanged'))
  }
  assert.equal(failures.map(({ type, file, cause }) => [type, file, cause.code]), [['touch-failed', file, 'EROFS']])
  assert.equal(await contentOf(file), before)
  assert.is(failureOf(await writeIfChanged(file, { user: 'bob' }, { disk })).type, 'write-failed')
})

touching('does not replace a file that another process changed while its times could not be set', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  const setTimes = async () => {
    await writeFile(file, '{"user":"bob"}')
    throw systemError('EPERM')
  }
  const disk = new Disk('async', { calls: { ...nodeFs, setTimes } })
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { clock: () => now + 1, disk }), ok('unchanged'))
  assert.is((await contentOf(file)).text, '{"user":"bob"}')
})

touching('writes a session that was removed before its times were set', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  let isFirst = true
  const setTimes: FsCalls['setTimes'] = async (touched, times) => {
    if (isFirst) await rm(file)
    isFirst = false
    await nodeFs.setTimes(touched, times)
  }
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { clock: () => now + 1, disk: new Disk('async', { calls: { ...nodeFs, setTimes } }) }), ok('written'))
  assert.is((await contentOf(file)).time, now + 1)
})

touching('fails when a session that was removed meanwhile cannot be written', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  const setTimes = async () => {
    await rm(file)
    throw systemError('ENOENT')
  }
  const openNew = async () => { throw systemError('ENOSPC') }
  const result = await writeIfChanged(file, { user: 'ada' }, { clock: () => now + 1, disk: new Disk('async', { calls: { ...nodeFs, setTimes, openNew } }) })
  assert.equal([failureOf(result).type, failureOf(result).cause.code], ['write-failed', 'ENOSPC'])
})

touching('encrypts a session that is not encrypted with the current secret', async ({ directory }) => {
  const [file, secret, old] = [join(directory, 'abc.json'), 's'.repeat(32), 't'.repeat(32)]
  const session = { user: 'ada' }
  assert.equal(await writeIfChanged(file, session), ok('written'))
  for (const given of [old, [secret, old]]) {
    assert.equal(await writeIfChanged(file, session, { secret: given, clock: () => now }), ok('written'))
    assert.equal(await writeIfChanged(file, session, { secret: given, clock: () => now }), ok('unchanged'))
  }
  assert.equal(await readSession(file, { secret, requireEncryption: true, clock: () => now }), ok(session))
})

touching('fails with write-failed for a secret that cannot be used', async ({ directory }) => {
  const { type, cause } = failureOf(await writeIfChanged(join(directory, 'abc.json'), { user: 'ada' }, { secret: 'short' }))
  assert.equal([type, cause.message], ['write-failed', 'a secret is not a string or a Buffer of 32 bytes or more'])
  assert.equal(await namesIn(directory), [])
})

touching.run()

const durable = suiteOnDisk('writeIfChanged, durable,')

/** A disk that notes what it flushes. */
function flushing (calls: FsCalls = nodeFs) {
  const flushed: string[] = []
  const fill: FsCalls['fill'] = async (file, descriptor, content) => {
    if (content.flush) flushed.push('file')
    return await calls.fill(file, descriptor, content)
  }
  const flushDirectory: FsCalls['flushDirectory'] = async directory => {
    flushed.push(directory)
    await calls.flushDirectory(directory)
  }
  return { flushed, disk: new Disk('auto', { calls: { ...calls, fill, flushDirectory } }) }
}

durable('flushes the file before it is renamed and the directory after it', async ({ directory }) => {
  const file = join(directory, 'sessions', 'abc.json')
  const { disk, flushed } = flushing()
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { disk, durable: true }), ok('written'))
  assert.equal(flushed, [directory, 'file', dirname(file)])
  flushed.length = 0
  assert.equal(await writeIfChanged(file, { user: 'bob' }, { disk, durable: true }), ok('written'))
  assert.equal(flushed, ['file', dirname(file)])
  flushed.length = 0
  assert.equal(await writeIfChanged(file, { user: 'bob' }, { disk, durable: true, clock: () => Date.now() + 60_000 }), ok('touched'))
  assert.equal(await writeIfChanged(file, { user: 'eve' }, { disk }), ok('written'))
  assert.equal(flushed, [])
})

durable('fails when the directory cannot be flushed, and writes again then', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { disk } = flushing(refusing(['flushDirectory'], 'EIO', 1))
  const given = { cache: new SessionCache(), disk, durable: true, clock: () => now }
  const { cause, ...failure } = failureOf(await writeIfChanged(file, { user: 'ada' }, given))
  assert.equal([failure, cause.code], [{ type: 'write-failed', file }, 'EIO'])
  assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
  assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('unchanged'))
})

durable.run()

const caching = suiteOnDisk('writeIfChanged, with a cache,')

caching('leaves it valid: what was written or touched needs no read', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { calls, log } = watched()
  const given = { disk: new Disk('async', { calls }), cache: new SessionCache() }
  await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now })
  await writeIfChanged(file, { user: 'bob' }, { ...given, clock: () => now + 1 })
  await clockTick(file)
  await writeIfChanged(file, { user: 'bob' }, { ...given, clock: () => now + 2 })
  assert.equal(valueOf(await readSession(file, { ...given, clock: () => now })), { user: 'bob' })
  assert.is(log.includes('read'), false)
})

caching('does not take the file of another process for its own that was written in the same microsecond', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { hrtime } = process
  const one = { cache: new SessionCache(), clock: () => now }
  try {
    process.hrtime = Object.assign(() => [0, 500_000] as [number, number], hrtime)
    await writeIfChanged(file, { user: 'ada' }, one)
    await writeIfChanged(file, { user: 'bob' }, { clock: () => now })
  } finally {
    process.hrtime = hrtime
  }
  assert.equal(valueOf(await readSession(file, one)), { user: 'bob' })
})

caching('does not trust it with what another process wrote, within the same tick too', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const given = { cache: new SessionCache(), clock: () => now }
  for (let time = 0; time < 20; time++) {
    await writeIfChanged(file, { user: 'ada' }, given)
    await writeIfChanged(file, { user: 'bob' }, { clock: () => now })
    assert.equal(await readSession(file, given), ok({ user: 'bob' }))
    assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
  }
})

caching('does not take a file for its own that it touched by mistake', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  let isNext = false
  const setTimes: FsCalls['setTimes'] = async (name, times) => {
    if (isNext) {
      isNext = false
      // Twice: the second one may have the inode that the first one freed.
      await writeIfChanged(file, { user: 'bob' }, { clock: () => now })
      await writeIfChanged(file, { user: 'eve' }, { clock: () => now })
    }
    await nodeFs.setTimes(name, times)
  }
  const given = { disk: new Disk('async', { calls: { ...nodeFs, setTimes } }), cache: new SessionCache() }
  for (const [wait, at] of [[async () => {}, now], [() => clockTick(file), now + 100]] as const) {
    await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => at })
    await wait()
    isNext = true
    assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => at + 5 }), ok('touched'))
    assert.equal(valueOf(await readSession(file, { ...given, clock: () => at })), { user: 'eve' })
  }
})

caching('does not remember what it touched where the birth time of a file is not known', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { calls, log } = watched({ ...nodeFs, stat: async name => ({ ...(await nodeFs.stat(name))!, birthtimeMs: 0 }) })
  const given = { disk: new Disk('async', { calls }), cache: new SessionCache() }
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now + 1 }), ok('touched'))
  await readSession(file, { ...given, clock: () => now })
  assert.equal(log, ['stat', 'read', 'setTimes', 'stat', 'read'])
})

caching('does not remember what it wrote where the file system did not take over its time', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const fill: FsCalls['fill'] = async (...parameters) => ({ ...await nodeFs.fill(...parameters), mtimeMs: 5 })
  const cache = new SessionCache()
  await writeIfChanged(file, { user: 'ada' }, { cache, disk: new Disk('async', { calls: { ...nodeFs, fill } }) })
  assert.is(cache.peek(file), undefined)
})

caching('spares looking at a file before it replaces the session that was loaded from it', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { calls, log } = watched()
  const given = { disk: new Disk('auto', { calls: { ...calls, now: () => 0 } }), cache: new SessionCache(), clock: () => now }
  await writeIfChanged(file, { a: 0, b: 0 }, given)
  const merge = (session: object) => Mutation.of({ type: 'merge', snapshot: snapshot(session), base: mergeBase({ a: 0, b: 0 }) })
  log.length = 0
  assert.equal(settledResult(writeIfChanged(file, merge({ a: 1, b: 0 }), given)), ok('written'))
  assert.equal(log, ['openNewSync', 'fillSync', 'statSync', 'renameSync'])
  // Now the file holds something else than the session was loaded from.
  log.length = 0
  assert.equal(settledResult(writeIfChanged(file, merge({ a: 0, b: 1 }), given)), ok('written'))
  assert.is(log[0], 'statSync')
  assert.is((await contentOf(file)).text, '{"a":1,"b":1}')
})

caching('looks at the file after all when another process has changed it', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  for (const [change, expected, text] of [
    [() => writeFile(file, '{"a":0,"b":5}'), 'written', '{"a":1,"b":5}'], [() => rm(file), 'gone', null]
  ] as const) {
    const given = { cache: new SessionCache(), clock: () => now }
    await writeIfChanged(file, { a: 0, b: 0 }, given)
    await change()
    const merge = Mutation.of({ type: 'merge', snapshot: snapshot({ a: 1, b: 0 }), base: mergeBase({ a: 0, b: 0 }) })
    assert.equal(await writeIfChanged(file, merge, given), ok(expected))
    assert.equal(text === null ? await namesIn(directory) : (await contentOf(file)).text, text ?? [])
  }
})

caching.run()

const mutating = suiteOnDisk('writeIfChanged, with a mutation,')

const session = { a: 1, b: 1 }
const merge = (changed: object = { ...session, a: 2 }): Step => ({ type: 'merge', snapshot: snapshot(changed), base: mergeBase(session) })

/** Writes a change of `session` into a file that another process changes before it is renamed over, as many times as told. */
async function overtaken (directory: string, times: number, change: (file: string, time: number) => Promise<unknown>, step: Step = merge()) {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, session, { clock: () => now })
  let time = 0
  const fill: FsCalls['fill'] = async (...parameters) => {
    const version = await nodeFs.fill(...parameters)
    if (time++ < times) await change(file, time)
    return version
  }
  const outcome = await writeIfChanged(file, Mutation.of(step), { disk: new Disk('async', { calls: { ...nodeFs, fill } }) })
  return { file, outcome }
}

mutating('merges again what another process changed meanwhile, however often', async ({ directory }) => {
  const { file, outcome } = await overtaken(directory, 3, (file, time) => writeFile(file, JSON.stringify({ ...session, b: 1 + time })))
  assert.equal(outcome, ok('written'))
  assert.is((await contentOf(file)).text, '{"a":2,"b":4}')
  assert.equal(await namesIn(directory), ['abc.json'])
})

for (const type of ['merge', 'replace-if-present'] as const) {
  mutating(`does not bring back a session that another process ended meanwhile (${type})`, async ({ directory }) => {
    const { outcome } = await overtaken(directory, 1, file => rm(file), { ...merge(), type } as Step)
    assert.equal([outcome, await namesIn(directory)], [ok('gone'), []])
  })
}

mutating('does not move the last use back, whether it knows the content of the file or not', async ({ directory }) => {
  for (const cache of [new SessionCache(0), new SessionCache()]) {
    const file = join(directory, 'abc.json')
    await writeIfChanged(file, session, { cache, clock: () => now })
    const slow: Step = { type: 'merge', snapshot: snapshot({ ...session, a: 2 }, now - 3_000), base: mergeBase(session) }
    assert.equal(await writeIfChanged(file, Mutation.of(slow), { cache }), ok('written'))
    assert.is(Math.floor((await stat(file)).mtimeMs), now)
  }
})

mutating('replaces a session whatever another process did meanwhile', async ({ directory }) => {
  const { file, outcome } = await overtaken(directory, 1, file => rm(file), { type: 'replace', snapshot: snapshot({ n: 1 }) })
  assert.equal([outcome, (await contentOf(file)).text], [ok('written'), '{"n":1}'])
})

mutating('gives \'gone\' for a session that was ended before', async ({ directory }) => {
  for (const step of [merge(), { type: 'touch', cookie: null, lastUsedAt: now, ttl: 1_000 } as const]) {
    assert.equal(await writeIfChanged(join(directory, 'abc.json'), Mutation.of(step)), ok('gone'))
  }
})

mutating('fails when it cannot look again before the rename, and leaves the file', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, session)
  const cause = systemError('EIO')
  let isFirst = true
  const stat: FsCalls['stat'] = async name => {
    if (!isFirst) throw cause
    isFirst = false
    return await nodeFs.stat(name)
  }
  const result = await writeIfChanged(file, Mutation.of(merge()), { disk: new Disk('async', { calls: { ...nodeFs, stat } }) })
  assert.equal(result, err({ type: 'write-failed', file, cause }))
  assert.equal([await namesIn(directory), (await contentOf(file)).text], [['abc.json'], JSON.stringify(session)])
})

mutating('replaces what is certainly no session by a change, and tells of it, unless it is only touched', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const failures: any[] = []
  const onFailure = (failure: unknown) => { failures.push(failure) }
  const told = () => failures.splice(0).map(({ type, file, cause }) => [type, file, cause.constructor.name])
  const touch = Mutation.of({ type: 'touch', cookie: null, lastUsedAt: now, ttl: 1_000 })
  for (const [content, name] of [[Buffer.from([0xff]), 'NotUtf8'], ['{"a":1,', 'NotASession'], ['[]', 'NotASession'], ['', 'NotASession']] as const) {
    await writeFile(file, content)
    if (name === 'NotUtf8') {
      assert.equal(await writeIfChanged(file, touch, { onFailure }), ok('unchanged'))
      assert.equal(told(), [['touch-failed', file, 'NotUtf8']])
      assert.equal(await writeIfChanged(file, touch), ok('unchanged'))
    }
    assert.equal(await writeIfChanged(file, Mutation.of(merge()), { onUnknownReplaced: onFailure }), ok('written'))
    assert.is((await contentOf(file)).text, '{"a":2,"b":1}')
    assert.equal(told(), [['malformed', file, name]])
    assert.equal(await writeIfChanged(file, Mutation.of(merge({ ...session, a: 3 })), { onUnknownReplaced: onFailure }), ok('written'))
    assert.equal(told(), [])
    // It was to replace whatever is there.
    await writeFile(file, content)
    assert.equal(await writeIfChanged(file, Mutation.of({ type: 'replace', snapshot: snapshot({ n: 1 }) }), { onUnknownReplaced: onFailure }), ok('written'))
    assert.equal(told(), [])
  }
})

/** What a disk refuses, or an encryption that this process cannot undo. */
const unreadable: ReadonlyArray<readonly [what: string, options: (cause: Error) => WriteOptions, content?: (file: string) => Promise<unknown>]> = [
  ['a stat that is refused twice', cause => ({ disk: failing(cause, ['stat'], 2) })],
  ['a read that is refused', cause => ({ disk: failing(cause, ['read']) })],
  ['a secret that is not known', () => ({ secret: 'another secret of at least 32 characters' }), writeEncrypted],
  ['no secret', () => ({}), writeEncrypted],
  ['a file that is not encrypted', () => ({ secret, requireEncryption: true })]
]

const secret = 'a secret of at least 32 characters, this one'

async function writeEncrypted (file: string): Promise<void> {
  valueOf(await writeIfChanged(file, { ...session, b: 5 }, { secret }))
}

function failing (cause: Error, names: ReadonlyArray<keyof FsCalls>, times = Infinity): Disk {
  const refuse = names.map(name => [name, (...parameters: unknown[]) => {
    if (times-- > 0) throw cause
    return (nodeFs[name] as Function)(...parameters)
  }] as const)
  const calls = refuse.map(([name, call]) => [name, name.endsWith('Sync') ? call : async (...parameters: unknown[]) => call(...parameters)])
  return new Disk('async', { calls: { ...nodeFs, ...Object.fromEntries(calls) } })
}

for (const [what, optionsOf, writeContent] of unreadable) {
  mutating(`does not replace a session that it cannot read by a change of one that was loaded: ${what}`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    // Another process has changed it since.
    await (writeContent?.(file) ?? writeFile(file, '{"a":1,"b":5}'))
    const before = await readFile(file, 'utf8')
    const failures: any[] = []
    for (const cause of ['EMFILE', 'EIO', 'EACCES'].map(systemError)) {
      const onFailure = (failure: unknown) => { failures.push(failure) }
      const options = () => ({ ...optionsOf(cause), onFailure, onUnknownReplaced: onFailure })
      const failure = failureOf(await writeIfChanged(file, Mutation.of(merge()), options()))
      assert.equal([failure.type, failure.file, failure.cause instanceof Error], ['write-failed', file, true])
      if (!writeContent && !optionsOf(cause).secret) assert.is(failure.cause, cause)
      assert.equal(failures, [], 'the failure is that of the write')
      assert.is(await readFile(file, 'utf8'), before)
      // Its use is worth no error.
      assert.equal(await writeIfChanged(file, Mutation.of(merge(session)), options()), ok('unchanged'))
      assert.equal(failures.splice(0).map(({ type }) => type), ['touch-failed'])
      assert.equal([await readFile(file, 'utf8'), await namesIn(directory)], [before, ['abc.json']])
      // That does not depend on what is there, and replaces even an end.
      assert.equal(await writeIfChanged(file, Mutation.of({ type: 'replace-if-present', snapshot: snapshot({ n: 1 }), base: mergeBase(session) }), options()), ok('written'))
      assert.equal(failures.splice(0).length, 1, 'it tells what it has replaced')
      await writeFile(file, before)
    }
  })
}

mutating('merges with what it can read at the second attempt, or as soon as no other program has the file open', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  for (const [code, call, times] of [['EIO', 'stat', 1], ['EMFILE', 'read', 1], ['EBUSY', 'stat', 3], ['EBUSY', 'read', 3]] as const) {
    await writeFile(file, '{"a":1,"b":5}')
    assert.equal(await writeIfChanged(file, Mutation.of(merge()), { disk: failing(systemError(code), [call], times) }), ok('written'))
    assert.is((await contentOf(file)).text, '{"a":2,"b":5}', `${code} ${call}`)
  }
})

mutating('replaces a file that is no session only while it is that', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const steps: readonly Step[] = [merge(), { type: 'replace-if-present', snapshot: snapshot({ a: 2, b: 1 }), base: mergeBase(session) }]
  for (const content of [Buffer.from([0xff]), '{not json']) {
    for (const step of steps) {
      await writeFile(file, content)
      let isFirst = true
      const fill: FsCalls['fill'] = async (...parameters) => {
        const version = await nodeFs.fill(...parameters)
        // Another process has stored a session.
        if (isFirst) await writeFile(file, '{"a":1,"b":5}')
        isFirst = false
        return version
      }
      const told: unknown[] = []
      const options = { disk: new Disk('async', { calls: { ...nodeFs, fill } }), onUnknownReplaced: ({ type }: { type: string }) => { told.push(type) } }
      assert.equal(await writeIfChanged(file, Mutation.of(step), options), ok('written'))
      assert.equal([(await contentOf(file)).text, told], [step.type === 'merge' ? '{"a":2,"b":5}' : '{"a":2,"b":1}', []])
    }
  }
})

mutating('does not write changes that come to nothing together, although it knows the file', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const cache = new SessionCache()
  await writeIfChanged(file, session, { cache, clock: () => now })
  const { ino } = await stat(file)
  const base = mergeBase(session)
  const [change, reversal] = [{ ...session, a: 2 }, session].map(changed => ({ type: 'merge' as const, snapshot: snapshot(changed), base }))
  assert.equal(await writeIfChanged(file, Mutation.of(change!).coalesce(reversal!), { cache }), ok('unchanged'))
  assert.is((await stat(file)).ino, ino)
})

mutating('writes the first save of a new session over what a cache knows', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const cache = new SessionCache()
  await writeIfChanged(file, session, { cache })
  const first: Step = { type: 'merge', snapshot: snapshot({ n: 1 }), base: mergeBase(null) }
  assert.equal(await writeIfChanged(file, Mutation.of(first), { cache }), ok('written'))
  assert.is((await contentOf(file)).text, '{"n":1}')
})

mutating('writes the first save of a new session where there is none', async ({ directory }) => {
  const first: Step = { type: 'merge', snapshot: snapshot({ n: 1 }), base: mergeBase(null) }
  assert.equal(await writeIfChanged(join(directory, 'abc.json'), Mutation.of(first), {}), ok('written'))
  assert.is((await contentOf(join(directory, 'abc.json'))).text, '{"n":1}')
})

mutating('replaces what is no session without anybody to tell, and fails when one of several changes is one', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{not json')
  assert.equal(await writeIfChanged(file, Mutation.of(merge()), {}), ok('written'))
  await writeEncrypted(file)
  const both = Mutation.of(merge(session)).coalesce({ type: 'touch', cookie: null, lastUsedAt: now, ttl: 1_000 }).coalesce(merge())
  const failure = failureOf(await writeIfChanged(file, both, {}))
  assert.is(failure.cause.message, 'what it holds cannot be decrypted: no secret is given')
  await writeFile(file, '{"a":1}')
  const plain = failureOf(await writeIfChanged(file, Mutation.of(merge()), { secret, requireEncryption: true }))
  assert.is(plain.cause.message, 'what it holds is not encrypted, and requireEncryption is set')
})

mutating('reports a use that could not be recorded in a file that went away meanwhile', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, session, { clock: () => now })
  const setTimes: FsCalls['setTimes'] = async () => {
    await rm(file)
    throw systemError('EPERM')
  }
  const used: Step = { type: 'merge', snapshot: snapshot(session, now + 5_000), base: mergeBase(session) }
  assert.equal(await writeIfChanged(file, Mutation.of(used), { disk: new Disk('async', { calls: { ...nodeFs, setTimes } }) }), ok('unchanged'))
  assert.equal(await namesIn(directory), [])
})

mutating('gives up a change when the file is another one at each attempt', async ({ directory }) => {
  for (const io of ['auto', 'async'] as const) {
    const file = join(directory, io)
    await writeFile(file, JSON.stringify(session))
    let looks = 0
    const unstable = <T>(version: T): T => version && { ...version, ctimeMs: ++looks }
    const calls: FsCalls = { ...nodeFs, stat: async file => unstable(await nodeFs.stat(file)), statSync: file => unstable(nodeFs.statSync(file)) }
    const { type, cause } = failureOf(await writeIfChanged(file, Mutation.of(merge()), { disk: new Disk(io, { calls }) }))
    assert.equal([type, cause.message], ['write-failed', 'it changed at each of 100 attempts'])
    assert.equal([looks, await readFile(file, 'utf8')], [200, JSON.stringify(session)])
  }
  assert.equal((await namesIn(directory)).sort(), ['async', 'auto'])
})

mutating('touches a file, with the expiry as its access time', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, rollingSession(now), { clock: () => now })
  const touch = Mutation.of({ type: 'touch', cookie: null, lastUsedAt: now + 5_000, ttl: 1_000 })
  assert.equal(await writeIfChanged(file, touch, {}), ok('touched'))
  const { mtimeMs, atimeMs } = await stat(file)
  assert.equal([Math.floor(mtimeMs), Math.round(atimeMs)], [now + 5_000, now + 65_000])
})

mutating('tells of merges and lookups', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{"a":5,"b":1}')
  const [merges, lookups]: [unknown[], unknown[]] = [[], []]
  await writeIfChanged(file, Mutation.of(merge()), { onMerge: keys => { merges.push(keys) }, onLookup: isHit => { lookups.push(isHit) } })
  assert.equal([merges, lookups], [[['a']], [false]])
})

mutating('is made around each replacement of a content, of which it tells what is there and what is to be', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const replaced: unknown[] = []
  const cache = new SessionCache()
  const write = async (step: Step) => await writeIfChanged(file, Mutation.of(step), {
    cache,
    aroundReplace: (file, { before, after }, replace) => {
      replaced.push([before?.canonical ?? null, after.canonical])
      // Another process is quicker, once.
      if (replaced.length === 3) writeFileSync(file, '{"a":2,"b":7}')
      return replace()
    }
  })
  await write({ type: 'replace', snapshot: snapshot(session) })
  for (const a of [2, 3]) await write({ type: 'merge', snapshot: snapshot({ a, b: 1 }), base: mergeBase({ a: a - 1, b: 1 }) })
  await write({ type: 'replace', snapshot: snapshot({ a: 0 }) })
  await write({ type: 'merge', snapshot: snapshot({ a: 0 }), base: mergeBase({ a: 0 }) })
  assert.equal(replaced, [
    [null, '{"a":1,"b":1}'], ['{"a":1,"b":1}', '{"a":2,"b":1}'], ['{"a":2,"b":1}', '{"a":3,"b":1}'], ['{"a":2,"b":7}', '{"a":3,"b":7}'], [null, '{"a":0}']
  ])
})

mutating.run()
