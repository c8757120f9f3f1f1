import type { Progress } from './trial.ts'

/** Shows how far a trial is. */
export interface ProgressDisplay {
  readonly update: Progress
  /** Ends the display; on a terminal its line is cleared. */
  readonly stop: () => void
}

// In milliseconds: a line that replaces itself on a terminal, a line now and then in a log.
const terminalInterval = 1_000
const logInterval = 15_000

/** Shows the progress of the trial `name` and the time that is left, from time to time, until it is stopped. */
export function displayProgress (name: string): ProgressDisplay {
  const start = performance.now()
  const isTerminal = process.stdout.isTTY
  let fraction = 0
  const show = () => {
    const line = `   ...   ${name}: ${describeProgress(fraction, (performance.now() - start) / 1_000)}`
    process.stdout.write(isTerminal ? `\r\x1b[2K${line.slice(0, process.stdout.columns - 1)}` : `${line}\n`)
  }
  const timer = setInterval(show, isTerminal ? terminalInterval : logInterval).unref()
  return {
    update: value => { fraction = value },
    stop () {
      clearInterval(timer)
      if (isTerminal) process.stdout.write('\r\x1b[2K')
    }
  }
}

/** How far a trial is after `seconds`, and how long it will still take if it goes on at the same speed. */
export function describeProgress (fraction: number, seconds: number): string {
  if (!(fraction > 0)) return `running for ${duration(seconds)}`
  return `${Math.floor(Math.min(fraction, 1) * 100)} %, about ${duration(Math.max(0, seconds / fraction - seconds))} left`
}

function duration (seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`
}
