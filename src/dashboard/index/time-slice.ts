import { setImmediate, setTimeout as delay } from 'node:timers/promises'

/** How long to work at a time, and how long to leave the event loop to others in between. */
export interface TimeSliceOptions {
  readonly budgetMs: number
  readonly restMs: number
}

/**
 * While a request waits for the result: half of the process's time. The budget is what a request that arrives meanwhile
 * may have to wait.
 */
export const eager: TimeSliceOptions = { budgetMs: 2, restMs: 2 }

/** For the work of one answer: others have their turn in between, without a rest. */
export const prompt: TimeSliceOptions = { budgetMs: 2, restMs: 0 }

/** In the background: a sixth of the process's time or less. */
export const gentle: TimeSliceOptions = { budgetMs: 2, restMs: 10 }

/** Long work in short slices: when `isOver`, `rest` lets the event loop go on. */
export class TimeSlice {
  readonly #now: () => number
  #options: TimeSliceOptions
  #start: number
  #workedMs = 0

  constructor (options: TimeSliceOptions, now: () => number = () => performance.now()) {
    this.#options = options
    this.#now = now
    this.#start = now()
  }

  /** Whether the slice has used its time. */
  get isOver (): boolean {
    return this.#now() - this.#start >= this.#options.budgetMs
  }

  /** The time used so far, without the rests, in milliseconds. */
  get workedMs (): number {
    return this.#workedMs + this.#now() - this.#start
  }

  /** Continues with other options: a request has begun to wait. */
  become (options: TimeSliceOptions): void {
    this.#options = options
  }

  /** Resolves in the next slice. */
  async rest (): Promise<void> {
    this.#workedMs += this.#now() - this.#start
    if (this.#options.restMs === 0) await setImmediate()
    else await delay(this.#options.restMs)
    this.#start = this.#now()
  }
}
