import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fileSystemNames, type FileSystemName } from './machine/file-systems.ts'
import { sideNames, type SideName } from './sides/sides.ts'

/** The parts of the benchmark, in the order in which they run. */
export const sections = ['http', 'process', 'scale', 'prune'] as const

export type Section = typeof sections[number]

/** What to run. */
export interface BenchOptions {
  readonly sections: readonly Section[]
  /** Few short rounds and small directories. */
  readonly isQuick: boolean
  /** The directory for the results; `null` when they are only printed. */
  readonly output: string | null
  /** Prints the targets: those of the last full run, or with `isQuick` those of this run. */
  readonly showsTargets: boolean
  /** The `results.json` of an earlier version, for the targets; `null` when there is none. */
  readonly before: string | null
  /** How many sessions the large directory of `scale` and `prune` holds. */
  readonly sessions: number
  /** Where directories for sessions are created, and removed at the end. */
  readonly directory: string
  /** The file systems that `http` measures. */
  readonly fileSystems: readonly FileSystemName[]
  /** The stores that `http` measures. */
  readonly sides: readonly SideName[]
}

/** The text of `--help`. */
export const usage = `npm run bench -- [${sections.join('] [')}] [options]

Compares session stores in turn, and writes results.json, results.md and http.svg. Without a section, all of them run,
which takes about an hour; the time left is shown.

--quick                  few short rounds, in some minutes: shows that everything works
--file-systems <names>   the file systems for http, separated by commas: ${fileSystemNames.join(', ')}
                         (all). Loop mounts need root
--sides <names>          the stores for http beside map, separated by commas: ${sideNames.slice(0, 6).join(', ')},
                         ${sideNames.slice(6).join(', ')} (all)
--sessions <count>       the sessions in the large directory of scale and prune (1000000, with --quick 20000)
--directory <path>       where to create the sessions (this folder)
--output <path>          where to write the results (this folder; with --quick or --sides they are only printed)
--targets                prints what this store should reach and what it reached in the last full run, and measures
                         nothing; with --quick, prints that for this run
--before <file>          for --targets: results.json of an earlier version, measured on this machine
--help                   this text`

const booleans = ['quick', 'targets', 'help'] as const
const texts = ['file-systems', 'sides', 'sessions', 'directory', 'output', 'before'] as const

/** Reads the command line; `null` when it asks for help. Throws an `Error` with one sentence when it is wrong. */
export function parseOptions (words: string[]): BenchOptions | null {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    // With `strict`, the messages have several sentences.
    strict: false,
    options: {
      ...Object.fromEntries(booleans.map(name => [name, { type: 'boolean' as const }])),
      ...Object.fromEntries(texts.map(name => [name, { type: 'string' as const }]))
    }
  })
  checkOptions(values)
  if (values.help) return null
  const text = (name: typeof texts[number]) => values[name] as string | undefined
  const isQuick = values.quick === true
  const before = text('before') ?? null
  if (before !== null && !existsSync(before)) throw new Error(`There is no file ${before}.`)
  return {
    sections: positionals.length === 0 ? sections : sections.filter(isIn('section', positionals, sections)),
    isQuick,
    output: text('output') ?? (isQuick || text('sides') !== undefined ? null : import.meta.dirname),
    showsTargets: values.targets === true,
    before,
    sessions: sessionsOf(text('sessions') ?? (isQuick ? '20000' : '1000000')),
    directory: text('directory') ?? import.meta.dirname,
    fileSystems: chosenOf('file system', text('file-systems'), fileSystemNames),
    sides: chosenOf('side', text('sides'), sideNames)
  }
}

function checkOptions (values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    const isBoolean = (booleans as readonly string[]).includes(name)
    if (!isBoolean && !(texts as readonly string[]).includes(name)) throw new Error(`There is no option --${name}; see --help.`)
    if (isBoolean && value !== true) throw new Error(`--${name} takes no value.`)
    if (!isBoolean && (typeof value !== 'string' || value === '')) throw new Error(`--${name} needs a value.`)
  }
}

function chosenOf<Name extends string> (kind: string, list: string | undefined, known: readonly Name[]): readonly Name[] {
  return list === undefined ? known : known.filter(isIn(kind, list.split(','), known))
}

function sessionsOf (text: string): number {
  const sessions = Number(text)
  if (!Number.isInteger(sessions) || sessions < 10_000) throw new Error('--sessions must be a whole number of at least 10000.')
  return sessions
}

// Throws when one of the names is not known.
function isIn (kind: string, names: readonly string[], known: readonly string[]): (name: string) => boolean {
  const unknown = names.find(name => !known.includes(name))
  if (unknown !== undefined) throw new Error(`There is no ${kind} ${unknown}; there are ${known.join(', ')}.`)
  return name => names.includes(name)
}
