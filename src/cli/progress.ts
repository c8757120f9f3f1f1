import { formatCount, formatDuration } from './format.ts'
import type { Output } from './output.ts'
import { truncate } from './text.ts'

// In milliseconds between two drawings.
const interval = 100

// The width of the bar in characters.
const barWidth = 24

/** A progress bar on a terminal; nothing anywhere else. Always call `clear`. */
export class Progress {
  readonly #output: Output
  readonly #label: string
  readonly #total: number
  readonly #start = performance.now()
  #drawnAt = this.#start
  #isVisible = false

  /** `total` may be 0 where it is not known: then there is a count and no bar. */
  constructor (output: Output, label: string, total: number) {
    this.#output = output
    this.#label = label
    this.#total = total
  }

  /** Shows that `count` are done. Cheap: it draws ten times a second, and nothing when all is done within a tenth of one. */
  update (count: number): void {
    if (!this.#output.isTerminal) return
    const now = performance.now()
    if (now - this.#drawnAt < interval) return
    this.#drawnAt = now
    this.#isVisible = true
    void this.#output.write(`\r\u001b[2K${this.#text(count, now - this.#start)}`)
  }

  /** Takes the bar away. */
  clear (): void {
    if (this.#isVisible) void this.#output.write('\r\u001b[2K')
    this.#isVisible = false
  }

  #text (count: number, elapsed: number): string {
    const total = this.#total
    if (total === 0) return `${this.#label} ${formatCount(count)}`
    const share = Math.min(1, count / total)
    const filled = Math.round(share * barWidth)
    const left = share > 0 ? elapsed / share - elapsed : 0
    const rest = ` ${Math.floor(share * 100)}% of ${formatCount(total)}${left > 1000 ? `, ${formatDuration(left)} left` : ''}`
    const fits = (this.#output.columns ?? 80) - this.#label.length - barWidth - 2
    return `${this.#label} ${this.#output.paint('cyan', '█'.repeat(filled))}${this.#output.paint('dim', '░'.repeat(barWidth - filled))}${truncate(rest, fits)}`
  }
}
