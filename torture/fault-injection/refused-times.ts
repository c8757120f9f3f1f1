import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ScriptRunner, valueAt } from '../run-script.ts'
import { ensure } from '../trial.ts'

// In milliseconds.
const lifetime = 3_000

/**
 * The file system refuses to set any time of a file (`utimensat` fails with
 * `code`), as some network and container mounts do. Everything else works, so
 * every request must succeed, and a session that is in use must not expire.
 */
export async function refusedTimes (directory: string, code: string, options: object): Promise<number> {
  return await ScriptRunner.use(async runner => {
    // Used for longer than it lives, which has to be recorded by other means than a time.
    const uses = Array.from({ length: 8 }, () => [{ type: 'wait', milliseconds: 500 } as const, { type: 'use', id: 'short' } as const]).flat()
    const result = await runner.run({
      directory,
      options: { touchInterval: 0, ...options },
      calls: [
        { type: 'set', id: 'short', session: { number: 1 }, maxAge: lifetime },
        { type: 'set', id: 'long', session: { number: 2 }, maxAge: 3_600_000 },
        ...uses,
        { type: 'get', id: 'short' },
        { type: 'use', id: 'long', changes: { number: 3 } },
        { type: 'touch', id: 'long' },
        { type: 'get', id: 'long' },
        { type: 'destroy', id: 'long' },
        { type: 'list' }
      ]
    }, { command: ['strace', '-f', '--seccomp-bpf', '-qqq', '-o', '/dev/null', '-e', 'trace=utimensat', '-e', `inject=utimensat:error=${code}`] })
    const at = (index: number) => valueAt(result, index)
    for (const index of result.results.keys()) at(index)
    const afterUses = 2 + uses.length
    // On a busy machine the process may have slept for longer than the session lives.
    const wasInUse = Array.from({ length: afterUses }, (_, index) => (result.begunAt[index + 1] ?? 0) - (result.begunAt[index] ?? 0)).every(gap => gap < lifetime - 1_000)
    ensure(!wasInUse || at(afterUses)?.number === 1, `a session that was in use has expired: ${JSON.stringify(result)}`)
    ensure(at(afterUses + 3)?.number === 3, 'a change was lost')
    const listed: Array<{ id: string }> = at(afterUses + 5)
    ensure(listed.every(({ id }) => id === 'short') && listed.length <= 1, `${JSON.stringify(listed)} are listed`)
    const { mtimeMs } = await stat(join(directory, 'short.json'))
    ensure(mtimeMs >= (result.begunAt[0] as number) - 1_000 && mtimeMs <= Date.now(), `the file has the time ${new Date(mtimeMs).toISOString()}`)
    return result.results.length
  })
}
