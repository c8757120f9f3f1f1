import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { settledResult } from '../src/async/result.ts'
import { SessionCache } from '../src/cache.ts'
import { Cipher } from '../src/encryption/cipher.ts'
import { Disk } from '../src/fs/disk.ts'
import { nodeFs, type FsCalls } from '../src/fs/node.ts'
import { loadRecord } from '../src/load.ts'
import type { CurrentSession } from '../src/queue/step.ts'
import { saveLastUse, saveSession, type SaveOptions } from '../src/save.ts'
import { SessionText } from '../src/session/session-text.ts'
import { failureOf, namesIn, now, suiteOnDisk, systemError, valueOf, versionOf } from './support.ts'

const ways = ['auto', 'async'] as const

const saving = (io: typeof ways[number] = 'auto', more: Partial<SaveOptions> = {}, calls: FsCalls = nodeFs): SaveOptions =>
  ({ disk: new Disk(io, { calls: { ...calls, now: () => 0 } }), cache: new SessionCache(), ...more })

/** A session that is to be saved, last used at `now`. */
const current = (session: object, cookie: CurrentSession['cookie'] = undefined): CurrentSession =>
  ({ text: SessionText.ofCanonical(JSON.stringify(session)), cookie, lastUsedAt: now })

const save = suiteOnDisk('saveSession')

for (const io of ways) {
  save(`(${io}) makes the file hold the session, with its last use and its expiry as the times`, async ({ directory }) => {
    const minute = { cookie: { originalMaxAge: 60_000, path: '/' }, n: 1 }
    const fixed = { cookie: { originalMaxAge: 60_000, expires: new Date(now + 5_000), fixedExpiry: true } }
    const cases: ReadonlyArray<readonly [session: object, cookie: CurrentSession['cookie'], text: object, lifetime: number]> = [
      [{ n: 1 }, null, { n: 1 }, 1_000],
      // A rolling cookie gets its dates, before its other fields where they are not given.
      [minute, undefined, { cookie: { expires: new Date(now + 60_000), originalMaxAge: 60_000, path: '/' }, n: 1 }, 60_000],
      [minute, { originalMaxAge: 60_000, expires: new Date(now + 60_000), path: '/' }, { cookie: { originalMaxAge: 60_000, expires: new Date(now + 60_000), path: '/' }, n: 1 }, 60_000],
      [fixed, undefined, fixed, 5_000]
    ]
    for (const [index, [session, cookie, text, lifetime]] of cases.entries()) {
      const file = join(directory, `${index}.json`)
      assert.equal(await saveSession(file, current(session, cookie), null, saving(io, { ttl: 1_000 })), ok(true))
      assert.is(await readFile(file, 'utf8'), JSON.stringify(text))
      const { mtimeMs, atimeMs } = await stat(file)
      assert.equal([Math.floor(mtimeMs), Math.round(atimeMs)], [now, now + lifetime], String(index))
    }
  })

  save(`(${io}) replaces only what is as expected`, async ({ directory }) => {
    const file = join(directory, 'a.json')
    const options = saving(io)
    assert.equal(await saveSession(file, current({ n: 1 }), version => version === null, options), ok(true))
    assert.equal(await saveSession(file, current({ n: 2 }), version => version === null, options), ok(false))
    assert.is(await readFile(file, 'utf8'), '{"n":1}')
    assert.equal(await namesIn(directory), ['a.json'])
  })

  save(`(${io}) fails with write-failed, and leaves the file as it was`, async ({ directory }) => {
    const file = join(directory, 'a.json')
    await writeFile(file, 'old')
    const cause = systemError('EIO')
    const refuse = () => { throw cause }
    const calls = { ...nodeFs, renameSync: refuse as never, rename: (async () => refuse()) as never }
    assert.equal(await saveSession(file, current({ n: 1 }), null, saving(io, {}, calls)), err({ type: 'write-failed', file, cause }))
    assert.is(await readFile(file, 'utf8'), 'old')
    assert.equal(await namesIn(directory), ['a.json'])
  })
}

save('fails with write-failed when the text cannot be encrypted', async ({ directory }) => {
  const file = join(directory, 'a.json')
  const cause = new RangeError('Invalid string length')
  class Refusing extends Cipher { override encrypt (): string { throw cause } }
  const options = saving('auto', { secret: new Refusing('s'.repeat(32)) })
  assert.equal(await saveSession(file, current({ n: 1 }), null, options), err({ type: 'write-failed', file, cause }))
  assert.equal(await namesIn(directory), [])
})

