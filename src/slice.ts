import { setImmediate } from 'node:timers/promises'

// In milliseconds: what a long walk may take of the event loop at a time.
const longest = 4

/** Long work in short slices: `pause` lets the event loop go on when the slice has taken its time. */
export class Slice {
  readonly #now: () => number
  #start: number

  constructor (now = () => performance.now()) {
    this.#now = now
    this.#start = now()
  }

  /** Whether the slice has taken its time. */
  get isOver (): boolean {
    return this.#now() - this.#start >= longest
  }

  /** Returns at once, or in the next slice. */
  async pause (): Promise<void> {
    if (!this.isOver) return
    await setImmediate()
    this.#start = this.#now()
  }
}
