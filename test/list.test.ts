import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { ReadFailure } from '../src/errors.ts'
import { Disk } from '../src/fs/disk.ts'
import { nodeFs } from '../src/fs/node.ts'
import { listSessions, type ListedSession, type ListOptions, type UnwrittenChanges } from '../src/list.ts'
import { sessionFile } from '../src/path.ts'
import { Mutation } from '../src/queue/mutation.ts'
import type { Step } from '../src/queue/step.ts'
import { writeIfChanged } from '../src/write.ts'
import { now, rejection, snapshot, suiteOnDisk, systemError, valueOf } from './support.ts'

const test = suiteOnDisk('listSessions')
const lastUsedAt = new Date(now)
const clock = () => now + 1_000
const after = (milliseconds: number) => new Date(now + milliseconds)

const ways = ['auto', 'async'] as const

/** The sessions of a directory in the order of their ids. */
async function list (directory: string, options: ListOptions & UnwrittenChanges = {}): Promise<ListedSession[]> {
  const listed: ListedSession[] = []
  for await (const session of listSessions(directory, { clock, ...options })) listed.push(session)
  return listed.sort((one, other) => one.id < other.id ? -1 : 1)
}

/** Makes a file in this directory that was last used at `now`. */
async function file (directory: string, name: string, text: string): Promise<void> {
  await writeFile(join(directory, name), text)
  await utimes(join(directory, name), now / 1000, (now + 0.5) / 1000)
}

for (const io of ways) {
  test(`(${io}) gives each session with its id, last use, expiry and size`, async ({ directory }) => {
    await file(directory, 'abc.json', '{"user":"ada"}')
    await file(directory, 'a%2Fb.json', '{"cookie":{"originalMaxAge":5000},"user":"bob"}')
    assert.equal(await list(directory, { disk: new Disk(io), ttl: 60_000 }), [
      { id: 'a/b', session: { cookie: { originalMaxAge: 5_000, expires: after(5_000) }, user: 'bob' }, lastUsedAt, expiresAt: after(5_000), size: 47 },
      { id: 'abc', session: { user: 'ada' }, lastUsedAt, expiresAt: after(60_000), size: 14 }
    ])
  })
}

test('leaves out expired sessions unless asked for', async ({ directory }) => {
  await file(directory, 'expired.json', '{"cookie":{"originalMaxAge":1000}}')
  await file(directory, 'live.json', '{"cookie":{"originalMaxAge":1001}}')
  assert.equal((await list(directory)).map(({ id }) => id), ['live'])
  assert.equal((await list(directory, { expired: true })).map(({ id }) => id), ['expired', 'live'])
})

test('gives nothing for a missing directory', async ({ directory }) => {
  assert.equal(await list(join(directory, 'absent')), [])
})

test('tells of files that cannot be read as sessions, and leaves out those whose names are not those of sessions', async ({ directory }) => {
  const failures: ReadFailure[] = []
  await file(directory, 'half.json', '{"user":')
  await file(directory, 'encrypted.json', '{"encrypted":"fastify-file-session-store/1","key":"k","nonce":"n","ciphertext":"t"}')
  await file(directory, 'README.md', '{}')
  await file(directory, '.hidden.json', '{}')
  await mkdir(join(directory, 'directory.json'))
  await symlink(join(directory, 'half.json'), join(directory, 'link.json'))
  assert.equal(await list(directory, { onFailure: failure => failures.push(failure) }), [])
  assert.equal(failures.map(({ type, file }) => [type, file]).sort(), [
    ['decrypt-failed', join(directory, 'encrypted.json')], ['malformed', join(directory, 'half.json')]
  ])
  assert.equal(await list(directory), [])
})

for (const io of ways) {
  test(`(${io}) leaves out what is gone when it is reached`, async ({ directory }) => {
    for (const name of ['abc.json', 'abd.json']) await file(directory, name, '{}')
    const disk = new Disk(io, {
      calls: {
        ...nodeFs,
        statSync: file => file.endsWith('abc.json') ? null : nodeFs.statSync(file),
        stat: file => nodeFs.stat(file.replace('abc.json', 'absent'))
      }
    })
    const failures: ReadFailure[] = []
    assert.equal((await list(directory, { disk, onFailure: failure => failures.push(failure) })).map(({ id }) => id), ['abd'])
    assert.equal(failures, [])
  })
}

test('decrypts sessions', async ({ directory }) => {
  const secret = 's'.repeat(32)
  await sessionFile(directory, 'abc').asyncAndThen(file => writeIfChanged(file, { user: 'ada' }, { secret }))
  assert.equal((await list(directory, { secret, clock: Date.now })).map(({ session }) => session), [{ user: 'ada' }])
})

test('gives each session with its changes that are not in its file yet, and those that have no file yet', async ({ directory }) => {
  for (const name of ['changed', 'ended', 'unchanged']) await file(directory, `${name}.json`, '{"n":0}')
  const replace = (session: object): Step => ({ type: 'replace', snapshot: snapshot(session) })
  const changes = new Map<string, Mutation>([
    ['changed', Mutation.of(replace({ n: 1 }))],
    ['ended', Mutation.of({ type: 'remove' })],
    ['new', Mutation.of(replace({ n: 2 }))],
    ['new-expired', Mutation.of(replace({ cookie: { originalMaxAge: -1 } }))]
  ].map(([id, mutation]) => [valueOf(sessionFile(directory, id as string)), mutation as Mutation]))
  const unwritten = { files: () => [...changes.keys(), join(directory, 'other')], mutationOf: (file: string) => changes.get(file) ?? null }
  assert.equal((await list(directory, { unwritten })).map(({ id, session, size }) => [id, session, size]), [
    ['changed', { n: 1 }, 7], ['new', { n: 2 }, 7], ['unchanged', { n: 0 }, 7]
  ])
})

test('can be ended early', async ({ directory }) => {
  for (let index = 0; index < 10; index++) await file(directory, `${index}.json`, '{}')
  let count = 0
  for await (const { id } of listSessions(directory, { clock })) {
    assert.type(id, 'string')
    if (++count === 3) break
  }
  assert.is(count, 3)
})

test('throws the error of the system when the directory cannot be read', async ({ directory }) => {
  const cause = systemError('EACCES')
  const disk = new Disk('auto', { calls: { ...nodeFs, openDirectory: async () => { throw cause } } })
  assert.is(await rejection(list(directory, { disk })), cause)
})

test('uses the real clock and a disk of its own unless told otherwise', async ({ directory }) => {
  await writeFile(join(directory, 'abc.json'), '{"cookie":{"originalMaxAge":60000}}')
  for await (const { id, expiresAt } of listSessions(directory)) {
    assert.is(id, 'abc')
    assert.ok(Math.abs(expiresAt.getTime() - Date.now() - 60_000) < 10_000)
  }
})

test.run()
