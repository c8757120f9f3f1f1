import { readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ok } from 'neverthrow'
import * as assert from 'uvu/assert'
import { defaultCacheSize, SessionCache } from '../src/cache.ts'
import { nodeCalls } from '../src/calls.ts'
import { Disk, type Io } from '../src/disk.ts'
import { markedTime, markOf } from '../src/stamp.ts'
import { Content } from '../src/text.ts'
import { failureOf, settled, stampOf, suiteOnDisk, valueOf, watched } from './support.ts'

const ways: readonly Io[] = ['auto', 'async']

/** A cache, the disk that it asks, and how often that was asked to read. */
function watchedCache (io: Io, cache = new SessionCache()) {
  const { calls, log } = watched()
  const disk = new Disk(io, calls)
  return {
    cache,
    disk,
    /** What the file holds, parsed. */
    fetch: async (file: string) => {
      const stored = valueOf(await cache.fetch(file, disk))
      return stored === null ? null : valueOf(stored.content.parse())
    },
    reads: () => log.filter(name => name === 'read' || name === 'readSync').length
  }
}

/** Gives a file a time of ours, and says which. */
async function mark (file: string): Promise<number> {
  const time = markedTime(Date.now())
  await utimes(file, time / 1000, time / 1000)
  return time
}

const cache = suiteOnDisk('SessionCache')

cache('fails as malformed for what is no text', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, Buffer.from([0x7b, 0xff, 0x7d]))
  const { type, cause } = failureOf(await new SessionCache().fetch(file, new Disk()))
  assert.equal([type, cause.message], ['malformed', 'it is not UTF-8'])
})

