// In milliseconds: an hour, longer than a section runs. `@fastify/session` counts a session's expiry from when it was
// loaded, by the system's clock. This store takes an earlier one for the application's own, and writes it.
const lead = 3_600_000

/** A clock that the benchmark advances, so that it decides which uses of a session are recorded. It is ahead of the system's clock. */
export class Clock {
  /** Milliseconds since the epoch. */
  time = Date.now() + lead

  /** Advances by `ms` milliseconds and returns the new time. */
  advance (ms: number): number {
    this.time += ms
    return this.time
  }
}
