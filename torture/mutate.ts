import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// Changes src in every small way there is, a room at a time, and runs that
// room's suites against each change: one that no test notices is a survivor.
// Those that cannot be told from the original stand in survivors.json, each
// with its reason; any other one fails the run.
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
  pace: ['disk'],
  live: ['read', 'list', 'prune'],
  base: ['together'],
  queue: ['late'],
  replace: ['write']
}

// Of the mutants of a room, in percent.
const least = 90

/** A change, as the lines that it changes were and are, on one line each. */
interface Change { readonly from: string, readonly to: string }

interface Survivor extends Change { readonly room: string, readonly reason: string }

/** What is of interest in Stryker's report: lines and columns begin with 1. */
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string, readonly mutants: readonly Mutant[] }>>
}

interface Place { readonly line: number, readonly column: number }

interface Mutant {
  readonly status: string
  readonly replacement: string
  readonly location: { readonly start: Place, readonly end: Place }
}

if (!existsSync(stryker)) execFileSync('npm', ['ci', '--prefix', here], { stdio: 'inherit' })

const named: readonly Survivor[] = JSON.parse(await readFile(new URL('survivors.json', import.meta.url), 'utf8'))
const all = (await readdir(new URL('../src', import.meta.url))).map(name => name.replace('.ts', '')).filter(room => !empty.includes(room))
const weak: string[] = []
for (const room of process.argv.length > 2 ? process.argv.slice(2) : all) {
  if (!await isStrong(room)) weak.push(room)
}
console.log(weak.length === 0 ? '\nevery room held' : `\ntoo much survived in ${weak.join(', ')}`)
process.exitCode = weak.length === 0 ? 0 : 1

async function isStrong (room: string): Promise<boolean> {
  const file = `src/${room}.ts`
  const suites = `^(${[room, ...others[room] ?? []].join('|')})(\\.more)?\\.test\\.ts$`
  console.log(`\n== ${room}: ${suites}`)
  const { status } = spawnSync(process.execPath, [stryker, 'run', '--mutate', file], {
    cwd: root, stdio: 'inherit', env: { ...process.env, SUITES: suites }
  })
  if (status !== 0) return false
  const report: Report = JSON.parse(await readFile(new URL('../reports/mutation.json', import.meta.url), 'utf8'))
  const { source, mutants } = report.files[file]!
  const survivors = mutants.filter(({ status }) => status === 'Survived').map(mutant => changeOf(source, mutant))
  const score = 100 * (1 - survivors.length / mutants.length)
  const unnamed = survivors.filter(survivor => !named.some(one => one.room === room && one.from === survivor.from && one.to === survivor.to))
  console.log(`${room}: ${mutants.length - survivors.length} of ${mutants.length} mutants killed (${score.toFixed(1)} %), ${survivors.length} survived, ${unnamed.length} of them without a reason`)
  for (const { from, to } of unnamed) console.log(JSON.stringify({ room, from, to, reason: '' }, null, 2))
  return score >= least && unnamed.length === 0
}

function changeOf (source: string, { replacement, location: { start, end } }: Mutant): Change {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const before = lines[0]!.slice(0, start.column - 1)
  const after = lines.at(-1)!.slice(end.column - 1)
  return { from: onOneLine(lines.join('\n')), to: onOneLine(before + replacement + after) }
}

function onOneLine (code: string): string {
  return code.trim().replace(/\s+/g, ' ')
}
