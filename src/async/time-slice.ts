import { setImmediate } from 'node:timers/promises'

// In milliseconds: how long a scan may hold the event loop without a pause.
const budgetMs = 4

/** Divides long synchronous work into short slices, so that the event loop is served in between. */
export class TimeSlice {
  readonly #now: () => number
  #start: number

  constructor (now: () => number = () => performance.now()) {
    this.#now = now
    this.#start = now()
  }

  /** Whether this slice has used up its budget of 4 ms. */
  get isUsedUp (): boolean {
    return this.#now() - this.#start >= budgetMs
  }

  /** Resolves in the next turn of the event loop if the slice is used up, which starts a new one; otherwise immediately. */
  async yield (): Promise<void> {
    if (!this.isUsedUp) return
    await setImmediate()
    this.#start = this.#now()
  }
}
