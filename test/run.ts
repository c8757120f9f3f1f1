import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

// Runs the test files whose path below test/ matches the pattern in the first argument ('queue/', '^read'), or all. Each
// file runs in a process of its own, as many at once as there are cores; the results are summed up at the end.
// uvu ends a suite in silence and with exit code 0 when something is thrown that is not an `Error`, and when a suite was
// never run: here both count as failed.

const here = fileURLToPath(new URL('.', import.meta.url))
const uvu = fileURLToPath(new URL('../node_modules/uvu/bin.js', import.meta.url))
const pattern = new RegExp(process.argv[2] ?? '')

// The longest first, so that none is waited for at the end.
const longest = ['package.test.ts', 'model.test.ts', 'concurrent-requests.test.ts', 'pruning-processes.test.ts', 'crash.test.ts']
const rank = (name: string) => (longest.indexOf(name) + longest.length + 1) % (longest.length + 1)
const waiting = (await readdir(here, { recursive: true }))
  .map(name => name.replaceAll('\\', '/'))
  .filter(name => name.endsWith('.test.ts') && pattern.test(name))
  .sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))

const sum = { total: 0, passed: 0, skipped: 0 }
const failed: string[] = []

async function work (): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const start = performance.now()
    const { code, output } = await run(name)
    const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map(word => Number(new RegExp(`${word}: +(\\d+)`).exec(output)?.[1] ?? 0)) as [number, number, number]
    const isGood = code === 0 && total > 0 && passed === total
    sum.total += Math.max(total, 1)
    sum.passed += isGood ? passed : Math.min(passed, Math.max(total, 1) - 1)
    sum.skipped += skipped
    console.log(`${isGood ? 'ok  ' : 'FAIL'} ${name} ${passed}/${total} ${((performance.now() - start) / 1000).toFixed(1)} s`)
    if (!isGood) {
      failed.push(name)
      console.log(output, `ended with ${code}`)
    }
  }
}

function run (name: string): Promise<{ code: number | null, output: string }> {
  return new Promise(resolve => {
    const exactName = `^${name.replaceAll('.', '\\.').replaceAll('/', '[\\\\/]')}$`
    const child = spawn(process.execPath, ['--import', 'tsx', uvu, here, exactName], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
    child.on('close', code => resolve({ code, output }))
  })
}

await Promise.all(Array.from({ length: availableParallelism() }, work))
console.log(`\n  Total:     ${sum.total}\n  Passed:    ${sum.passed}\n  Skipped:   ${sum.skipped}`)
for (const name of failed) console.log(`  Failed:    ${name}`)
process.exitCode = sum.total > 0 && failed.length === 0 && sum.skipped === 0 ? 0 : 1
