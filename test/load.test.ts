import { readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../src/async/result.ts'
import { SessionCache } from '../src/cache.ts'
import { encodeText } from '../src/encryption/envelope.ts'
import { Disk } from '../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../src/fs/node.ts'
import { expectedVersion, uniqueMtime } from '../src/fs/version.ts'
import { findRecord, loadRecord, loadSession, loadRecordOf, stateOf } from '../src/load.ts'
import { Mutation } from '../src/queue/mutation.ts'
import { SessionText } from '../src/session/session-text.ts'
import { failureOf, mergeBase, now, clockTick, snapshot, suiteOnDisk, systemError, valueOf, versionOf, watched } from './support.ts'

const ways = ['auto', 'async'] as const

const [ada, bob] = ['{"user":"ada"}', '{"user":"bob"}']

/** Loads files with a cache, and counts the reads. */
function loader (io: typeof ways[number], cache = new SessionCache()) {
  const { calls, log } = watched()
  const lookups: boolean[] = []
  const options = { disk: new Disk(io, { calls: { ...calls, now: () => 0 } }), cache, onLookup: (isHit: boolean) => { lookups.push(isHit) } }
  return {
    cache,
    lookups,
    /** The text of a file, or `null`. */
    load: async (file: string) => valueOf(await loadRecord(file, options))?.text.text ?? null,
    reads: () => log.filter(name => name === 'read' || name === 'readSync').length
  }
}

/** Gives a file a modification time as the store does, and returns what to expect of the file. */
async function mark (file: string) {
  const time = uniqueMtime(Date.now())
  await utimes(file, time / 1000, time / 1000)
  return expectedVersion(time, await versionOf(file))
}

const record = suiteOnDisk('loadRecord')

for (const io of ways) {
  record(`(${io}) gives the text, the version and the last use of a file`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(file, ada)
    await utimes(file, 1_893_553_445, 1_893_553_445.678)
    const { text, version, lastUsedAt } = valueOf(await loadRecord(file, { disk: new Disk(io) }))!
    assert.equal([text.text, lastUsedAt], [ada, 1_893_553_445_678])
    const { atimeMs, ...found } = await versionOf(file)
    assert.equal({ ...version, atimeMs }, { ...found, atimeMs })
  })

  record(`(${io}) is null where there is no file`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), '{}')
    await symlink(join(directory, 'nowhere'), join(directory, 'dangling'))
    for (const name of ['absent', 'absent/absent', 'file/absent', 'dangling']) {
      assert.equal(await loadRecord(join(directory, name), { disk: new Disk(io) }), ok(null))
    }
  })

  record(`(${io}) is null for a file that goes away between the look and the read`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(file, ada)
    const statSync = (file: string) => {
      const version = nodeFs.statSync(file)
      unlinkSync(file)
      return version
    }
    assert.equal(await loadRecord(file, { disk: new Disk(io, { calls: { ...nodeFs, statSync, stat: async file => statSync(file)! } }) }), ok(null))
  })

  record(`(${io}) fails with read-failed when the file system refuses, and for anything that is not a regular file`, async ({ directory }) => {
    const { cause, ...failure } = failureOf(await loadRecord(directory, { disk: new Disk(io) }))
    assert.equal([failure, cause.message], [{ type: 'read-failed', file: directory }, 'it is not a regular file'])
    const file = join(directory, 'abc.json')
    await writeFile(file, ada)
    const refuse = () => { throw systemError('EIO') }
    for (const calls of [{ statSync: refuse, stat: async () => refuse() }, { readSync: refuse, read: async () => refuse() }]) {
      const { cause, ...failure } = failureOf(await loadRecord(file, { disk: new Disk(io, { calls: { ...nodeFs, ...calls } }) }))
      assert.equal([failure, cause.code], [{ type: 'read-failed', file }, 'EIO'])
    }
  })

  record(`(${io}) fails with malformed for a file that is not UTF-8`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(file, Buffer.from([0x7b, 0xff, 0x7d]))
    const { cause, ...failure } = failureOf(await loadRecord(file, { disk: new Disk(io) }))
    assert.equal([failure, cause.message], [{ type: 'malformed', file }, 'it is not valid UTF-8'])
  })

  record(`(${io}) decrypts a file, and fails as the options say`, async ({ directory }) => {
    const [file, secret, disk] = [join(directory, 'abc.json'), 's'.repeat(32), new Disk(io)]
    await writeFile(file, valueOf(encodeText(file, ada, { secret })))
    assert.is(valueOf(await loadRecord(file, { disk, secret }))?.text.text, ada)
    assert.is(failureOf(await loadRecord(file, { disk })).type, 'decrypt-failed')
    await writeFile(file, ada)
    assert.equal(await loadRecord(file, { disk, secret, requireEncryption: true }), err({ type: 'not-encrypted', file }))
  })

  record(`(${io}) reads a file once when it last changed before this tick of the clock`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(file, ada)
    await clockTick(file)
    const { load, reads, lookups } = loader(io)
    for (let time = 0; time < 3; time++) assert.is(await load(file), ada)
    assert.equal([reads(), lookups], [1, [false, true, true]])
  })

  record(`(${io}) reads a file each time while it may change again within the same tick`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(file, ada)
    const ctimeMs = Date.now() + 60_000.5
    const { calls, log } = watched()
    const disk = new Disk(io, {
      calls: { ...calls, statSync: file => ({ ...nodeFs.statSync(file)!, ctimeMs }), stat: async file => ({ ...(await nodeFs.stat(file))!, ctimeMs }) }
    })
    const cache = new SessionCache()
    for (let time = 0; time < 3; time++) await loadRecord(file, { disk, cache })
    assert.is(log.length, 3)
  })

  record(`(${io}) sees a change within one tick of the clock, of equal size and time`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const { load } = loader(io)
    for (let time = 0; time < 50; time++) {
      for (const text of [ada, bob]) {
        writeFileSync(file, text)
        utimesSync(file, 1, 1)
        assert.is(await load(file), text)
      }
    }
  })

  record(`(${io}) sees an edit in place, of equal size and time`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const { load } = loader(io)
    for (const text of [ada, bob]) {
      await writeFile(file, text)
      await utimes(file, 1, 1)
      await clockTick(file)
      assert.is(await load(file), text)
    }
  })

  record(`(${io}) sees another file in its place, older and of equal size`, async ({ directory }) => {
    const [file, other] = [join(directory, 'abc.json'), join(directory, 'other')]
    await writeFile(other, bob)
    await utimes(other, 1, 1)
    await writeFile(file, ada)
    await clockTick(file)
    const { load } = loader(io)
    assert.is(await load(file), ada)
    await rename(other, file)
    assert.is(await load(file), bob)
  })

  record(`(${io}) sees that a file is gone, and that it is back`, async ({ directory }) => {
    const [file, aside] = [join(directory, 'abc.json'), join(directory, 'aside')]
    await writeFile(file, ada)
    await clockTick(file)
    const { load } = loader(io)
    assert.is(await load(file), ada)
    await rename(file, aside)
    assert.is(await load(file), null)
    await writeFile(file, bob)
    assert.is(await load(file), bob)
  })

  record(`(${io}) needs no read of what this process left in a file`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const { cache, load, reads } = loader(io)
    await writeFile(file, ada)
    cache.remember(file, new SessionText(ada), await mark(file))
    for (let time = 0; time < 3; time++) assert.is(await load(file), ada)
    assert.is(reads(), 0)
  })

  const foreignChanges: ReadonlyArray<readonly [what: string, change: (file: string) => void]> = [
    ['an edit in place', file => { writeFileSync(file, bob) }],
    ['another file in its place', file => {
      writeFileSync(file + '~', bob)
      renameSync(file + '~', file)
    }],
    ['another file in its place whose time is of the same millisecond', file => {
      const { mtimeMs } = statSync(file)
      const microsecond = Math.floor(mtimeMs * 1000) % 1000
      writeFileSync(file + '~', bob)
      const other = Math.floor(mtimeMs) + ((microsecond + 1) % 1000 + 0.5) / 1000
      utimesSync(file + '~', other / 1000, other / 1000)
      renameSync(file + '~', file)
    }]
  ]

  for (const [what, change] of foreignChanges) {
    record(`(${io}) sees ${what} right after this process left something, and later`, async ({ directory }) => {
      const file = join(directory, 'abc.json')
      const { cache, load } = loader(io)
      for (const isFound of [false, true]) {
        await writeFile(file, ada)
        cache.remember(file, new SessionText(ada), await mark(file))
        if (isFound) {
          assert.is(await load(file), ada)
          await clockTick(file)
        }
        change(file)
        assert.is(await load(file), bob)
      }
    })
  }

  record(`(${io}) sees another file that this process gave its time by mistake`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    const { cache, load } = loader(io)
    await writeFile(file, ada)
    const before = await versionOf(file)
    await writeFile(file + '~', bob)
    await rename(file + '~', file)
    const { mtimeMs } = await mark(file)
    cache.remember(file, new SessionText(ada), expectedVersion(mtimeMs, before))
    assert.is(await load(file), bob)
  })
}