save('remembers the text, so that the file need not be read', async ({ directory }) => {
  const file = join(directory, 'a.json')
  const options = saving('auto', { secret: new Cipher('s'.repeat(32)) })
  valueOf(settledResult(saveSession(file, current({ n: 1 }), null, options))!)
  const { text } = valueOf(await loadRecord(file, { ...options, disk: new Disk('auto', { calls: { ...nodeFs, now: () => 0, readSync: () => { throw systemError('EIO') } } }) }))!
  assert.equal([text.canonical, text.isEncrypted, text.mustRewrite], ['{"n":1}', true, false])
})

save('remembers nothing where the file system did not take the time over as it is', async ({ directory }) => {
  const file = join(directory, 'a.json')
  const options = saving('auto', {}, { ...nodeFs, fillSync: (...parameters) => ({ ...nodeFs.fillSync(...parameters), mtimeMs: 1_000 }) })
  valueOf(await saveSession(file, current({ n: 1 }), null, options))
  assert.is(options.cache.peek(file), undefined)
})

save('is written again at the next save when its directory could not be flushed', async ({ directory }) => {
  const file = join(directory, 'a.json')
  const options = saving('auto', { durable: true }, { ...nodeFs, flushDirectory: async () => { throw systemError('EIO') } })
  assert.is(failureOf(await saveSession(file, current({ n: 1 }), null, options)).cause.code, 'EIO')
  assert.is(options.cache.peek(file)?.text.mustRewrite, true)
})

save('remembers whether the file is encrypted', async ({ directory }) => {
  const file = join(directory, 'a.json')
  for (const secret of [undefined, 's'.repeat(32)]) {
    const options = saving('auto', secret === undefined ? {} : { secret })
    valueOf(await saveSession(file, current({ n: 1 }), null, options))
    assert.is(options.cache.peek(file)?.text.isEncrypted, secret !== undefined)
  }
})

save.run()

const use = suiteOnDisk('saveLastUse')

for (const io of ways) {
  use(`(${io}) sets the time of the file, and nothing else`, async ({ directory }) => {
    const file = join(directory, 'a.json')
    const options = saving(io)
    valueOf(await saveSession(file, { ...current({ n: 1 }), lastUsedAt: now - 5_000 }, null, options))
    const record = valueOf(await loadRecord(file, options))!
    const { ino } = await versionOf(file)
    assert.equal(await saveLastUse(file, current({ n: 1 }), record, options), ok(true))
    const version = await versionOf(file)
    assert.equal([version.ino, Math.floor(version.mtimeMs)], [ino, now])
  })

  use(`(${io}) is false where there is no file, and fails with the system's error`, async ({ directory }) => {
    const file = join(directory, 'a.json')
    await writeFile(file, '{}')
    const record = valueOf(await loadRecord(file, saving()))!
    const absent = join(directory, 'absent.json')
    assert.equal(await saveLastUse(absent, current({}), record, saving(io)), ok(false))
    const cause = systemError('EPERM')
    const refuse = () => { throw cause }
    assert.equal(await saveLastUse(file, current({}), record, saving(io, {}, { ...nodeFs, setTimesSync: refuse, setTimes: async () => refuse() })), err(cause))
  })
}

use('does not take a file that was edited in place meanwhile for what it was', async ({ directory }) => {
  const file = join(directory, 'a.json')
  for (const text of ['{"n":10}', '{"n":1,"m":2}', '']) {
    const options = saving()
    await writeFile(file, '{"n":1}')
    const { version, ...record } = valueOf(await loadRecord(file, options))!
    // Between the look at the file and the setting of its times.
    await writeFile(file, text)
    valueOf(await saveLastUse(file, current({ n: 1 }), { ...record, version: { ...version, birthtimeMs: Date.now() - 60_000 } }, options))
    assert.is(valueOf(await loadRecord(file, options))?.text.text, text)
  }
})

use('forgets the text of a file that could be taken for a later one', async ({ directory }) => {
  const file = join(directory, 'a.json')
  const options = saving()
  valueOf(await saveSession(file, current({ n: 1 }), null, options))
  const record = valueOf(await loadRecord(file, options))!
  valueOf(await saveLastUse(file, current({ n: 1 }), { ...record, version: { ...record.version, birthtimeMs: Date.now() + 60_000 } }, options))
  assert.is(options.cache.peek(file), undefined)
  valueOf(await saveLastUse(file, current({ n: 1 }), { ...record, version: { ...record.version, birthtimeMs: Date.now() - 60_000 } }, options))
  assert.is(options.cache.peek(file)?.text, record.text)
})

use.run()
