import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call } from '../store-process.ts'
import { ScriptRunner, valueAt } from '../run-script.ts'
import { ensure } from '../trial.ts'
import { expectNames } from './expectations.ts'

// Ids that no user of the system has. The group is shared by both.
const users = [61_001, 61_002]
const group = 61_000

/**
 * Two users, such as a web server and a command-line tool, share a setgid
 * directory with files of mode 0660. Neither may set the times of the other's
 * files, and both must be able to read, use, change and end every session.
 */
export async function sharedDirectory (root: string, { umask, options }: { readonly umask: number, readonly options: object }): Promise<number> {
  await chmod(root, 0o755)
  const directory = join(root, 'sessions')
  await mkdir(directory)
  await chown(directory, users[0] as number, group)
  await chmod(directory, 0o2770)
  return await ScriptRunner.use(async runner => {
    const runAs = async (user: number, calls: readonly Call[]) => {
      const result = await runner.run({ directory, user, group, umask, options: { fileMode: 0o660, touchInterval: 0, ...options }, calls })
      for (const index of result.results.keys()) valueAt(result, index)
      ensure(result.reported.length === 0, `user ${user} was reported ${result.reported.join()}`)
      const { gid, mode } = await stat(join(directory, 'a.json'))
      ensure(gid === group && (mode & 0o777) === 0o660, `the file has the group ${gid} and the mode ${mode.toString(8)}`)
      return result
    }
    await runAs(users[0] as number, [{ type: 'set', id: 'a', session: { number: 0 }, maxAge: 3_600_000 }])
    let count = 1
    for (let round = 0; round < 4; round++) {
      const user = users[(round + 1) % 2] as number
      const before = await stat(join(directory, 'a.json'))
      const result = await runAs(user, [
        { type: 'get', id: 'a' },
        { type: 'use', id: 'a' },
        { type: 'touch', id: 'a' },
        { type: 'use', id: 'a', changes: { number: round + 1 } },
        { type: 'get', id: 'a' },
        { type: 'prune' }
      ])
      ensure(valueAt(result, 0)?.number === round && valueAt(result, 4)?.number === round + 1, `user ${user} found ${JSON.stringify(result.results)}`)
      ensure((await stat(join(directory, 'a.json'))).mtimeMs > before.mtimeMs, `the use by user ${user} was not recorded`)
      count += result.results.length
    }
    const last = await runner.run({ directory, user: users[1] as number, group, options, calls: [{ type: 'destroy', id: 'a' }] })
    valueAt(last, 0)
    await expectNames(directory)
    return count
  })
}