record('is synchronous when the disk is', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, ada)
  const disk = new Disk('auto', { calls: { ...nodeFs, now: () => 0 } })
  assert.is.not(settledResult(loadRecord(file, { disk })), undefined)
  assert.is(settledResult(loadRecord(file, { disk: new Disk() })), undefined)
})

record('leaves files as they are, whatever they hold', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, 'not a session')
  const before = statSync(file)
  assert.is(valueOf(await loadRecord(file, { disk: new Disk() }))?.text.text, 'not a session')
  assert.equal([statSync(file).ctimeMs, readFileSync(file, 'utf8')], [before.ctimeMs, 'not a session'])
})

record.run()

const version = suiteOnDisk('loadRecordOf')

version('is null when the file went away after its version was taken', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, ada)
  const found = await versionOf(file)
  unlinkSync(file)
  assert.equal(await loadRecordOf(file, found, Date.now(), { disk: new Disk() }), ok(null))
})

version('works without a cache, and tells of each lookup', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, ada)
  const lookups: boolean[] = []
  const options = { disk: new Disk(), onLookup: (isHit: boolean) => { lookups.push(isHit) } }
  assert.is(valueOf(await loadRecordOf(file, await versionOf(file), Date.now(), options))?.text.text, ada)
  assert.equal(lookups, [false])
})

