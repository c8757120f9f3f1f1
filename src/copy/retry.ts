import { setTimeout as delay } from 'node:timers/promises'

// In milliseconds. Each pause is twice as long as the one before.
const firstPause = 50
const longestPause = 1_000

/**
 * Tries again what fails in an outage, while nothing at all succeeds: a Redis that restarts answers `LOADING` to
 * everything until it has its content back. What fails although something else succeeded since its last try is at fault itself.
 */
export class Retry {
  readonly #maxRetryTime: number
  readonly #signal: AbortSignal | undefined
  #failingSince: number | null = null
  #successes = 0

  /** An outage is waited for `maxRetryTime` milliseconds, and not after `signal` is aborted. */
  constructor (maxRetryTime: number, signal?: AbortSignal) {
    this.#maxRetryTime = maxRetryTime
    this.#signal = signal
  }

  /** Resolves as `task` does, called once or several times. Rejects as its last call did. */
  async run<T> (task: () => Promise<T>): Promise<T> {
    let successesBefore: number | null = null
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      try {
        const value = await task()
        this.#successes++
        this.#failingSince = null
        return value
      } catch (cause) {
        this.#failingSince ??= performance.now()
        const isAtFault = successesBefore !== null && successesBefore !== this.#successes
        if (isAtFault || this.#remainingMs <= 0 || !await this.#pause(pause)) throw cause
        successesBefore = this.#successes
      }
    }
  }

  // `failingSince` is that of whichever task failed first.
  get #remainingMs (): number {
    return this.#maxRetryTime - (performance.now() - (this.#failingSince ?? 0))
  }

  /** Whether the pause came to its end. */
  #pause (milliseconds: number): Promise<boolean> {
    return delay(Math.min(milliseconds, this.#remainingMs), true, { signal: this.#signal }).catch(() => false)
  }
}
