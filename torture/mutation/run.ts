import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

// Mutation testing with Stryker: changes src in every small way, one module at a time, and runs the suites of that module
// against each mutant. A mutant that no test notices has survived. Survivors that are equivalent to the original are
// listed in survivors.json, each with its reason; any other one fails the run.

const usage = `npm run mutate -- [module …]

Changes a module of src/ in every small way, and tells which changes its tests do not notice.

  module    session/expiry, path, …; all modules of the store by default, which takes hours`

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = new URL('../../src/', import.meta.url)
const stryker = fileURLToPath(new URL('node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url))

// Nothing but types and names.
const withoutLogic = ['errors', 'index', 'pruning/options']

// Modules around the store, which are tested as a whole.
const around = /^(cli|copy|dashboard|plugin)\//

// Suites beyond a module's own that test it.
const furtherSuites: Readonly<Record<string, readonly string[]>> = {
  callbacks: ['store/.*'],
  context: ['store/.*'],
  'express-operations': ['store/.*'],
  operations: ['store/.*', 'owner/.*'],
  store: ['store/.*', 'concurrent-requests'],
  load: ['read'],
  save: ['write'],
  'fs/atomic': ['write'],
  'fs/breaker': ['fs/disk'],
  'fs/busy': ['fs/atomic'],
  'fs/node': ['fs/directory', 'fs/disk'],
  'fs/version': ['cache', 'load', 'save'],
  'owner/completeness': ['owner/.*'],
  'owner/list-owner': ['owner/.*', 'store/owners'],
  'owner/owned-sessions': ['owner/.*', 'store/owners'],
  'owner/pointer-removal': ['owner/owner-index'],
  'owner/owner-index': ['owner/.*', 'store/owners'],
  'queue/session-queue': ['concurrent-requests', 'store/overlapping-requests'],
  'queue/write-queue': ['queue/write-behind'],
  'session/expiry': ['read', 'list', 'pruning/prune'],
  'session/merge-base': ['concurrent-requests'],
  'session/session': ['session/session-text', 'session/snapshot'],
  'session/snapshot': ['session/session-text']
}

// The percentage of a module's mutants that must be killed.
const leastScore = 90

/** A mutation: the lines that it changes, before and after, each on one line. */
interface Mutation { readonly from: string, readonly to: string }

interface KnownSurvivor extends Mutation { readonly module: string, readonly reason: string }

/** What is used of Stryker's report. Lines and columns begin with 1. */
interface StrykerReport {
  readonly files: Readonly<Record<string, { readonly source: string, readonly mutants: readonly Mutant[] }>>
}

interface Position { readonly line: number, readonly column: number }

interface Mutant {
  readonly status: string
  readonly replacement: string
  readonly location: { readonly start: Position, readonly end: Position }
}

const known: readonly KnownSurvivor[] = JSON.parse(await readFile(new URL('survivors.json', import.meta.url), 'utf8'))
const modules = (await readdir(sources, { recursive: true }))
  .filter(name => name.endsWith('.ts'))
  .map(name => name.replace('.ts', '').replaceAll('\\', '/'))
  .filter(module => !withoutLogic.includes(module) && !around.test(module))
const chosen = process.argv.slice(2)
const unknown = chosen.find(module => !modules.includes(module))

if (chosen.includes('--help')) {
  console.log(usage)
} else if (unknown !== undefined) {
  console.error(`There is no module "${unknown}"; the modules are ${modules.join(', ')}.`)
  process.exitCode = 2
} else {
  if (!existsSync(stryker)) execFileSync('npm', ['ci', '--prefix', here], { stdio: 'inherit' })
  const weak: string[] = []
  for (const module of chosen.length > 0 ? chosen : modules) {
    if (!await isWellTested(module)) weak.push(module)
  }
  console.log(weak.length === 0 ? '\nall modules passed' : `\ntoo many mutants survived in ${weak.join(', ')}`)
  process.exitCode = weak.length === 0 ? 0 : 1
}

async function isWellTested (module: string): Promise<boolean> {
  const file = `src/${module}.ts`
  const suites = `^(${[module, ...furtherSuites[module] ?? []].join('|')})\\.test\\.ts$`
  console.log(`\n== ${module}: ${suites}`)
  const { status } = spawnSync(process.execPath, [stryker, 'run', '--mutate', file], {
    cwd: root, stdio: 'inherit', env: { ...process.env, SUITES: suites }
  })
  if (status !== 0) return false
  const report: StrykerReport = JSON.parse(await readFile(new URL('../../reports/mutation.json', import.meta.url), 'utf8'))
  const { source, mutants } = report.files[file]!
  const survivors = mutants.filter(({ status }) => status === 'Survived').map(mutant => mutationOf(source, mutant))
  const score = 100 * (1 - survivors.length / mutants.length)
  const unexplained = survivors.filter(({ from, to }) => !known.some(one => one.module === module && one.from === from && one.to === to))
  console.log(`${module}: ${mutants.length - survivors.length} of ${mutants.length} mutants killed (${score.toFixed(1)} %), ${survivors.length} survived, ${unexplained.length} of them without a reason`)
  for (const { from, to } of unexplained) console.log(JSON.stringify({ module, from, to, reason: '' }, null, 2))
  return score >= leastScore && unexplained.length === 0
}

function mutationOf (source: string, { replacement, location: { start, end } }: Mutant): Mutation {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const before = lines[0]!.slice(0, start.column - 1)
  const after = lines.at(-1)!.slice(end.column - 1)
  return { from: onOneLine(lines.join('\n')), to: onOneLine(before + replacement + after) }
}

function onOneLine (code: string): string {
  return code.trim().replace(/\s+/g, ' ')
}
