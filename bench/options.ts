import { parseArgs } from 'node:util'

/** The parts of the benchmark, in the order in which they run. */
export const sections = ['process', 'http', 'scale', 'prune'] as const

export type Section = typeof sections[number]

/** What to run, and how long. */
export interface BenchOptions {
  readonly sections: readonly Section[]
  /** Short rounds, few of them, small directories: shows that everything runs, not how fast. */
  readonly quick: boolean
  /** How many sessions the large directory of `scale` and `prune` holds. */
  readonly sessions: number
  /** Where directories for sessions are made, and removed again. */
  readonly directory: string
}

export const usage = `npm run bench -- [${sections.join('] [')}] [--quick] [--sessions <count>] [--directory <path>]

Without the name of a section all of them run: some ten minutes, and more where the disk takes long to make and remove
--sessions files (1,000,000). --quick takes two minutes and shows that everything works; its figures mean little.
Sessions are kept below --directory (this folder): name one on the file system that you want to measure.`

/** The command line's options. Throws a `TypeError` that says what is wrong. */
export function optionsOf (words: string[]): BenchOptions | null {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      sessions: { type: 'string' },
      directory: { type: 'string' }
    }
  })
  if (values.help) return null
  const unknown = positionals.find(name => !isSection(name))
  if (unknown !== undefined) throw new TypeError(`There is no section ${unknown}; there are ${sections.join(', ')}`)
  const sessions = Number(values.sessions ?? (values.quick ? 20_000 : 1_000_000))
  if (!Number.isInteger(sessions) || sessions < 1_000) throw new TypeError('--sessions takes a whole number of at least 1000')
  return {
    sections: positionals.length === 0 ? sections : sections.filter(name => positionals.includes(name)),
    quick: values.quick,
    sessions,
    directory: values.directory ?? import.meta.dirname
  }
}

function isSection (name: string): name is Section {
  return (sections as readonly string[]).includes(name)
}
