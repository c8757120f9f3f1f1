/** Shows on standard error what is being measured, and an estimate of the time left. */
export class Progress {
  readonly #start = performance.now()
  #total = 0
  #done = 0
  #shownAt = -Infinity

  /** Adds work: `seconds` is an estimate, corrected later by how long the finished part really took. */
  plan (seconds: number): void {
    this.#total += seconds
  }

  /** Reports that work of `seconds`, as it was planned, is finished, and what comes next. */
  advance (seconds: number, label: string): void {
    this.#done = Math.min(this.#total, this.#done + seconds)
    this.#show(label)
  }

  /** Clears the line. */
  end (): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }

  // A terminal gets one line that changes, a log one line every half minute.
  #show (label: string): void {
    const now = performance.now()
    const interval = process.stderr.isTTY ? 200 : 30_000
    if (now - this.#shownAt < interval) return
    this.#shownAt = now
    const line = `${Math.floor(100 * this.#done / this.#total)} %, ${duration(this.#secondsLeft(now))} left: ${label}`
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${line}\n`)
  }

  #secondsLeft (now: number): number {
    const left = this.#total - this.#done
    if (this.#done === 0) return left
    const elapsed = (now - this.#start) / 1000
    return left * elapsed / this.#done
  }
}

function duration (seconds: number): string {
  const rounded = Math.round(seconds)
  return rounded < 60 ? `${rounded} s` : `${Math.floor(rounded / 60)} min ${rounded % 60} s`
}
