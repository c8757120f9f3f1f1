import { chmod, mkdir, readFile, stat, symlink, utimes, writeFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { err, ok, ResultAsync } from 'neverthrow'
import * as assert from 'uvu/assert'
import { SessionCache } from '../src/cache.ts'
import { nodeCalls, type Calls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'
import { readSession } from '../src/read.ts'
import { Content, draftOf } from '../src/text.ts'
import { writeDraft, writeIfChanged, type WriteOptions } from '../src/write.ts'
import { failureOf, namesIn, settled, suiteOnDisk, valueOf, watched } from './support.ts'

const now = Date.parse('2030-01-02T03:04:05.678Z')

/** A session as `@fastify/session` keeps it with `maxAge`, used at `usedAt`. */
function rolling (usedAt: number) {
  const expires = new Date(usedAt + 5_000)
  return { cookie: { expires, originalMaxAge: 5_000, originalExpires: expires }, cart: { items: ['apple'] } }
}

/** What tells one version of a file from another. */
async function versionOf (file: string) {
  const { ino, mtimeMs } = await stat(file)
  return { inode: ino, time: Math.floor(mtimeMs), text: await readFile(file, 'utf8') }
}

const refusal = Object.assign(new Error('no space left'), { code: 'ENOSPC' })

/** Calls of which one is refused, as many times as told. */
function refusing (name: keyof Calls, times = Infinity): Calls {
  let left = times
  const call = async (...parameters: unknown[]) => {
    if (left-- > 0) throw refusal
    return await (nodeCalls[name] as Function)(...parameters)
  }
  return { ...nodeCalls, [name]: call }
}

const write = suiteOnDisk('writeIfChanged')

const ways: ReadonlyArray<readonly [way: string, options: () => WriteOptions]> = [
  ['by itself', () => ({})],
  ['at once', () => ({ disk: new Disk('auto'), cache: new SessionCache() })],
  ['at once without a cache', () => ({ disk: new Disk('auto') })],
  ['later', () => ({ disk: new Disk('async'), cache: new SessionCache() })]
]

for (const [way, options] of ways) {
  write(`makes a file that holds the session as JSON, and its last use (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    assert.equal(await writeIfChanged(file, rolling(now - 1_000), { ...options(), clock: () => now }), ok('written'))
    const { text, time } = await versionOf(file)
    assert.is(text, JSON.stringify(rolling(now - 1_000)))
    assert.is(time, now - 1_000)
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  write(`is last used now when the cookie does not say (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...options(), clock: () => now }), ok('written'))
    assert.is((await versionOf(file)).time, now)
  })

  write(`touches a file that says the same, and leaves its text and inode (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    await writeIfChanged(file, rolling(now), { ...given, clock: () => now })
    const before = await versionOf(file)
    for (const later of [now + 1, now + 60_000, now + 60_001]) {
      assert.equal(await writeIfChanged(file, rolling(later), { ...given, clock: () => later }), ok('touched'))
      assert.equal(await versionOf(file), { ...before, time: later })
    }
  })

  write(`touches a file that says the same and has no cookie (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now })
    const before = await versionOf(file)
    assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now + 1 }), ok('touched'))
    assert.equal(await versionOf(file), { ...before, time: now + 1 })
  })

  write(`leaves a file that says the same and was used as late (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    await writeIfChanged(file, rolling(now), { ...given, clock: () => now })
    const before = await stat(file)
    assert.equal(await writeIfChanged(file, rolling(now), { ...given, clock: () => now }), ok('unchanged'))
    assert.equal(await writeIfChanged(file, rolling(now), { ...given, clock: () => now + 1_000 }), ok('unchanged'))
    assert.equal(await writeIfChanged(file, rolling(now - 1_000), { ...given, clock: () => now }), ok('unchanged'))
    const { ctimeMs, mtimeMs, ino } = await stat(file)
    assert.equal([ctimeMs, mtimeMs, ino], [before.ctimeMs, before.mtimeMs, before.ino])
  })

  const changes: ReadonlyArray<readonly [what: string, change: (session: any) => void]> = [
    ['a key', session => { session.user = 'ada' }],
    ['something nested', session => { session.cart.items.push('pear') }],
    ['a key that is gone', session => { delete session.cart }],
    ['maxAge', session => { session.cookie.originalMaxAge = 6_000 }],
    ['the cookie', session => { session.cookie.path = '/shop' }]
  ]

  for (const [what, change] of changes) {
    write(`writes a change of ${what}, whole, in the place of the old file (${way})`, async ({ directory }) => {
      const file = join(directory, 'abc.json')
      const given = { ...options(), clock: () => now }
      const session = rolling(now)
      await writeIfChanged(file, session, given)
      const before = await versionOf(file)
      change(session)
      assert.equal(await writeIfChanged(file, session, given), ok('written'))
      const { inode, text } = await versionOf(file)
      assert.is.not(inode, before.inode)
      assert.is(text, JSON.stringify(session))
      assert.equal(await namesIn(directory), ['abc.json'])
    })
  }

  write(`writes a second change of the same object (${way})`, async ({ directory }) => {
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
    const session = rolling(now)
    const text = JSON.stringify(session)
    const answer = writeIfChanged(file, session, { ...options(), clock: () => now })
    session.cart.items.push('pear')
    session.cookie.expires.setTime(0)
    assert.equal(await answer, ok('written'))
    assert.is((await versionOf(file)).text, text)
  })

  write(`writes over what another left there, and over what is no session (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = options()
    await writeIfChanged(file, { user: 'ada' }, given)
    for (const text of ['{"user":"bob"}', '5', '', '{"user":"ad', '{"__proto__":{}}']) {
      await writeFile(file, text)
      assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
      assert.is((await versionOf(file)).text, '{"user":"ada"}')
    }
  })

  write(`writes again what was removed (${way})`, async ({ directory }) => {
    const file = join(directory, 'sessions', 'abc.json')
    const given = options()
    for (let time = 0; time < 2; time++) {
      assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
      await settled(file)
      await nodeCalls.remove(file)
    }
  })

  write(`fails for a directory in the place of the file, and leaves nothing else (${way})`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await mkdir(join(file, 'inner'), { recursive: true })
    const { cause, ...failure } = failureOf(await writeIfChanged(file, { user: 'ada' }, options()))
    assert.equal(failure, { type: 'write-failed', file })
    assert.match(cause.code, /^(EISDIR|ENOTEMPTY|EEXIST|EPERM|EACCES)$/)
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  write(`fails for a file in the place of the directory, and leaves it (${way})`, async ({ directory }) => {
    const file = join(directory, 'sessions', 'abc.json')
    await writeFile(dirname(file), 'text')
    const { cause, ...failure } = failureOf(await writeIfChanged(file, { user: 'ada' }, options()))
    assert.equal(failure, { type: 'write-failed', file })
    assert.match(cause.code, /^(EEXIST|ENOTDIR)$/)
    assert.is(await readFile(dirname(file), 'utf8'), 'text')
  })

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const unserialisable: ReadonlyArray<readonly [what: string, session: unknown, message: RegExp]> = [
    ['a cycle', cycle, /circular/],
    ['a BigInt', { count: 1n }, /BigInt/],
    ['a toJSON that throws', { toJSON () { throw refusal } }, /^no space left$/],
    ['an array', [], /^it is not an object$/],
    ['null', null, /^it is not an object$/]
  ]

  for (const [what, session, message] of unserialisable) {
    write(`fails for ${what}, and leaves the file (${way})`, async ({ directory }) => {
      const file = join(directory, 'abc.json')
      const given = options()
      await writeIfChanged(file, { user: 'ada' }, given)
      const { cause, ...failure } = failureOf(await writeIfChanged(file, session as object, given))
      assert.equal(failure, { type: 'not-serializable', file })
      assert.match(cause.message, message)
      assert.is((await versionOf(file)).text, '{"user":"ada"}')
      assert.equal(await namesIn(directory), ['abc.json'])
    })
  }
}

