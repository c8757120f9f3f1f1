import { parseArgs } from 'node:util'
import { crashTrials } from './crash.ts'
import { hostileTrials } from './hostile.ts'
import { manyTrials } from './many.ts'
import { modelTrials } from './programs.ts'
import { refusalTrials, refusalTrialsOfRoot } from './refusals.ts'
import { requestTrials } from './requests.ts'
import { traceTrials } from './trace.ts'
import type { Effort, Trial } from './trial.ts'

const usage = `Breaks the store on purpose. As root, on Linux, with strace.

  npm run torture -- [options] [part …]      parts: model requests crash trace refusals root hostile many; all unless told otherwise
    --short         some two minutes of it
    --share <0…1>   how much of the long run
    --seed <number> the random numbers of a run before
    --only <words>  the trials with these words in their names`

// Of the long run: some two minutes.
const short = 0.06

const parts: Readonly<Record<string, (effort: Effort) => Trial[]>> = {
  model: modelTrials,
  requests: requestTrials,
  crash: crashTrials,
  trace: traceTrials,
  refusals: refusalTrials,
  root: refusalTrialsOfRoot,
  hostile: hostileTrials,
  many: manyTrials
}

interface Row {
  readonly name: string
  readonly times: number
  readonly seconds: number
  readonly failure: string | null
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    share: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false }
  }
})

if (values.help) {
  console.log(usage)
} else {
  // A promise that nobody keeps ends a process in silence.
  process.exitCode = 1
  const tell = () => console.log('BROKE  it ended before it was done\n\n  Total:     1\n  Passed:    0\n  Skipped:   0')
  process.once('exit', tell)
  process.exitCode = await torture()
  process.off('exit', tell)
}

async function torture (): Promise<number> {
  const seed = Number(values.seed ?? Date.now() % 2 ** 31)
  const share = Number(values.share ?? (values.short ? short : 1))
  if (!Number.isSafeInteger(seed) || !(share > 0)) throw new Error(usage)
  console.log(`--seed ${seed} --share ${share}`)
  const rows: Row[] = []
  for (const part of positionals.length > 0 ? positionals : Object.keys(parts)) {
    const trialsOf = parts[part]
    if (trialsOf === undefined) throw new Error(`there is no part ${part}\n${usage}`)
    for (const trial of trialsOf({ seed, share })) {
      if (trial.name.includes(values.only)) rows.push(await tried(part, trial))
    }
  }
  return report(rows)
}

async function tried (part: string, { name, run }: Trial): Promise<Row> {
  const start = performance.now()
  const outcome = await run().then(
    times => ({ times, failure: times > 0 ? null : 'nothing was tried' }),
    (cause: unknown) => ({ times: 0, failure: reasonOf(cause) })
  )
  const row = { name: `${part}: it ${name}`, ...outcome, seconds: (performance.now() - start) / 1_000 }
  console.log(lineOf(row))
  if (row.failure !== null) console.log(row.failure)
  return row
}

function report (rows: readonly Row[]): number {
  const failed = rows.filter(({ failure }) => failure !== null)
  const sum = (number: (row: Row) => number) => rows.reduce((sum, row) => sum + number(row), 0)
  console.log(`\n${rows.map(lineOf).join('\n')}`)
  console.log(`\ntried ${sum(({ times }) => times)} times in ${Math.round(sum(({ seconds }) => seconds))} seconds, ${failed.length} of ${rows.length} failed`)
  console.log(`\n  Total:     ${rows.length}\n  Passed:    ${rows.length - failed.length}\n  Skipped:   0`)
  return rows.length > 0 && failed.length === 0 ? 0 : 1
}

function lineOf ({ name, times, seconds, failure }: Row): string {
  return `${failure === null ? 'held  ' : 'BROKE '} ${name.padEnd(80)} ${String(times).padStart(7)} times ${seconds.toFixed(1).padStart(6)} s`
}

function reasonOf (cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause === undefined ? String(cause.stack) : `${cause.stack}\n${reasonOf(cause.cause)}`
}
