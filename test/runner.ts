import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Progress } from '../scripts/progress.ts'

const uvu = fileURLToPath(new URL('../node_modules/uvu/bin.js', import.meta.url))

// In milliseconds. Something that a failed test has left open, such as a client that tries to connect for ever, keeps its process alive.
const longestSuite = 15 * 60_000

/** How `runSuites` runs. */
export interface RunOptions {
  /** Suites that take long, so that none of them is waited for at the end. */
  readonly first?: readonly string[]
  /** Added to the environment of each suite. */
  readonly environment?: Readonly<Record<string, string>>
  /**
   * How many run at the same time.
   * @default as many as there are cores
   */
  readonly concurrency?: number
}

/** The suites below `directory`, as paths in it: `cache.test.ts`, `session/expiry.test.ts`. Folders in `except` are left out. */
export function suitesIn (directory: string, except: readonly string[] = [], suffix = '.test.ts'): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.endsWith(suffix) && !name.includes('node_modules/') && !except.some(folder => name.startsWith(`${folder}/`)))
    .sort()
}

/**
 * Runs these suites of `directory`: a process each, as many at once as there are cores. Prints a line for each, the
 * output of those that fail or skip a test, and uvu's sums at the end. Resolves to whether all passed that were not skipped.
 *
 * uvu ends a suite silently and with status 0 at something thrown that is no `Error`, and when the suite's `run` was
 * not called: here both fail.
 */
export async function runSuites (directory: string, names: readonly string[], { first = [], environment = {}, concurrency = availableParallelism() }: RunOptions = {}): Promise<boolean> {
  const rank = (name: string) => (first.indexOf(name) + first.length + 1) % (first.length + 1)
  const waiting = [...names].sort((one, other) => rank(one) - rank(other))
  const progress = new Progress(names.length)
  const sum = { total: 0, passed: 0, skipped: 0 }
  const failed: string[] = []

  async function work (): Promise<void> {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const start = performance.now()
      progress.begin(name)
      const { code, output } = await runSuite(directory, name, environment)
      const [total, passed, skipped] = [count(output, 'Total'), count(output, 'Passed'), count(output, 'Skipped')]
      const isGood = code === 0 && total + skipped > 0 && passed === total
      sum.total += isGood ? total : Math.max(total, 1)
      sum.passed += isGood ? passed : Math.min(passed, Math.max(total, 1) - 1)
      sum.skipped += skipped
      console.log(`${!isGood ? 'FAIL' : skipped > 0 ? 'skip' : 'ok  '} ${name} ${passed}/${total} ${((performance.now() - start) / 1000).toFixed(1)} s`)
      if (!isGood) failed.push(name)
      if (!isGood || skipped > 0) console.log(output, `ended with ${code}`)
      progress.end(name)
    }
  }

  await Promise.all(Array.from({ length: concurrency }, work))
  progress.close()
  console.log(`\n  Total:     ${sum.total}\n  Passed:    ${sum.passed}\n  Skipped:   ${sum.skipped}`)
  for (const name of failed) console.log(`  Failed:    ${name}`)
  return sum.total > 0 && failed.length === 0
}

function runSuite (directory: string, name: string, environment: Readonly<Record<string, string>>): Promise<{ code: number | null, output: string }> {
  return new Promise(resolve => {
    const pattern = `^${name.replaceAll('.', '\\.').replaceAll('/', '[\\\\/]')}$`
    const child = spawn(process.execPath, ['--import', 'tsx', uvu, '--no-color', directory, pattern], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      timeout: longestSuite,
      killSignal: 'SIGKILL'
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
    child.on('close', code => resolve({ code, output }))
    // A process that the suite has left running holds its output open: then there is no 'close'.
    child.on('exit', () => setTimeout(() => { for (const stream of [child.stdout, child.stderr]) stream.destroy() }, 5_000).unref())
  })
}

/** The number that uvu prints after `word`, 0 when it printed none. */
function count (output: string, word: string): number {
  return Number(new RegExp(`${word}: +(\\d+)`).exec(output)?.[1] ?? 0)
}