version.run()

const session = suiteOnDisk('loadSession')

const replace = (session: object) => Mutation.of({ type: 'replace', snapshot: snapshot(session) })
const clock = () => now

session('gives a session with its expiry, last use and size, expired or not', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{"cookie":{"originalMaxAge":1000}}')
  for (const ago of [0, 5_000]) {
    await utimes(file, now / 1000, (now - ago + 0.5) / 1000)
    const { text, ...loaded } = valueOf(await loadSession(file, null, { disk: new Disk(), clock }))!
    assert.equal(loaded, {
      session: { cookie: { originalMaxAge: 1_000, expires: new Date(now - ago + 1_000) } }, expiresAt: now - ago + 1_000, lastUsedAt: now - ago, size: 34
    })
    assert.is(text.text, '{"cookie":{"originalMaxAge":1000}}')
  }
})

session('is null where there is none, and fails with malformed for a text that is not one', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  assert.equal(await loadSession(file, null, { disk: new Disk() }), ok(null))
  await writeFile(file, '[]')
  const { cause, ...failure } = failureOf(await loadSession(file, null, { disk: new Disk() }))
  assert.equal([failure, cause.message], [{ type: 'malformed', file }, 'it is not a JSON object'])
})

session('gives the session with the change that is not in the file yet', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '{"a":0,"b":1}')
  const merge = Mutation.of({ type: 'merge', snapshot: snapshot({ a: 1, b: 0 }), base: mergeBase({ a: 0, b: 0 }) })
  const loaded = valueOf(await loadSession(file, merge, { disk: new Disk(), clock }))!
  assert.equal([loaded.session, loaded.size], [{ a: 1, b: 1 }, 13])
  const touch = Mutation.of({ type: 'touch', cookie: null, lastUsedAt: now, ttl: 1_000 })
  assert.is(valueOf(await loadSession(file, touch, { disk: new Disk(), clock }))!.session['b'], 1)
})

session('gives the size of the file, not that of the text in it', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, '\uFEFF{"a":1}')
  assert.is(valueOf(await loadSession(file, null, { disk: new Disk(), clock }))?.size, 10)
})

session('counts the size of a text in bytes', async ({ directory }) => {
  const loaded = valueOf(await loadSession(join(directory, 'abc.json'), replace({ text: 'é' }), { disk: new Disk(), clock }))!
  assert.is(loaded.size, 13)
})

