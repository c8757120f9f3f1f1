import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { namesIn, rejection } from '../../test/support.ts'
import type { StoreOptions } from '../../src/index.ts'
import { openTestedStore, type TestedStore } from '../tested-store.ts'
import { ensure } from '../trial.ts'

const run = promisify(execFile)

const specialIds = ['fifo', 'directory', 'zero', 'terminal', 'to-fifo', 'loop', 'to-directory', 'socket']

/** FIFOs, devices, sockets, directories and links with the names of sessions. */
export async function specialFiles (root: string, options: StoreOptions): Promise<number> {
  const directory = join(root, 'sessions')
  const outside = join(root, 'outside.json')
  const tested = openTestedStore(directory, options)
  const { store, set } = tested
  await set('real', { number: 1, cookie: { path: '/' } })
  await writeFile(outside, '{"number":5}')
  await utimes(outside, 1_000_000_000, 1_000_000_000)
  const fileOf = (id: string) => join(directory, `${id}.json`)
  const server = createServer()
  await run('mkfifo', [fileOf('fifo')])
  await mkdir(fileOf('directory'))
  await symlink('/dev/zero', fileOf('zero'))
  await symlink('/dev/tty', fileOf('terminal'))
  await symlink(fileOf('fifo'), fileOf('to-fifo'))
  await symlink(fileOf('loop'), fileOf('loop'))
  await symlink(directory, fileOf('to-directory'))
  server.listen(fileOf('socket'))
  await once(server, 'listening')
  try {
    // A link to a missing file, and one to a file outside that must neither be changed nor removed.
    await symlink(join(root, 'missing'), fileOf('missing'))
    await symlink(outside, fileOf('outside'))
    await expectNoSessions(tested)
    const { scanned, removed } = await store.prune()
    ensure(scanned === 1 && removed === 0, `${scanned} files were scanned, ${removed} removed`)
    await new Promise<void>(resolve => store.clear(() => resolve()))
    const left = await namesIn(directory)
    ensure(left.length === specialIds.length + 2, `${left.join()} are left`)
    await expectReplaceable(tested)
    ensure((await readFile(outside, 'utf8')) === '{"number":5}', 'a file outside was changed')
    ensure((await namesIn(directory)).join() === 'directory.json', 'something else is left')
    return specialIds.length + 2
  } finally {
    server.close()
  }
}

async function expectNoSessions ({ store, get, takeFailures }: TestedStore): Promise<void> {
  for (const id of specialIds) {
    ensure(await get(id) === null, `${id} is a session`)
    ensure((await takeFailures()).join() === 'read-failed', `${id} was not reported`)
  }
  ensure(await get('missing') === null && (await takeFailures()).length === 0, 'a link to a missing file is a session')
  const listed = []
  for await (const { id } of store.list({ expired: true })) listed.push(id)
  ensure(listed.join() === 'real', `${listed.join()} are listed`)
}

// A session replaces anything but a directory, and leaves alone what a link points to.
async function expectReplaceable ({ get, set, destroy }: TestedStore): Promise<void> {
  for (const id of [...specialIds.filter(id => id !== 'directory'), 'missing', 'outside']) {
    await set(id, { number: 2 })
    ensure((await get(id))?.number === 2, `${id} could not be set`)
    await destroy(id)
  }
  ensure((await rejection(set('directory', { number: 2 }))).cause?.type === 'write-failed', 'a directory was replaced')
  ensure((await rejection(destroy('directory'))).cause?.type === 'remove-failed', 'a directory was removed')
}
