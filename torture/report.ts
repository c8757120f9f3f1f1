/** What became of a trial. */
export type Outcome = { readonly name: string, readonly seconds: number } & (
  | { readonly type: 'passed', readonly times: number }
  | { readonly type: 'failed' | 'skipped', readonly reason: string }
)

const words = { passed: 'passed ', failed: 'FAILED ', skipped: 'skipped' }

/** The line of one outcome. */
export function lineOf (outcome: Outcome): string {
  const { type, name, seconds } = outcome
  if (type === 'skipped') return `${words[type]} ${'-'.padStart(7)} times ${'-'.padStart(6)} s  ${name}: ${outcome.reason}`
  const times = type === 'passed' ? outcome.times : 0
  return `${words[type]} ${String(times).padStart(7)} times ${seconds.toFixed(1).padStart(6)} s  ${name}`
}

/** All outcomes and their sums. The last lines are in the format of uvu, which `.ci/run` reads. */
export function summaryOf (outcomes: readonly Outcome[]): string {
  const count = (type: Outcome['type']) => outcomes.filter(outcome => outcome.type === type).length
  const times = outcomes.reduce((sum, outcome) => sum + (outcome.type === 'passed' ? outcome.times : 0), 0)
  const seconds = outcomes.reduce((sum, { seconds }) => sum + seconds, 0)
  return `
${outcomes.map(lineOf).join('\n')}

${times} tries in ${Math.round(seconds)} seconds, ${count('failed')} of ${outcomes.length - count('skipped')} trials failed
${totalsOf(count('passed'), count('failed'), count('skipped'))}`
}

/** The totals in the format of uvu. */
export function totalsOf (passed: number, failed: number, skipped: number): string {
  return `\n  Total:     ${passed + failed}\n  Passed:    ${passed}\n  Skipped:   ${skipped}`
}

/** An error with its stack and those of its causes. */
export function stackOf (cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause === undefined ? String(cause.stack) : `${cause.stack}\ncaused by ${stackOf(cause.cause)}`
}
