/** Lets a limited number of jobs run at the same time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #waiting: Array<() => void> = []
  #free: number

  constructor (limit: number) {
    this.#free = limit
  }

  /** Runs `job` when a place is free, and resolves or rejects as it does. */
  async run<T> (job: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    try {
      return await job()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
