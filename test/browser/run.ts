import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { launchOptions } from './support.ts'

// Runs the suites of this folder, one after the other, or those whose names match the pattern that it is given, and
// sums up what uvu says. A suite that ran nothing has failed.

const pattern = new RegExp(process.argv[2] ?? '')
const sum = { total: 0, passed: 0, skipped: 0 }
const failed: string[] = []

function installChromium (): void {
  const { executablePath = '' } = launchOptions
  if (existsSync(executablePath)) return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get') || process.env['CHROMIUM'] !== undefined) {
    console.error(`There is no Chromium at ${executablePath}: install it, or name its path in the variable CHROMIUM.`)
    process.exit(2)
  }
  console.log('Installing Chromium from Debian (once) …')
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' })
  execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], { stdio: ['ignore', 'ignore', 'inherit'] })
}

function run (name: string): Promise<{ code: number | null, output: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, name)], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
    child.on('close', code => resolve({ code, output }))
  })
}

installChromium()
for (const name of (await readdir(import.meta.dirname)).filter(name => name.endsWith('.browser.ts') && pattern.test(name)).sort()) {
  const start = performance.now()
  const { code, output } = await run(name)
  const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map(word => Number(new RegExp(`${word}: +(\\d+)`).exec(output)?.[1] ?? 0)) as [number, number, number]
  const isGood = code === 0 && total > 0 && passed === total
  sum.total += Math.max(total, 1)
  sum.passed += isGood ? passed : Math.min(passed, Math.max(total, 1) - 1)
  sum.skipped += skipped
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${name} ${passed}/${total} ${((performance.now() - start) / 1000).toFixed(1)} s`)
  if (!isGood) failed.push(name)
  if (!isGood) console.log(output, `ended with ${code}`)
}

console.log(`\n  Total:     ${sum.total}\n  Passed:    ${sum.passed}\n  Skipped:   ${sum.skipped}`)
for (const name of failed) console.log(`  Failed:    ${name}`)
process.exitCode = sum.total > 0 && failed.length === 0 && sum.skipped === 0 ? 0 : 1