for (const name of ['create', 'fill', 'rename'] as const) {
  write(`fails with what the disk says when it refuses to ${name}, and leaves the old session and nothing else`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const cache = new SessionCache()
    await writeIfChanged(file, { user: 'ada' }, { cache })
    const before = await versionOf(file)
    const disk = new Disk('async', refusing(name))
    const failure = failureOf(await writeIfChanged(file, { user: 'bob' }, { cache, disk }))
    assert.equal(failure, { type: 'write-failed', file, cause: refusal })
    assert.is(failure.cause, refusal)
    assert.equal(await versionOf(file), before)
    assert.equal(await namesIn(directory), ['abc.json'])
  })

  write(`tries again what failed when the disk refused to ${name}`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const given = { cache: new SessionCache(), disk: new Disk('async', refusing(name, 1)) }
    assert.is(failureOf(await writeIfChanged(file, { user: 'ada' }, given)).type, 'write-failed')
    assert.equal(await namesIn(directory), [])
    assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
    assert.equal(await readSession(file, given), ok({ user: 'ada' }))
  })
}

write('tells the first failure when the disk does not let it clean up either', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const calls = { ...refusing('rename'), remove: refusing('remove').remove }
  const failure = failureOf(await writeIfChanged(file, { user: 'ada' }, { disk: new Disk('async', calls) }))
  assert.is(failure.cause, refusal)
  const [name] = await namesIn(directory)
  assert.match(name!, /^\..+\.tmp$/)
})