for (const io of ways) {
  cache(`(${io}) gives what a file holds, and its stamp`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    await utimes(file, 1_893_553_445, 1_893_553_445.678)
    const { content, stamp } = valueOf(await new SessionCache().fetch(file, new Disk(io)))!
    const { mtimeMs, ctimeMs, birthtimeMs, ino } = await stat(file)
    assert.equal(content.parse(), ok({ user: 'ada' }))
    assert.equal(stamp, { modified: mtimeMs, changed: ctimeMs, inode: ino, born: birthtimeMs, size: 14 })
  })

  cache(`(${io}) gives null where there is no file`, async ({ directory }) => {
    await writeFile(join(directory, 'file'), '{}')
    await symlink(join(directory, 'nowhere'), join(directory, 'dangling'))
    for (const name of ['absent', 'absent/absent', 'file/absent', 'dangling']) {
      assert.equal(await new SessionCache().fetch(join(directory, name), new Disk(io)), ok(null))
    }
  })

  cache(`(${io}) gives null for a file that goes away under its eyes`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{}')
    const goneAfter = <T>(found: T) => { unlinkSync(file); return found }
    const calls = {
      ...nodeCalls,
      statSync: (file: string) => goneAfter(nodeCalls.statSync(file)),
      stat: (async (file: string) => goneAfter(await nodeCalls.stat(file))) as unknown as typeof nodeCalls.stat
    }
    assert.equal(await new SessionCache().fetch(file, new Disk(io, calls)), ok(null))
  })

  cache(`(${io}) fails for what is no file, with what the disk says`, async ({ directory }) => {
    const { cause, ...failure } = failureOf(await new SessionCache().fetch(directory, new Disk(io)))
    assert.equal(failure, { type: 'read-failed', file: directory })
    assert.is(cause.message, 'it is not a regular file')
  })

  cache(`(${io}) reads a file once, when its time was settled`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    await settled(file)
    const { fetch, reads } = watchedCache(io)
    for (let time = 0; time < 5; time++) assert.equal(await fetch(file), { user: 'ada' })
    assert.is(reads(), 1)
  })

  cache(`(${io}) reads a file again each time, while its time is not settled`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    const now = Date.now() + 60_000.5
    const { calls, log } = watched()
    const disk = new Disk(io, {
      ...calls,
      statSync: file => Object.assign(nodeCalls.statSync(file)!, { ctimeMs: now }),
      stat: (async (file: string) => Object.assign(await nodeCalls.stat(file), { ctimeMs: now })) as unknown as typeof nodeCalls.stat
    })
    const cache = new SessionCache()
    for (let time = 0; time < 3; time++) await cache.fetch(file, disk)
    assert.is(log.length, 3)
  })

  cache(`(${io}) sees a change within one tick of the clock, of equal size and time`, async ({ directory }) => {
    const file = join(directory, 'file')
    const { fetch } = watchedCache(io)
    for (let time = 0; time < 50; time++) {
      writeFileSync(file, '{"user":"ada"}')
      utimesSync(file, 1, 1)
      assert.equal(await fetch(file), { user: 'ada' })
      writeFileSync(file, '{"user":"bob"}')
      utimesSync(file, 1, 1)
      assert.equal(await fetch(file), { user: 'bob' })
    }
  })

  cache(`(${io}) sees an edit in place, of equal size and time`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    await utimes(file, 1, 1)
    await settled(file)
    const { fetch } = watchedCache(io)
    assert.equal(await fetch(file), { user: 'ada' })
    await writeFile(file, '{"user":"bob"}')
    await utimes(file, 1, 1)
    assert.equal(await fetch(file), { user: 'bob' })
  })

  cache(`(${io}) sees another file in its place, older and of equal size`, async ({ directory }) => {
    const [file, other] = [join(directory, 'file'), join(directory, 'other')]
    await writeFile(other, '{"user":"bob"}')
    await utimes(other, 1, 1)
    await writeFile(file, '{"user":"ada"}')
    await settled(file)
    const { fetch } = watchedCache(io)
    assert.equal(await fetch(file), { user: 'ada' })
    await rename(other, file)
    assert.equal(await fetch(file), { user: 'bob' })
  })

  cache(`(${io}) sees that a file is gone, and that it is back`, async ({ directory }) => {
    const [file, aside] = [join(directory, 'file'), join(directory, 'aside')]
    await writeFile(file, '{"user":"ada"}')
    await settled(file)
    const { fetch } = watchedCache(io)
    assert.equal(await fetch(file), { user: 'ada' })
    await rename(file, aside)
    assert.equal(await fetch(file), null)
    await writeFile(file, '{"user":"bob"}')
    assert.equal(await fetch(file), { user: 'bob' })
  })

  cache(`(${io}) needs no read of what we left in a file ourselves`, async ({ directory }) => {
    const file = join(directory, 'file')
    const { cache, fetch, reads } = watchedCache(io)
    await writeFile(file, '{"user":"ada"}')
    cache.keep(file, new Content('{"user":"ada"}'), markOf(await mark(file), await stampOf(file)))
    for (let time = 0; time < 3; time++) assert.equal(await fetch(file), { user: 'ada' })
    assert.is(reads(), 0)
  })

  cache(`(${io}) needs no read of a file that we touched ourselves`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    await settled(file)
    const { cache, disk, fetch, reads } = watchedCache(io)
    const { content, stamp } = valueOf(await cache.fetch(file, disk))!
    for (let time = 0; time < 3; time++) {
      cache.keep(file, content, markOf(await mark(file), stamp))
      assert.equal(await fetch(file), { user: 'ada' })
    }
    assert.is(reads(), 1)
  })

  const strangers: ReadonlyArray<readonly [what: string, change: (file: string) => void]> = [
    ['an edit in place', file => { writeFileSync(file, '{"user":"bob"}') }],
    ['another file in its place', file => {
      writeFileSync(file + '~', '{"user":"bob"}')
      renameSync(file + '~', file)
    }],
    ['another file in its place that was marked in the same millisecond', file => {
      const time = Math.floor(statSync(file).mtimeMs)
      const microsecond = Math.floor(statSync(file).mtimeMs * 1000) % 1000
      writeFileSync(file + '~', '{"user":"bob"}')
      const other = time + ((microsecond + 1) % 1000 + 0.5) / 1000
      utimesSync(file + '~', other / 1000, other / 1000)
      renameSync(file + '~', file)
    }]
  ]

  for (const [what, change] of strangers) {
    cache(`(${io}) sees ${what} right after we left something ourselves`, async ({ directory }) => {
      const file = join(directory, 'file')
      const { cache, fetch } = watchedCache(io)
      await writeFile(file, '{"user":"ada"}')
      cache.keep(file, new Content('{"user":"ada"}'), markOf(await mark(file), await stampOf(file)))
      change(file)
      assert.equal(await fetch(file), { user: 'bob' })
    })

    cache(`(${io}) sees ${what} once it found what we left`, async ({ directory }) => {
      const file = join(directory, 'file')
      const { cache, fetch } = watchedCache(io)
      await writeFile(file, '{"user":"ada"}')
      cache.keep(file, new Content('{"user":"ada"}'), markOf(await mark(file), await stampOf(file)))
      assert.equal(await fetch(file), { user: 'ada' })
      await settled(file)
      change(file)
      assert.equal(await fetch(file), { user: 'bob' })
    })
  }

  cache(`(${io}) sees another file that was touched in our place`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    const { cache, disk, fetch } = watchedCache(io)
    const { content, stamp } = valueOf(await cache.fetch(file, disk))!
    await writeFile(file + '~', '{"user":"bob"}')
    await rename(file + '~', file)
    cache.keep(file, content, markOf(await mark(file), stamp))
    assert.equal(await fetch(file), { user: 'bob' })
  })

  cache(`(${io}) trusts no mark any more, once it has the stamp of what it found there`, async ({ directory }) => {
    const file = join(directory, 'file')
    const { cache, fetch } = watchedCache(io)
    await writeFile(file, '{"user":"ada"}')
    const time = await mark(file)
    cache.keep(file, new Content('{"user":"ada"}'), { ...markOf(time, await stampOf(file)), before: Infinity })
    assert.equal(await fetch(file), { user: 'ada' })
    await settled(file)
    await writeFile(file, '{"user":"bob"}')
    await utimes(file, time / 1000, time / 1000)
    assert.equal(await fetch(file), { user: 'bob' })
  })

  cache(`(${io}) forgets`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    await settled(file)
    const { cache, fetch, reads } = watchedCache(io)
    await fetch(file)
    cache.forget(file)
    cache.forget(join(directory, 'never seen'))
    assert.equal(await fetch(file), { user: 'ada' })
    assert.is(reads(), 2)
  })

  cache(`(${io}) of size 0 remembers nothing`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"user":"ada"}')
    await settled(file)
    const { cache, fetch, reads } = watchedCache(io, new SessionCache(0))
    cache.keep(file, new Content('{"user":"bob"}'), markOf(await mark(file), await stampOf(file)))
    cache.forget(file)
    await settled(file)
    for (let time = 0; time < 3; time++) assert.equal(await fetch(file), { user: 'ada' })
    assert.is(reads(), 3)
  })

  cache(`(${io}) gives new objects each time`, async ({ directory }) => {
    const file = join(directory, 'file')
    await writeFile(file, '{"cart":{"items":[1]}}')
    await settled(file)
    const { fetch } = watchedCache(io)
    for (let time = 0; time < 3; time++) {
      const session: any = await fetch(file)
      assert.equal(session, { cart: { items: [1] } })
      session.cart.items.push(2)
    }
  })
}

