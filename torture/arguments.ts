import { parseArgs } from 'node:util'
import { err, ok, Result } from 'neverthrow'

/** What the command line asks for. */
export interface Request {
  readonly parts: readonly string[]
  readonly share: number
  readonly seed: number
  /** Only trials whose name contains this. */
  readonly only: string
  readonly isHelp: boolean
}

// Of the long run: about two minutes.
const shortShare = 0.06

const options = {
  short: { type: 'boolean', default: false },
  share: { type: 'string' },
  seed: { type: 'string' },
  only: { type: 'string', default: '' },
  help: { type: 'boolean', default: false }
} as const

const parse = Result.fromThrowable(
  (args: string[]) => parseArgs({ args, options, allowPositionals: true }),
  // Node's messages go on with advice in further sentences and lines.
  cause => String((cause as Error).message).split(/\.\s|\n/)[0] as string
)

/** The request of these command-line arguments, or one sentence that says what is wrong with them. */
export function parseArguments (args: string[], partNames: readonly string[]): Result<Request, string> {
  return parse(args).mapErr(message => `${message}; --help shows what there is.`).andThen(({ values, positionals }) => {
    const share = Number(values.share ?? (values.short ? shortShare : 1))
    const seed = Number(values.seed ?? Date.now() % 2 ** 31)
    const unknown = positionals.find(name => !partNames.includes(name))
    if (unknown !== undefined) return err(`There is no part "${unknown}"; the parts are ${partNames.join(', ')}.`)
    if (!(share > 0 && share < Infinity)) return err(`--share is "${values.share}"; expected a number above 0.`)
    if (values.seed === '' || !Number.isSafeInteger(seed)) return err(`--seed is "${values.seed}"; expected a whole number.`)
    return ok({ parts: positionals.length > 0 ? positionals : partNames, share, seed, only: values.only, isHelp: values.help })
  })
}

/** What `--help` prints. */
export function usage (partNames: readonly string[]): string {
  return `Stress tests and fault injection for the store.

  npm run torture -- [options] [part …]

  parts, all by default: ${partNames.join(', ')}

    --short          about two minutes of the long run
    --share <number> the share of the long run to do: 0.1 is a tenth of it, 1 by default
    --seed <number>  the seed of the random numbers, to repeat a run; each run prints its own
    --only <text>    only trials whose name contains this text
    --help           this text

Some trials need Linux, root, the right to mount file systems, or strace. They are skipped where that is missing.
The exit status is 0 if every trial that ran passed, 1 if one failed or none could run, and 2 for wrong arguments.`
}
