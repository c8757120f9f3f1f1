import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** What a run of the tests came to. */
export interface TestRun {
  /** Whether tests ran, and all of them passed, none skipped. */
  readonly isGood: boolean
  readonly passed: number
  readonly output: string
}

/** Runs `test/run.ts` with this pattern in a process of its own, by the `node` of the environment's PATH. */
export function runTests (pattern: string, environment: Readonly<Record<string, string>>): Promise<TestRun> {
  return new Promise(resolve => {
    const child = spawn('node', ['--import', 'tsx', 'test/run.ts', pattern], {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
    child.on('close', code => {
      const passed = Number(/Passed: +(\d+)\s+Skipped: +0\s*$/.exec(output)?.[1] ?? 0)
      resolve({ isGood: code === 0 && passed > 0, passed, output })
    })
  })
}
