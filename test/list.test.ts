import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { nodeCalls } from '../src/calls.ts'
import { Disk } from '../src/disk.ts'
import type { Unreadable } from '../src/errors.ts'
import { listSessions, type ListedSession, type ListOptions } from '../src/list.ts'
import { rejection, suiteOnDisk, valueOf } from './support.ts'
import { sessionFile } from '../src/path.ts'
import { writeIfChanged } from '../src/write.ts'

const test = suiteOnDisk('listSessions')
const usedAt = new Date('2030-01-02T03:04:05.000Z')
const clock = () => usedAt.getTime() + 1_000

async function list (directory: string, options: ListOptions = {}): Promise<ListedSession[]> {
  const listed = []
  for await (const session of listSessions(directory, { clock, ...options })) listed.push(session)
  return listed.sort((one, other) => one.id < other.id ? -1 : 1)
}

/** A file of this directory that was last used at `usedAt`. */
async function file (directory: string, name: string, text: string): Promise<void> {
  await writeFile(join(directory, name), text)
  await utimes(join(directory, name), usedAt, usedAt)
}

for (const io of ['auto', 'async'] as const) {
  test(`(${io}) gives each session with its id, last use, expiry and size`, async ({ directory }) => {
    await file(directory, 'abc.json', '{"user":"ada"}')
    await file(directory, 'a%2Fb.json', '{"cookie":{"originalMaxAge":5000},"user":"bob"}')
    assert.equal(await list(directory, { disk: new Disk(io), ttl: 60_000 }), [
      { id: 'a/b', session: { cookie: { originalMaxAge: 5_000, expires: new Date(usedAt.getTime() + 5_000) }, user: 'bob' }, usedAt, expiresAt: new Date(usedAt.getTime() + 5_000), size: 47 },
      { id: 'abc', session: { user: 'ada' }, usedAt, expiresAt: new Date(usedAt.getTime() + 60_000), size: 14 }
    ])
  })
}

test('leaves out expired sessions unless asked for', async ({ directory }) => {
  await file(directory, 'over.json', '{"cookie":{"originalMaxAge":1000}}')
  await file(directory, 'alive.json', '{"cookie":{"originalMaxAge":1001}}')
  assert.equal((await list(directory)).map(({ id }) => id), ['alive'])
  assert.equal((await list(directory, { expired: true })).map(({ id }) => id), ['alive', 'over'])
})

test('gives nothing for a missing directory', async ({ directory }) => {
  assert.equal(await list(join(directory, 'absent')), [])
})

test('tells files that it cannot read, and passes over strangers', async ({ directory }) => {
  const failures: Unreadable[] = []
  await file(directory, 'half.json', '{"user":')
  await file(directory, 'sealed.json', '{"sealed":1,"key":"k","nonce":"n","text":"t"}')
  await file(directory, 'README.md', '{}')
  await file(directory, '.hidden.json', '{}')
  await mkdir(join(directory, 'directory.json'))
  await symlink(join(directory, 'half.json'), join(directory, 'link.json'))
  assert.equal(await list(directory, { onFailure: failure => failures.push(failure) }), [])
  assert.equal(failures.map(({ type, file }) => [type, file]).sort(), [
    ['malformed', join(directory, 'half.json')], ['sealed', join(directory, 'sealed.json')]
  ])
  assert.equal(await list(directory), [])
})

for (const io of ['auto', 'async'] as const) {
  test(`(${io}) passes over what is gone when it is reached`, async ({ directory }) => {
    for (const name of ['abc.json', 'abd.json']) await file(directory, name, '{}')
    const disk = new Disk(io, {
      ...nodeCalls,
      statSync: file => file.endsWith('abc.json') ? undefined : nodeCalls.statSync(file),
      stat: file => nodeCalls.stat(file.replace('abc.json', 'absent'))
    })
    const failures: Unreadable[] = []
    assert.equal((await list(directory, { disk, onFailure: failure => failures.push(failure) })).map(({ id }) => id), ['abd'])
    assert.equal(failures, [])
  })
}

test('opens sealed sessions', async ({ directory }) => {
  const secret = 's'.repeat(32)
  const file = valueOf(sessionFile(directory, 'abc'))
  await writeIfChanged(file, { user: 'ada' }, { secret })
  assert.equal((await list(directory, { secret, clock: Date.now })).map(({ session }) => session), [{ user: 'ada' }])
})

test('throws the disk\'s error when the directory cannot be read', async ({ directory }) => {
  const cause = Object.assign(new Error('no'), { code: 'EACCES' })
  const disk = new Disk('auto', { ...nodeCalls, openDirectory: async () => { throw cause } })
  assert.is(await rejection(list(directory, { disk })), cause)
})

test.run()
