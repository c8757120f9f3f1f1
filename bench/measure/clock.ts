/** A clock that the benchmark advances, so that it decides which uses of a session are recorded. */
export class Clock {
  /** Milliseconds since the epoch. */
  time = Date.now()

  /** Advances by `ms` milliseconds and returns the new time. */
  advance (ms: number): number {
    this.time += ms
    return this.time
  }
}
