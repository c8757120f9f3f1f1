// In milliseconds. Long enough to write the changes of a burst of requests together.
const lingerMs = 50

// In milliseconds. Exponential backoff: it starts at the first, doubles, and is never more than the second.
const firstRetryMs = 1_000
const maxRetryMs = 60_000

/** When pending changes are written: 50 ms after a change, and with exponential backoff after a failed write. */
export class FlushSchedule {
  readonly #flush: (isRetry: boolean) => void
  #lingering: NodeJS.Timeout | null = null
  #retrying: NodeJS.Timeout | null = null
  #retryMs = firstRetryMs

  /** `flush` is called with whether changes that could not be written are to be retried. */
  constructor (flush: (isRetry: boolean) => void) {
    this.#flush = flush
  }

  /** Flushes 50 ms after the first call. */
  soon (): void {
    this.#lingering ??= setTimeout(() => {
      this.#lingering = null
      this.#flush(false)
    }, lingerMs)
  }

  /** Tries again a second after the first call, and twice as late after each `backOff`, up to a minute. */
  retry (): void {
    this.#retrying ??= setTimeout(() => {
      this.#retrying = null
      this.#flush(true)
    }, this.#retryMs)
    // A disk that refuses for good must not keep the process alive for good.
    this.#retrying.unref?.()
  }

  /** To be called before changes that could not be written are retried. */
  backOff (): void {
    this.#retryMs = Math.min(maxRetryMs, 2 * this.#retryMs)
  }

  /** To be called when everything could be written. */
  reset (): void {
    this.#retryMs = firstRetryMs
  }

  /** Forgets the flushes that have not begun. */
  clear (): void {
    for (const timer of [this.#lingering, this.#retrying]) if (timer !== null) clearTimeout(timer)
    this.#lingering = this.#retrying = null
  }
}
