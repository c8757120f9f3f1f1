import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ensure } from '../trial.ts'
import { expectNames } from './expectations.ts'
import type { Orders, Round } from './limited-process.ts'

const run = promisify(execFile)

// The user id of `nobody`.
const nobody = 65_534

/** The user of the process has no permission for the directory. */
export async function noPermission (root: string): Promise<number> {
  await chmod(root, 0o755)
  const directory = join(root, 'sessions')
  await mkdir(directory, { mode: 0o755 })
  await writeFile(join(directory, 'a.json'), '{"number":41}', { mode: 0o600 })
  const orders = { directory, user: nobody, ids: ['a', 'b'], rounds: 2 }
  // The directory can be searched, its files can neither be read nor changed.
  for (const { set, get, reported } of await runLimited(orders)) {
    ensure(isOnly(set, 'write-failed EACCES', 2), `set: ${JSON.stringify(set)}`)
    ensure(isOnly(get, 'null', 2) && isOnly(reported, 'read-failed', 1), `get: ${JSON.stringify({ get, reported })}`)
  }
  ensure(await readFile(join(directory, 'a.json'), 'utf8') === '{"number":41}', 'a session was lost')
  await expectNames(directory, 'a.json')
  // The directory cannot be searched: a session that is forbidden is not one that is absent.
  await chmod(directory, 0o700)
  for (const { set, get, destroy, reported } of await runLimited(orders)) {
    ensure(isOnly(set, 'write-failed EACCES', 2), `set: ${JSON.stringify(set)}`)
    ensure(isOnly(get, 'null', 2) && isOnly(reported, 'read-failed', 2), `get: ${JSON.stringify({ get, reported })}`)
    ensure(Object.keys(destroy).length === 0 || isOnly(destroy, 'remove-failed EACCES', 2), `destroy: ${JSON.stringify(destroy)}`)
  }
  await expectNames(directory, 'a.json')
  await chown(directory, nobody, nobody)
  const [first, second] = await runLimited(orders)
  ensure(isOnly(first?.set, 'done', 2) && isOnly(first?.get, '0', 2), `with permission: ${JSON.stringify(first)}`)
  ensure(isOnly(second?.set, 'done', 2) && isOnly(second?.get, '1', 2) && isOnly(second?.destroy, 'done', 2), `with permission: ${JSON.stringify(second)}`)
  await expectNames(directory)
  return 3
}

/** The process has few file descriptors, or none left. */
export async function fewDescriptors (directory: string, sessions: number): Promise<number> {
  const ids = Array.from({ length: sessions }, (_, number) => `s${number}`)
  // All are in use, except for what Node gives back: writes fail and leave nothing behind. Then they are free again.
  const exhausted = await runLimited({ directory, ids: ids.slice(0, 100), rounds: 2, exhaustsDescriptors: true }, 128)
  const { done: spare = 0, 'write-failed EMFILE': refused = 0 } = exhausted[0]?.set ?? {}
  ensure(refused > 50 && spare + refused === 100, `without descriptors: ${JSON.stringify(exhausted[0])}`)
  ensure(isOnly(exhausted[1]?.set, 'done', 100) && isOnly(exhausted[1]?.get, '1', 100), `with descriptors again: ${JSON.stringify(exhausted[1])}`)
  await expectNames(directory)
  // About a hundred for thousands of concurrent sessions are enough.
  const [first, second] = await runLimited({ directory, ids, rounds: 2 }, 128)
  ensure(isOnly(first?.set, 'done', sessions) && isOnly(first?.get, '0', sessions), `concurrently: ${JSON.stringify(first)}`)
  ensure(isOnly(second?.set, 'done', sessions) && isOnly(second?.get, '1', sessions) && isOnly(second?.destroy, 'done', sessions), `concurrently: ${JSON.stringify(second)}`)
  await expectNames(directory)
  // Fewer than the store opens at a time: some writes fail and say so, all others have happened.
  const scarce = await runLimited({ directory, ids, rounds: 1 }, 56)
  const { done = 0, 'write-failed EMFILE': failed = 0 } = scarce[0]?.set ?? {}
  ensure(done + failed === sessions, `with few descriptors: ${JSON.stringify(scarce)}`)
  const written = await readdir(directory)
  ensure(written.length === done, `${done} writes were acknowledged, and ${written.length} files are there`)
  return sessions * 2
}

function isOnly (counts: Record<string, number> | undefined, word: string, count: number): boolean {
  return counts !== undefined && Object.keys(counts).length === 1 && counts[word] === count
}

async function runLimited (orders: Orders, descriptors = 1024): Promise<Round[]> {
  const file = fileURLToPath(new URL('limited-process.ts', import.meta.url))
  const { FORCE_COLOR, ...env } = process.env
  const { stdout } = await run('/bin/sh', [
    '-c', `ulimit -n ${descriptors} && exec "$0" "$@"`, process.execPath, '--import', 'tsx', file, JSON.stringify(orders)
  ], { env, maxBuffer: 1e8 })
  return JSON.parse(stdout)
}
