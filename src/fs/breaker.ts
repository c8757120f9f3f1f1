/** When a circuit breaker opens. */
export interface BreakerOptions {
  /** A call that takes longer is slow. In milliseconds. */
  readonly slowCallMs: number
  /** This many slow calls of one kind in a row open the breaker. */
  readonly slowCalls: number
  /** A single call that takes longer opens it too. In milliseconds. */
  readonly stalledCallMs: number
  /** The monotonic clock, in milliseconds. */
  readonly now: () => number
  /**
   * Called when slow calls of a kind open the breaker, once until a call of that kind is fast again; with the duration of
   * the last one, in milliseconds.
   */
  readonly onOpen?: (durationMs: number) => void
}

// In milliseconds: how long calls go through the thread pool before the disk is tried synchronously again.
const cooldownMs = 1_000

/** The last calls of one kind, which were all slow. */
interface SlowCalls { readonly inARow: number, readonly haveOpened: boolean }

/**
 * A circuit breaker that decides whether calls to the disk may be made synchronously. It opens after several slow calls
 * of one kind in a row, and closes when a call of that kind is fast again after a second. (A rename may wait for the device
 * where a `stat`, and a write into the page cache, do not.) A single slow call does not open it: usually the operating
 * system's scheduler causes it, and the thread pool would not help.
 */
export class SlowCallBreaker {
  readonly #options: BreakerOptions
  /** The kinds of which the last call was slow. */
  readonly #slow = new Map<unknown, SlowCalls>()
  #openUntil = -Infinity

  constructor (options: BreakerOptions) {
    this.#options = options
  }

  /** Whether calls may be made synchronously. */
  get isClosed (): boolean {
    return this.#slow.size === 0 || this.#options.now() >= this.#openUntil
  }

  /** Runs `call` synchronously and records its duration, even if it throws. Calls of the same kind are given the same `kind`. */
  run<T> (kind: unknown, call: () => T): T {
    const start = this.#options.now()
    try {
      return call()
    } finally {
      this.#record(kind, this.#options.now() - start)
    }
  }

  #record (kind: unknown, durationMs: number): void {
    const { slowCallMs, slowCalls, stalledCallMs, now, onOpen } = this.#options
    if (durationMs <= slowCallMs) {
      this.#slow.delete(kind)
      return
    }
    const { inARow, haveOpened } = this.#slow.get(kind) ?? { inARow: 0, haveOpened: false }
    const opens = inARow + 1 >= slowCalls || durationMs > stalledCallMs
    this.#slow.set(kind, { inARow: inARow + 1, haveOpened: haveOpened || opens })
    if (!opens) return
    this.#openUntil = now() + cooldownMs
    if (!haveOpened) onOpen?.(durationMs)
  }
}