write('fails when a touch is refused', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  const before = await versionOf(file)
  const failure = failureOf(await writeIfChanged(file, { user: 'ada' }, { clock: () => now + 1, disk: new Disk('async', refusing('touch')) }))
  assert.equal(failure, { type: 'write-failed', file, cause: refusal })
  assert.equal(await versionOf(file), before)
})

write('writes what cannot be read', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await symlink(file, file)
  assert.equal(await writeIfChanged(file, { user: 'ada' }), ok('written'))
  assert.is((await versionOf(file)).text, '{"user":"ada"}')
})

write('replaces a link, and leaves what it leads to', async ({ directory }) => {
  const [file, target] = [join(directory, 'abc.json'), join(directory, 'target')]
  await writeFile(target, 'text')
  await symlink(target, file)
  assert.equal(await writeIfChanged(file, { user: 'ada' }), ok('written'))
  assert.is(await readFile(target, 'utf8'), 'text')
  assert.is((await versionOf(file)).text, '{"user":"ada"}')
})

write('writes what went away before its touch', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  let left = 1
  const touch: Calls['touch'] = async (touched, seconds) => {
    if (left-- > 0) await nodeCalls.remove(file)
    await nodeCalls.touch(touched, seconds)
  }
  const disk = new Disk('async', { ...nodeCalls, touch })
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { clock: () => now + 1, disk }), ok('written'))
  assert.equal((await versionOf(file)).time, now + 1)
})

write('creates files and the directory for the owner alone', async ({ directory }) => {
  const file = join(directory, 'outer', 'sessions', 'abc.json')
  await writeIfChanged(file, { user: 'ada' })
  assert.is((await stat(file)).mode & 0o777, 0o600)
  assert.is((await stat(dirname(file))).mode & 0o777, 0o700)
  assert.is((await stat(dirname(dirname(file)))).mode & 0o777, 0o700)
})

write('creates files and the directory with the modes that it is told', async ({ directory }) => {
  const file = join(directory, 'sessions', 'abc.json')
  const modes = { fileMode: 0o640, directoryMode: 0o750 }
  await writeIfChanged(file, { user: 'ada' }, modes)
  assert.is((await stat(file)).mode & 0o777, 0o640)
  assert.is((await stat(dirname(file))).mode & 0o777, 0o750)
})

