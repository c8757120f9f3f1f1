import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ScriptRunner, valueAt } from '../run-script.ts'
import { ensure } from '../trial.ts'

/**
 * The file system refuses to set any time of a file (`utimensat` fails with
 * `code`), as some network and container mounts do. Everything else works, so
 * every request must succeed, and a session that is in use must not expire.
 */
export async function refusedTimes (directory: string, code: string, options: object): Promise<number> {
  return await ScriptRunner.use(async runner => {
    // A lifetime of two seconds, used for three: recorded by whatever the store does in the place of a time.
    const uses = Array.from({ length: 6 }, () => [{ type: 'wait', milliseconds: 500 } as const, { type: 'use', id: 'short' } as const]).flat()
    const result = await runner.run({
      directory,
      options: { touchInterval: 0, ...options },
      calls: [
        { type: 'set', id: 'short', session: { number: 1 }, maxAge: 2_000 },
        { type: 'set', id: 'long', session: { number: 2 }, maxAge: 3_600_000 },
        ...uses,
        { type: 'get', id: 'short' },
        { type: 'use', id: 'long', changes: { number: 3 } },
        { type: 'touch', id: 'long' },
        { type: 'get', id: 'long' },
        { type: 'destroy', id: 'long' },
        { type: 'list' }
      ]
    }, { command: ['strace', '-f', '-qqq', '-o', '/dev/null', '-e', 'trace=utimensat', '-e', `inject=utimensat:error=${code}`] })
    const at = (index: number) => valueAt(result, index)
    for (const index of result.results.keys()) at(index)
    const afterUses = 2 + uses.length
    ensure(at(afterUses)?.number === 1, `a session that was in use has expired: ${JSON.stringify(result)}`)
    ensure(at(afterUses + 3)?.number === 3, 'a change was lost')
    const listed: Array<{ id: string }> = at(afterUses + 5)
    ensure(listed.map(({ id }) => id).join() === 'short', `${JSON.stringify(listed)} are listed`)
    const { mtimeMs } = await stat(join(directory, 'short.json'))
    ensure(Date.now() - mtimeMs < 60_000, `the file has the time ${new Date(mtimeMs).toISOString()}`)
    return result.results.length
  })
}
