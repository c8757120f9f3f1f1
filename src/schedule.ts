// In milliseconds: after the first use, so that starting an application costs nothing.
const soon = 1_000

/**
 * Calls `job` `first` milliseconds after the first start, and then again
 * whenever the time has passed that the job gave, in milliseconds. Its timer
 * keeps no process alive.
 */
export class Schedule {
  readonly #job: () => Promise<number>
  readonly #first: number
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> | null = null
  #state: 'idle' | 'started' | 'stopped' = 'idle'

  constructor (job: () => Promise<number>, first: number = soon) {
    this.#job = job
    this.#first = first
  }

  /** Starts, the first time; `stop` is for ever. */
  start (): void {
    if (this.#state !== 'idle') return
    this.#state = 'started'
    this.#wait(this.#first)
  }

  /** Calls the job no more, and resolves when it is not running any more. */
  async stop (): Promise<void> {
    this.#state = 'stopped'
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#running
  }

  #wait (time: number): void {
    this.#timer = setTimeout(() => { this.#running = this.#run() }, time).unref()
  }

  async #run (): Promise<void> {
    const time = await this.#job()
    if (this.#state === 'started') this.#wait(time)
  }
}