write('creates the file with its mode, and does not change it to that afterwards', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const created: number[] = []
  const create: Calls['create'] = async (file, mode) => {
    const descriptor = await nodeCalls.create(file, mode)
    created.push((await stat(file)).mode & 0o777)
    return descriptor
  }
  await writeIfChanged(file, { user: 'ada' }, { disk: new Disk('async', { ...nodeCalls, create }) })
  assert.equal(created, [0o600])
})

write('leaves a directory that exists as it is', async ({ directory }) => {
  await chmod(directory, 0o755)
  await writeIfChanged(join(directory, 'abc.json'), { user: 'ada' })
  assert.is((await stat(directory)).mode & 0o777, 0o755)
})

write('creates, fills and then renames a temporary file', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { calls, log } = watched()
  await writeIfChanged(file, { user: 'ada' }, { disk: new Disk('async', calls) })
  assert.equal(log, ['stat', 'create', 'fill', 'rename'])
})

write('looks at a file that it replaces once, when nothing of it is to be kept', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' })
  const { calls, log } = watched()
  await writeIfChanged(file, { user: 'bob' }, { disk: new Disk('async', calls) })
  assert.equal(log, ['stat', 'read', 'create', 'fill', 'rename'])
})

write('makes the directory only when there is none', async ({ directory }) => {
  const file = join(directory, 'sessions', 'abc.json')
  const { calls, log } = watched()
  await writeIfChanged(file, { user: 'ada' }, { disk: new Disk('async', calls) })
  assert.equal(log, ['stat', 'create', 'makeDirectory', 'create', 'fill', 'rename'])
})

write('flushes the file before it is renamed and the directory after it, when it is to be durable', async ({ directory }) => {
  const file = join(directory, 'sessions', 'abc.json')
  const { calls, log } = watched()
  const notes: unknown[] = []
  const fill: Calls['fill'] = async (descriptor, text, seconds, flush) => {
    notes.push(flush)
    return await calls.fill(descriptor, text, seconds, flush)
  }
  const flushDirectory: Calls['flushDirectory'] = async directory => {
    notes.push(directory)
    await calls.flushDirectory(directory)
  }
  const disk = new Disk('async', { ...calls, fill, flushDirectory })
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { disk, durable: true }), ok('written'))
  assert.equal(log.filter(name => name !== 'stat'), ['create', 'makeDirectory', 'flushDirectory', 'create', 'fill', 'rename', 'flushDirectory'])
  assert.equal(notes, [directory, true, dirname(file)])
  log.length = notes.length = 0
  assert.equal(await writeIfChanged(file, { user: 'bob' }, { disk, durable: true }), ok('written'))
  assert.equal(log.filter(name => name !== 'stat' && name !== 'read'), ['create', 'fill', 'rename', 'flushDirectory'])
  assert.equal(notes, [true, dirname(file)])
})

write('flushes each directory that it made stands in, when it is to be durable', async ({ directory }) => {
  const flushed: string[] = []
  const flushDirectory = async (directory: string) => { flushed.push(directory) }
  const disk = new Disk('async', { ...nodeCalls, flushDirectory })
  await writeIfChanged(join(directory, 'a', 'b', 'c', 'abc.json'), { user: 'ada' }, { disk, durable: true })
  assert.equal(flushed, ['a/b', 'a', '', 'a/b/c'].map(name => join(directory, name)))
})

write('flushes nothing unless told to', async ({ directory }) => {
  const file = join(directory, 'sessions', 'abc.json')
  const { calls, log } = watched()
  const flushed: boolean[] = []
  const fill: Calls['fill'] = async (descriptor, text, seconds, flush) => {
    flushed.push(flush)
    return await calls.fill(descriptor, text, seconds, flush)
  }
  await writeIfChanged(file, { user: 'ada' }, { disk: new Disk('async', { ...calls, fill }) })
  assert.equal(flushed, [false])
  assert.is(log.includes('flushDirectory'), false)
})

write('fails when the directory cannot be flushed', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const disk = new Disk('async', refusing('flushDirectory'))
  const failure = failureOf(await writeIfChanged(file, { user: 'ada' }, { disk, durable: true }))
  assert.equal(failure, { type: 'write-failed', file, cause: refusal })
})

