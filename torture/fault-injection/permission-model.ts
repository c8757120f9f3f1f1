import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ScriptRunner, valueAt } from '../run-script.ts'
import { ensure } from '../trial.ts'
import { expectNames } from './expectations.ts'

/**
 * Node.js' permission model: the process may read its modules and the
 * directory, and write the directory only. Some calls, such as `futimes`, do
 * not exist there.
 */
export async function permissionModel (root: string, options: object): Promise<number> {
  const directory = join(await realpath(root), 'sessions')
  // A path that does not exist yet would be taken for that of a file.
  await mkdir(directory)
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const readable = ['../../dist', '../../node_modules', '../../package.json'].map(path => fileURLToPath(new URL(path, import.meta.url)))
  return await ScriptRunner.use(async runner => {
    const result = await runner.run({
      directory,
      options: { touchInterval: 0, ...options },
      calls: [
        { type: 'set', id: 'a', session: { number: 1 }, maxAge: 3_600_000 },
        { type: 'get', id: 'a' },
        { type: 'wait', milliseconds: 20 },
        { type: 'use', id: 'a' },
        { type: 'use', id: 'a', changes: { number: 2 } },
        { type: 'touch', id: 'a' },
        { type: 'get', id: 'a' },
        { type: 'list' },
        { type: 'prune' },
        { type: 'set', id: 'b', session: { number: 3 }, maxAge: 3_600_000 },
        { type: 'destroy', id: 'b' }
      ]
    }, {
      nodeOptions: modules => [
        flag, ...[modules, ...readable, directory].map(path => `--allow-fs-read=${path}`), `--allow-fs-write=${directory}`
      ]
    })
    for (const index of result.results.keys()) valueAt(result, index)
    ensure(valueAt(result, 1)?.number === 1 && valueAt(result, 6)?.number === 2, `the sessions are ${JSON.stringify(result.results)}`)
    ensure(valueAt(result, 7)?.length === 1, 'the session is not listed')
    ensure(result.reported.length === 0, `${result.reported.join()} was reported`)
    await expectNames(directory, 'a.json')
    return result.results.length
  })
}
