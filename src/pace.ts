import type { Calls, Switches } from './calls.ts'

// In milliseconds. A page cache answers in microseconds, so a call of one
// millisecond waited for a device; the next second goes through the thread pool.
const slow = 1
const pause = 1_000

// In milliseconds. Counting switches costs more than a stat, so not for each call.
const countFor = 50

/**
 * Whether the disk answers from memory, judged by the calls that were made at
 * once: after a slow one there is none for a second.
 */
export class Pace {
  readonly #calls: Pick<Calls, 'now' | 'switches'>
  #slowUntil: number
  #switches: Switches = { voluntaryContextSwitches: 0, involuntaryContextSwitches: 0 }
  #countedAt = -Infinity

  /** Without `mayBeFast` it never is. */
  constructor (mayBeFast: boolean, calls: Pick<Calls, 'now' | 'switches'>) {
    this.#calls = calls
    this.#slowUntil = mayBeFast ? -Infinity : Infinity
  }

  /** Whether calls may be made at once. */
  get isFast (): boolean {
    return this.#calls.now() >= this.#slowUntil
  }

  /** Makes a call at once, and minds how long it took, whatever came of it. */
  time<T> (call: () => T): T {
    const start = this.#calls.now()
    this.#countSwitches(start)
    try {
      return call()
    } finally {
      const end = this.#calls.now()
      if (end - start > slow) this.#judge(end)
    }
  }

  #judge (end: number): void {
    if (hasWaited(this.#switches, this.#calls.switches())) this.#slowUntil = end + pause
    // Some time between the last count and now it was preempted; the next call is judged by itself.
    else this.#countedAt = -Infinity
  }

  #countSwitches (now: number): void {
    if (now - this.#countedAt < countFor) return
    this.#switches = this.#calls.switches()
    this.#countedAt = now
  }
}

// On a busy machine it is mostly the scheduler that makes a call slow (two busy
// cores: 90 times a second), and the thread pool is no remedy for that. Windows
// counts neither; there every slow call is the disk's.
function hasWaited (before: Switches, after: Switches): boolean {
  return after.involuntaryContextSwitches === before.involuntaryContextSwitches &&
    (after.voluntaryContextSwitches > before.voluntaryContextSwitches || after.voluntaryContextSwitches === 0)
}
