import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Workspace } from './machine/workspace.ts'
import { verbLabels, verbSides, type Verb, type VerbSide } from './process/verbs.ts'
import { table } from './report/format.ts'
import { labelOf } from './sides/sides.ts'

const usage = `node --import tsx bench/syscalls.ts [${verbSides.join('] [')}]

Counts the system calls of each operation with strace, and prints a table for each side (auto, async, rawSync).
The library must have been built. --help prints this text.`

// As many as repeat-verb.ts prepares.
const operations = 200

// Less is work that happens now and then. Calls for memory are not counted at all: V8 makes them when it collects garbage.
const fewest = 0.05

const words = process.argv.slice(2)
const unknown = words.find(word => word !== '--help' && !(verbSides as readonly string[]).includes(word))
if (unknown !== undefined) {
  console.error(`There is no ${unknown.startsWith('-') ? 'option' : 'side'} ${unknown}; see --help.`)
  process.exitCode = 2
} else if (words.includes('--help')) console.log(usage)
else if (!hasStrace()) {
  console.error('strace is not installed.')
  process.exitCode = 1
} else printTables(words.length > 0 ? words as VerbSide[] : ['auto', 'async', 'rawSync'])

function printTables (sides: readonly VerbSide[]): void {
  const workspace = new Workspace(import.meta.dirname)
  try {
    for (const side of sides) console.log(`${labelOf(side)}\n\n${tableOf(side, workspace.directory)}\n`)
  } finally {
    workspace.dispose()
  }
}

// System calls per operation; the process itself cancels out between a run with the operations and one without.
function tableOf (side: VerbSide, directory: string): string {
  const verbs = Object.keys(verbLabels) as Verb[]
  const byVerb = verbs.map(verb => {
    const [with_, without] = [operations, 0].map(count => countCalls(side, verb, count, join(directory, `${side}-${verb}-${count}`)))
    return new Map([...with_ ?? []].map(([name, calls]) => [name, Math.max(0, calls - (without?.get(name) ?? 0)) / operations]))
  })
  const names = [...new Set(byVerb.flatMap(calls => [...calls.keys()]))].filter(name => byVerb.some(calls => (calls.get(name) ?? 0) >= fewest)).sort()
  const rows = names.map(name => [name, ...byVerb.map(calls => cell(calls.get(name) ?? 0))])
  const sums = byVerb.map(calls => cell([...calls].reduce((sum, [name, count]) => names.includes(name) ? sum + count : sum, 0)))
  return table(['', ...verbs.map(verb => verbLabels[verb])], [...rows, ['all', ...sums]])
}

function countCalls (side: VerbSide, verb: Verb, count: number, directory: string): Map<string, number> {
  const summary = `${directory}.strace`
  const program = fileURLToPath(new URL('process/repeat-verb.ts', import.meta.url))
  execFileSync('strace', ['-f', '-c', '-e', 'trace=!%memory', '-o', summary, process.execPath, ...process.execArgv, program, side, verb, String(count), directory], { stdio: 'inherit' })
  return parseSummary(readFileSync(summary, 'utf8'))
}

// `% time     seconds  usecs/call     calls    errors syscall`; the errors may be empty.
function parseSummary (text: string): Map<string, number> {
  const lines = text.matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?([a-z]\w*)$/gm)
  return new Map([...lines].flatMap(([, calls, name = '']) => name === 'total' ? [] : [[name, Number(calls)]]))
}

function cell (count: number): string {
  return count < fewest ? '' : String(Number(count.toFixed(1)))
}

function hasStrace (): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