session('does not look at the file for a change that replaces or ends the session', async ({ directory }) => {
  const refuse = async () => { throw systemError('EIO') }
  const disk = new Disk('async', { calls: { ...nodeFs, stat: refuse, read: refuse } })
  const file = join(directory, 'abc.json')
  assert.equal(valueOf(await loadSession(file, replace({ a: 1 }), { disk, clock }))?.session, { a: 1 })
  assert.equal(await loadSession(file, Mutation.of({ type: 'remove' }), { disk, clock }), ok(null))
})

session('gives what a change makes of a session that cannot be read', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, Buffer.from([0xff]))
  const merge = Mutation.of({ type: 'merge', snapshot: snapshot({ a: 1 }), base: mergeBase({ a: 0 }) })
  assert.equal(valueOf(await loadSession(file, merge, { disk: new Disk(), clock }))?.session, { a: 1 })
  const touch = Mutation.of({ type: 'touch', cookie: null, lastUsedAt: now, ttl: 1_000 })
  assert.is(failureOf(await loadSession(file, touch, { disk: new Disk(), clock })).type, 'malformed')
  assert.is(failureOf(await loadSession(file, null, { disk: new Disk(), clock })).type, 'malformed')
})

session('leaves the file as it is', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, ada)
  await loadSession(file, replace({ user: 'bob' }), { disk: new Disk() })
  assert.is(await readFile(file, 'utf8'), ada)
})

session.run()

const state = suiteOnDisk('stateOf')

state('is the session of a record, and null without one', async ({ directory }) => {
  assert.is(stateOf(null), null)
  await writeFile(join(directory, 'abc.json'), ada)
  const found = valueOf(await loadRecord(join(directory, 'abc.json'), { disk: new Disk() }))!
  assert.equal(stateOf(found), { text: found.text, cookie: undefined, lastUsedAt: found.lastUsedAt })
})

state.run()

const finding = suiteOnDisk('findRecord')

finding('gives what is there: a session, what is none, and nothing', async ({ directory }) => {
  const [file, absent] = [join(directory, 'abc.json'), join(directory, 'absent.json')]
  const options = { disk: new Disk('auto') }
  assert.equal(await findRecord(absent, options), ok({ record: null, version: null, failure: null }))
  await writeFile(file, ada)
  const { record, version, failure } = valueOf(await findRecord(file, options))
  assert.equal([record?.text.text, record?.version, failure], [ada, version, null])
  await writeFile(file, '[]')
  const list = valueOf(await findRecord(file, options))
  assert.equal([list.record?.text.text, list.version, list.failure?.type], ['[]', list.record?.version, 'malformed'])
  await writeFile(file, Buffer.from([0xff]))
  const bytes = valueOf(await findRecord(file, options))
  assert.equal([bytes.record, bytes.version?.size, bytes.failure?.type], [null, 1, 'malformed'])
})

finding('tries once more, and knows the version of what it could not read', async ({ directory }) => {
  const file = join(directory, 'abc.json')
  await writeFile(file, ada)
  const refusals = [
    ['EIO', 'stat', 1, undefined, true], ['EIO', 'stat', 2, 'read-failed', false],
    ['EIO', 'read', 1, undefined, true], ['EIO', 'read', 2, 'read-failed', true],
    // Another program has it open for a moment.
    ['EBUSY', 'stat', 4, undefined, true], ['EBUSY', 'read', 4, undefined, true]
  ] as const
  for (const [code, call, times, type, isVersionKnown] of refusals) {
    let left: number = times
    const refuse = async (name: string): Promise<any> => {
      if (left-- > 0) throw systemError(code)
      return await nodeFs[call](name)
    }
    const found = valueOf(await findRecord(file, { disk: new Disk('async', { calls: { ...nodeFs, [call]: refuse } }) }))
    assert.equal([found.failure?.type, found.version !== null, found.record === null], [type, isVersionKnown, type !== undefined], `${code}, ${call}, ${times}`)
  }
  // It went away before the second attempt.
  const read: FsCalls['read'] = async name => {
    await rm(name)
    throw systemError('EIO')
  }
  assert.equal(await findRecord(file, { disk: new Disk('async', { calls: { ...nodeFs, read } }) }), ok({ record: null, version: null, failure: null }))
})

finding.run()
