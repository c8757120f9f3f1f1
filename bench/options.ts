import { parseArgs } from 'node:util'
import { fileSystemNames, type FileSystemName } from './machine/file-systems.ts'
import { sideNames, type SideName } from './sides/sides.ts'

/** The parts of the benchmark, in the order in which they run. */
export const sections = ['http', 'process', 'scale', 'prune'] as const

export type Section = typeof sections[number]

/** What to run. */
export interface BenchOptions {
  readonly sections: readonly Section[]
  /** Few short rounds and small directories, and nothing is written. */
  readonly isQuick: boolean
  /** Prints the targets: those of the last full run, or with `isQuick` those of this run. */
  readonly showsTargets: boolean
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

Compares session stores in turn, and writes bench/results.json, results.md and http.svg. Without a section, all of
them run, which takes about an hour; the time left is shown.

--quick                  few short rounds, in some minutes: shows that everything works. Prints the report, writes nothing
--targets                prints what this store should reach and what it reached in the last full run, and measures
                         nothing; with --quick, prints that for this run
--file-systems <names>   the file systems for http, separated by commas: ${fileSystemNames.join(', ')}
                         (all). Loop mounts need root
--sides <names>          the stores for http, separated by commas, beside map: ${sideNames.slice(0, 7).join(', ')},
                         ${sideNames.slice(7).join(', ')} (all)
--sessions <count>       the sessions in the large directory of scale and prune (1000000)
--directory <path>       where to create the sessions (this folder)
--help                   this text`

const booleans = ['quick', 'targets', 'help'] as const
const texts = ['file-systems', 'sides', 'sessions', 'directory'] as const

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
  const isQuick = values.quick === true
  return {
    sections: positionals.length === 0 ? sections : sections.filter(isIn('section', positionals, sections)),
    isQuick,
    showsTargets: values.targets === true,
    sessions: sessionsOf(values.sessions as string | undefined ?? (isQuick ? '20000' : '1000000')),
    directory: values.directory as string | undefined ?? import.meta.dirname,
    fileSystems: chosenOf('file system', values['file-systems'] as string | undefined, fileSystemNames),
    sides: chosenOf('side', values.sides as string | undefined, sideNames)
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
