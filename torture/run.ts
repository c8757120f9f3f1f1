import { parseArguments, usage, type Request } from './arguments.ts'
import { parts } from './parts.ts'
import { displayProgress } from './progress.ts'
import { lineOf, stackOf, summaryOf, totalsOf, type Outcome } from './report.ts'
import { unmetRequirement } from './requirements.ts'
import type { Trial } from './trial.ts'

// The command `npm run torture`: stress tests and fault injection.

/** A trial, and its name with that of its part. */
interface NamedTrial {
  readonly name: string
  readonly trial: Trial
}

process.exitCode = await parseArguments(process.argv.slice(2), Object.keys(parts)).match(main, refuse)

async function main (request: Request): Promise<number> {
  if (request.isHelp) {
    console.log(usage(Object.keys(parts)))
    return 0
  }
  const trials = trialsOf(request)
  if (trials.length === 0) return refuse(`Nothing matched: no trial in ${request.parts.join(', ')} has "${request.only}" in its name.`)
  return await runAll(trials, request)
}

function refuse (sentence: string): number {
  console.error(sentence)
  return 2
}

function trialsOf ({ parts: chosen, seed, share, only }: Request): NamedTrial[] {
  return chosen
    .flatMap(part => (parts[part]?.({ seed, share }) ?? []).map(trial => ({ name: `${part}: a store ${trial.name}`, trial })))
    .filter(({ name }) => name.includes(only))
}

async function runAll (trials: readonly NamedTrial[], { seed, share }: Request): Promise<number> {
  // A promise that is never settled ends a process without a word.
  process.exitCode = 1
  const reportEarlyEnd = () => console.log(`the process ended before all trials were done\n${totalsOf(0, 1, 0)}`)
  process.once('exit', reportEarlyEnd)
  console.log(`${trials.length} trials, --seed ${seed} --share ${share}`)
  const outcomes: Outcome[] = []
  for (const [number, { name, trial }] of trials.entries()) {
    const outcome = await runTrial(trial, name, `[${number + 1}/${trials.length}] ${name}`)
    outcomes.push(outcome)
    console.log(lineOf(outcome))
    if (outcome.type === 'failed') console.log(outcome.reason)
  }
  console.log(summaryOf(outcomes))
  process.off('exit', reportEarlyEnd)
  const hasFailed = outcomes.some(({ type }) => type === 'failed')
  return outcomes.some(({ type }) => type === 'passed') && !hasFailed ? 0 : 1
}

async function runTrial ({ needs, run }: Trial, name: string, label: string): Promise<Outcome> {
  const unmet = unmetRequirement(needs)
  if (unmet !== null) return { type: 'skipped', name, seconds: 0, reason: unmet }
  const start = performance.now()
  const display = displayProgress(label)
  try {
    const times = await run(display.update)
    const seconds = (performance.now() - start) / 1_000
    return times > 0 ? { type: 'passed', name, seconds, times } : { type: 'failed', name, seconds, reason: 'nothing was tried' }
  } catch (cause) {
    return { type: 'failed', name, seconds: (performance.now() - start) / 1_000, reason: stackOf(cause) }
  } finally {
    display.stop()
  }
}
