/** Lets only so many jobs run at once; the others wait in line. */
export class Limit {
  readonly #waiting: Array<() => void> = []
  #free: number

  constructor (atOnce: number) {
    this.#free = atOnce
  }

  /** What `job` gives, when it is its turn. */
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
