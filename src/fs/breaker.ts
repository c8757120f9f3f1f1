/** When a circuit breaker opens. */
export interface BreakerOptions {
  /** A call that takes longer is slow. In milliseconds. */
  readonly slowCallMs: number
  /** This many slow calls in a row open the breaker. */
  readonly slowCalls: number
  /** A single call that takes longer opens it too. In milliseconds. */
  readonly stalledCallMs: number
  /** The monotonic clock, in milliseconds. */
  readonly now: () => number
  /** Called when the breaker opens, with the duration of the last call, in milliseconds. */
  readonly onOpen?: (durationMs: number) => void
}

// In milliseconds: how long calls go through the thread pool before the disk is tried synchronously again.
const cooldownMs = 1_000

/**
 * A circuit breaker that decides whether calls to the disk may be made synchronously. It opens after several slow calls
 * in a row, and closes when a call is fast again after a second. A single slow call does not open it: usually the
 * operating system's scheduler causes it, and the thread pool would not help.
 */
export class SlowCallBreaker {
  readonly #options: BreakerOptions
  #slowInARow = 0
  #openUntil = -Infinity

  constructor (options: BreakerOptions) {
    this.#options = options
  }

  /** Whether calls may be made synchronously. */
  get isClosed (): boolean {
    return this.#openUntil === -Infinity || this.#options.now() >= this.#openUntil
  }

  /** Runs `call` synchronously and records its duration, even if it throws. */
  run<T> (call: () => T): T {
    const start = this.#options.now()
    try {
      return call()
    } finally {
      this.#record(this.#options.now() - start)
    }
  }

  #record (durationMs: number): void {
    const { slowCallMs, slowCalls, stalledCallMs, now, onOpen } = this.#options
    if (durationMs <= slowCallMs) {
      this.#slowInARow = 0
      this.#openUntil = -Infinity
      return
    }
    this.#slowInARow++
    if (this.#slowInARow < slowCalls && durationMs <= stalledCallMs) return
    const wasOpen = this.#openUntil !== -Infinity
    this.#openUntil = now() + cooldownMs
    if (!wasOpen) onOpen?.(durationMs)
  }
}
