import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { FileStore } from '../../src/index.ts'
import { called } from '../../test/support.ts'
import { ScriptRunner, valueAt } from '../run-script.ts'
import { ensure } from '../trial.ts'

const run = promisify(execFile)

const day = 24 * 60 * 60

// In milliseconds.
const pruneInterval = 300
const patience = 30_000

/** What stands in the way of the file `.pruned`, by which processes agree on who prunes. */
export const obstacles: Readonly<Record<string, (lockFile: string) => Promise<unknown>>> = {
  'a directory': lockFile => mkdir(lockFile),
  'a directory that is not empty': async lockFile => {
    await mkdir(lockFile)
    await writeFile(join(lockFile, 'file'), '')
  },
  'a link to a missing file': lockFile => symlink(`${lockFile}-missing`, lockFile),
  'a link to itself': lockFile => symlink(lockFile, lockFile),
  'a FIFO': lockFile => run('mkfifo', [lockFile]),
  'a time in the future': lockFile => touch(lockFile, 365 * day),
  'a token of a dead process': async lockFile => {
    const mtime = await touch(lockFile, -day)
    await touch(`${lockFile}-${mtime}`, -day)
  },
  'a token with a time in the future': async lockFile => {
    const mtime = await touch(lockFile, -day)
    await touch(`${lockFile}-${mtime}`, 365 * day)
  }
}

async function touch (file: string, secondsFromNow: number): Promise<number> {
  const seconds = Math.floor(Date.now() / 1000) + secondsFromNow
  await writeFile(file, '')
  await utimes(file, seconds, seconds)
  return seconds * 1000
}

/** Pruning goes on in the background although something stands in the way of the lease. */
export async function obstructedLease (directory: string, obstacle: string): Promise<number> {
  const expired = await writeExpiredSessions(directory)
  await obstacles[obstacle]?.(join(directory, '.pruned'))
  await expectPruned(directory, expired)
  return expired.length
}

/** The same while a disk has neither space nor inodes left. */
export async function noRoomForLease (directory: string): Promise<number> {
  const expired = await writeExpiredSessions(directory)
  await fill(directory)
  await expectPruned(directory, expired)
  return expired.length
}

/** The same for a process of a user who may not renew the lease of another. */
export async function leaseOfAnotherUser (root: string): Promise<number> {
  const directory = join(root, 'sessions')
  const user = 61_003
  await chmod(root, 0o755)
  await mkdir(directory)
  const expired = await writeExpiredSessions(directory)
  await touch(join(directory, '.pruned'), -day)
  await chmod(join(directory, '.pruned'), 0o600)
  await chown(directory, user, user)
  for (const file of expired) await chown(file, user, user)
  return await ScriptRunner.use(runner => expectPrunedByScript(runner, { directory, expired, user }))
}

/** The same where the quota of the user is exceeded: nothing can be created under the names of lease and tokens. */
export async function quotaExceeded (directory: string): Promise<number> {
  const expired = await writeExpiredSessions(directory)
  const paths = ['-P', join(directory, '.pruned')]
  const command = ['strace', '-f', '--seccomp-bpf', '-qqq', '-o', '/dev/null', ...paths, '-e', 'trace=openat', '-e', 'inject=openat:error=EDQUOT']
  return await ScriptRunner.use(runner => expectPrunedByScript(runner, { directory, expired, command }))
}

/** A read-only disk cannot be pruned, which is reported. As soon as it can be written, pruning goes on. */
export async function readOnlyLease (directory: string): Promise<number> {
  const expired = await writeExpiredSessions(directory)
  await run('mount', ['-o', 'remount,ro', directory])
  const reported: string[] = []
  const store = new FileStore(directory, { pruneInterval, onFailure: ({ type }: { type: string }) => { reported.push(type) } })
  try {
    await called(callback => store.get('live', callback))
    await waitFor(() => reported.length > 0, 'nothing was reported')
    await run('mount', ['-o', 'remount,rw', directory])
    await waitFor(() => !expired.some(existsSync), 'the expired sessions are still there')
  } finally {
    await store.close()
  }
  return expired.length
}

async function writeExpiredSessions (directory: string): Promise<string[]> {
  const cookie = { path: '/', originalMaxAge: 60_000 }
  const files = Array.from({ length: 3 }, (_, number) => join(directory, `expired${number}.json`))
  for (const file of files) {
    await writeFile(file, JSON.stringify({ cookie }), { mode: 0o600 })
    await utimes(file, Date.now() / 1000 - day, Date.now() / 1000 - day)
  }
  await writeFile(join(directory, 'live.json'), JSON.stringify({ cookie: { ...cookie, originalMaxAge: day * 1000 } }), { mode: 0o600 })
  return files
}

async function fill (directory: string): Promise<void> {
  for (let number = 0; number < 10_000; number++) {
    try {
      await writeFile(join(directory, `.filler-${number}`), 'x'.repeat(4096))
    } catch {
      return
    }
  }
  throw new Error('the disk does not get full')
}

async function expectPruned (directory: string, expired: readonly string[]): Promise<void> {
  const store = new FileStore(directory, { pruneInterval, onFailure () {} })
  try {
    await called(callback => store.get('live', callback))
    await waitFor(() => !expired.some(existsSync), 'the expired sessions are still there')
    ensure(existsSync(join(directory, 'live.json')), 'a live session was removed')
    // Not only once: the lease that was found in this state must not hold up the next prune.
    const [again = ''] = await writeExpiredSessions(directory).catch(() => [])
    if (again !== '') await waitFor(() => !existsSync(again), 'nothing is pruned any more')
  } finally {
    await store.close()
  }
}

interface PrunedByScript {
  readonly directory: string
  readonly expired: readonly string[]
  readonly user?: number
  readonly command?: readonly string[]
}

async function expectPrunedByScript (runner: ScriptRunner, { directory, expired, user, command = [] }: PrunedByScript): Promise<number> {
  const script = {
    directory,
    options: { pruneInterval },
    ...(user !== undefined && { user, group: user }),
    calls: [{ type: 'get', id: 'live' } as const, ...expired.map(file => ({ type: 'wait-until-gone', file } as const))]
  }
  const result = await runner.run(script, { command })
  for (const index of expired.keys()) ensure(valueAt(result, index + 1), `an expired session is still there: ${JSON.stringify(result)}`)
  ensure(existsSync(join(directory, 'live.json')), 'a live session was removed')
  return expired.length
}

async function waitFor (condition: () => boolean, message: string): Promise<void> {
  const deadline = performance.now() + patience
  while (!condition()) {
    ensure(performance.now() < deadline, message)
    await delay(20)
  }
}