write('writes and flushes again what could not be flushed', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const given = { cache: new SessionCache(), disk: new Disk('async', refusing('flushDirectory', 1)), durable: true }
  assert.is(failureOf(await writeIfChanged(file, { user: 'ada' }, given)).type, 'write-failed')
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now }), ok('written'))
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now }), ok('unchanged'))
})

write('leaves the cache valid: what it wrote and touched needs no read', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { calls, log } = watched()
  const given = { disk: new Disk('async', calls), cache: new SessionCache() }
  await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now })
  await writeIfChanged(file, { user: 'bob' }, { ...given, clock: () => now + 1 })
  await settled(file)
  await writeIfChanged(file, { user: 'bob' }, { ...given, clock: () => now + 2 })
  assert.equal(valueOf(await readSession(file, { ...given, clock: () => now })), { user: 'bob' })
  assert.is(log.includes('read'), false)
})

write('does not take the file of another for its own that was marked in the same microsecond', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { hrtime } = process
  const [one, other] = [{ cache: new SessionCache(), clock: () => now }, { clock: () => now }]
  try {
    process.hrtime = Object.assign(() => [0, 500_000] as [number, number], hrtime)
    await writeIfChanged(file, { user: 'ada' }, one)
    await writeIfChanged(file, { user: 'bob' }, other)
  } finally {
    process.hrtime = hrtime
  }
  assert.equal(valueOf(await readSession(file, one)), { user: 'bob' })
})

write('does not take the file of another for its own that it touched by mistake', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  let isNext = false
  const touch: Calls['touch'] = async (name, seconds) => {
    if (isNext) {
      isNext = false
      // Twice: the second one may have the inode that the first one freed.
      await writeIfChanged(file, { user: 'bob' }, { clock: () => now })
      await writeIfChanged(file, { user: 'eve' }, { clock: () => now })
    }
    await nodeCalls.touch(name, seconds)
  }
  const given = { disk: new Disk('async', { ...nodeCalls, touch }), cache: new SessionCache() }
  for (const makeSure of [async () => {}, () => settled(file)]) {
    await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now })
    await makeSure()
    isNext = true
    await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now + 5 })
    assert.equal(valueOf(await readSession(file, { ...given, clock: () => now })), { user: 'eve' })
  }
})

write('does not remember what it touched where nobody knows when a file was made', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const { calls, log } = watched({ ...nodeCalls, stat: async name => Object.assign(await nodeCalls.stat(name), { birthtimeMs: 0 }) })
  const given = { disk: new Disk('async', calls), cache: new SessionCache() }
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { ...given, clock: () => now + 1 }), ok('touched'))
  await readSession(file, { ...given, clock: () => now })
  assert.equal(log, ['stat', 'read', 'touch', 'stat', 'read'])
})

write('fails when its temporary file goes away', async ({ directory }) => {
  const fill: Calls['fill'] = async (...parameters) => {
    for (const name of await namesIn(directory)) await rm(join(directory, name))
    return await nodeCalls.fill(...parameters)
  }
  const failure = failureOf(await writeIfChanged(join(directory, 'abc.json'), { user: 'ada' }, { disk: new Disk('async', { ...nodeCalls, fill }) }))
  assert.equal([failure.type, failure.cause.code], ['write-failed', 'ENOENT'])
  assert.equal(await namesIn(directory), [])
})

write('does not trust its cache with what another wrote, in the same tick too', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const given = { cache: new SessionCache(), clock: () => now }
  for (let time = 0; time < 20; time++) {
    await writeIfChanged(file, { user: 'ada' }, given)
    await writeIfChanged(file, { user: 'bob' }, { clock: () => now })
    assert.equal(await readSession(file, given), ok({ user: 'bob' }))
    assert.equal(await writeIfChanged(file, { user: 'ada' }, given), ok('written'))
  }
})