cache('is 16 MiB large unless told otherwise', () => {
  assert.is(defaultCacheSize, 16 * 1024 * 1024)
})

cache('remembers what was used last, within its size', async ({ directory }) => {
  const files = Array.from({ length: 100 }, (_, index) => join(directory, `file ${index}`))
  const text = JSON.stringify({ text: 'x'.repeat(1_000) })
  for (const file of files) await writeFile(file, text)
  await settled(files.at(-1)!)
  const { fetch, reads } = watchedCache('auto', new SessionCache(60_000))
  for (const file of files) await fetch(file)
  assert.is(reads(), 100)
  for (const file of files.slice(-10)) await fetch(file)
  assert.is(reads(), 100, 'the last ones are in memory')
  for (const file of files.slice(0, 40)) await fetch(file)
  assert.is(reads(), 140, 'the first ones are not')
})

cache('counts what small sessions take beside their text', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, '{}')
  await settled(file)
  const { fetch, reads } = watchedCache('auto', new SessionCache(300))
  await fetch(file)
  await fetch(file)
  assert.is(reads(), 2)
})

cache('counts what the name of a file takes', async ({ directory }) => {
  const file = join(directory, 'n'.repeat(200))
  await writeFile(file, '{}')
  await settled(file)
  const { fetch, reads } = watchedCache('auto', new SessionCache(2 * '{}'.length + file.length + 399))
  await fetch(file)
  await fetch(file)
  assert.is(reads(), 2)
})

cache('does not keep what is larger than itself, nor what that replaced', async ({ directory }) => {
  const file = join(directory, 'file')
  const { cache, fetch, reads } = watchedCache('auto', new SessionCache(2_000))
  await writeFile(file, '{"user":"ada"}')
  const time = await mark(file)
  cache.keep(file, new Content('{"user":"ada"}'), markOf(time, await stampOf(file)))
  assert.equal(await fetch(file), { user: 'ada' })
  assert.is(reads(), 0)
  cache.keep(file, new Content(JSON.stringify({ text: 'x'.repeat(2_000) })), markOf(time, await stampOf(file)))
  assert.equal(await fetch(file), { user: 'ada' })
  assert.is(reads(), 1)
})

cache('asks the disk for the stamp each time', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, '{}')
  await settled(file)
  const { calls, log } = watched()
  const [cache, disk] = [new SessionCache(), new Disk('auto', { ...calls, now: () => 0 })]
  for (let time = 0; time < 3; time++) await cache.fetch(file, disk)
  assert.equal(log, ['statSync', 'readSync', 'statSync', 'statSync'])
})

cache('leaves files as they are', async ({ directory }) => {
  const file = join(directory, 'file')
  await writeFile(file, 'no session')
  const before = statSync(file)
  const cache = new SessionCache()
  await cache.fetch(file, new Disk())
  cache.keep(file, new Content('{}'), markOf(1, await stampOf(file)))
  cache.forget(file)
  await mkdir(join(directory, 'inner'))
  await cache.fetch(join(directory, 'inner'), new Disk())
  assert.is(await readFile(file, 'utf8'), 'no session')
  assert.equal(statSync(file).ctimeMs, before.ctimeMs)
  assert.is(readFileSync(file, 'utf8'), 'no session')
})

cache.run()
