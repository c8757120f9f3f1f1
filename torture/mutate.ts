import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// Changes src in every small way there is, a room at a time, and runs that
// room's suites against each change: one that no test notices is a survivor.
//
//   npm run mutate -- [room …]      path, expiry, …; all unless told otherwise: that takes hours

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))
const stryker = fileURLToPath(new URL('node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url))

// Only types, or only names.
const empty = ['calls', 'errors', 'index']

// Where a room's own suite is not all there is about it.
const others: Readonly<Record<string, readonly string[]>> = {
  directory: ['store', 'together'],
  live: ['read', 'list', 'prune'],
  base: ['together'],
  late: ['store', 'model'],
  queue: ['store', 'model']
}

if (!existsSync(stryker)) execFileSync('npm', ['ci', '--prefix', here], { stdio: 'inherit' })

const all = (await readdir(new URL('../src', import.meta.url))).map(name => name.replace('.ts', '')).filter(room => !empty.includes(room))
const weak = (process.argv.length > 2 ? process.argv.slice(2) : all).filter(room => !isStrong(room))
console.log(weak.length === 0 ? '90 % or more of the mutants of each room were killed' : `fewer than 90 % were killed in ${weak.join(', ')}`)
process.exitCode = weak.length === 0 ? 0 : 1

function isStrong (room: string): boolean {
  const suites = `^(${[room, ...others[room] ?? []].join('|')})(\\.more)?\\.test\\.ts$`
  console.log(`== ${room}: ${suites}`)
  const { status } = spawnSync(process.execPath, [stryker, 'run', '--mutate', `src/${room}.ts`], {
    cwd: root, stdio: 'inherit', env: { ...process.env, SUITES: suites }
  })
  return status === 0
}