write('answers at once when nothing has to be written and the disk is fast', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, { user: 'ada' }, { clock: () => now })
  const disk = new Disk('auto', { ...nodeCalls, now: () => 0 })
  assert.equal(writeIfChanged(file, { user: 'ada' }, { disk, clock: () => now }), ok('unchanged'))
  assert.equal(writeIfChanged(file, { user: 'ada' }, { disk, clock: () => now + 1 }), ok('touched'))
  const written = writeIfChanged(file, { user: 'bob' }, { disk, clock: () => now })
  assert.instance(written, ResultAsync)
  await written
  const later = writeIfChanged(file, { user: 'bob' }, { clock: () => now })
  assert.instance(later, ResultAsync)
  assert.equal(await later, ok('unchanged'))
})

write('goes by the real clock unless told otherwise', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const before = Date.now()
  await writeIfChanged(file, { user: 'ada' })
  const { time } = await versionOf(file)
  assert.ok(time >= before && time <= Date.now())
})

write('takes an edit by hand for a use', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{ "user": "ada" }\n')
  await utimes(file, now / 1000, (now + 0.5) / 1000)
  assert.equal(await writeIfChanged(file, { user: 'ada' }, { clock: () => now }), ok('unchanged'))
  assert.is((await versionOf(file)).text, '{ "user": "ada" }\n')
})

const session = { a: 1, b: 1 }

/** A change of `session` in a file that another changes before it is renamed over, as many times as told. */
async function overtaken (directory: string, times: number, change: (file: string, time: number) => Promise<unknown>) {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, session, { clock: () => now })
  let time = 0
  const fill: Calls['fill'] = async (...parameters) => {
    const stats = await nodeCalls.fill(...parameters)
    if (time++ < times) await change(file, time)
    return stats
  }
  const outcome = await writeDraft(file, changed(), { disk: new Disk('async', { ...nodeCalls, fill }) })
  return { file, outcome }
}

write('reconciles again what another changed meanwhile, however often', async ({ directory }) => {
  const { file, outcome } = await overtaken(directory, 3, (file, time) => writeFile(file, JSON.stringify({ ...session, b: 1 + time })))
  assert.equal(outcome, ok('written'))
  assert.is((await versionOf(file)).text, '{"a":2,"b":4}')
  assert.equal(await namesIn(directory), ['abc.json'])
})

write('does not bring back what another removed meanwhile', async ({ directory }) => {
  const { outcome } = await overtaken(directory, 1, file => nodeCalls.remove(file))
  assert.equal(outcome, ok('gone'))
  assert.equal(await namesIn(directory), [])
})

/** A change of a session that was made from `session`. */
function changed () {
  return { ...valueOf(draftOf({ ...session, a: 2 }, now)), base: new Content(JSON.stringify(session)) }
}

write('fails when it cannot look again before it replaces what another may have changed', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeIfChanged(file, session)
  const cause = Object.assign(new Error('no'), { code: 'EIO' })
  let isFirst = true
  const stat: Calls['stat'] = async name => {
    if (!isFirst) throw cause
    isFirst = false
    return await nodeCalls.stat(name)
  }
  assert.equal(await writeDraft(file, changed(), { disk: new Disk('async', { ...nodeCalls, stat }) }), err({ type: 'write-failed', file, cause }))
  assert.equal([await namesIn(directory), (await versionOf(file)).text], [['abc.json'], JSON.stringify(session)])
})

write('writes a change of what cannot be read any more', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, Buffer.from([0xff]))
  assert.equal(await writeDraft(file, changed(), {}), ok('written'))
  assert.is((await versionOf(file)).text, '{"a":2,"b":1}')
})

write('lets many write at once, of which one stands whole', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  const sessions = Array.from({ length: 50 }, (_, index) => ({ index, text: String(index).repeat(1_000) }))
  const results = await Promise.all(sessions.map(session => writeIfChanged(file, session)))
  assert.ok(results.every(result => result.isOk()))
  const last: any = valueOf(await readSession(file))
  assert.equal(last, sessions[last.index])
  assert.equal(await namesIn(directory), ['abc.json'])
})

write.run()
