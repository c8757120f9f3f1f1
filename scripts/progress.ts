/** How often a silent script says what it is doing, in milliseconds: CI services and people lose patience at a minute. */
const interval = 30_000

/** What `Progress` is told and where it writes. */
export interface ProgressOptions {
  readonly interval?: number
  readonly now?: () => number
  readonly write?: (line: string) => void
}

/**
 * Says what a script is doing while it prints nothing else: every 30 seconds of silence one line with the tasks
 * that run, how many are done and about how long the rest takes.
 *
 * ```ts
 * const progress = new Progress(tasks.length)
 * progress.begin('crash.test.ts')
 * progress.end('crash.test.ts')   // once it is done and its result is printed
 * progress.close()
 * ```
 */
export class Progress {
  readonly #total: number
  readonly #interval: number
  readonly #now: () => number
  readonly #write: (line: string) => void
  readonly #running = new Map<string, number>()
  readonly #start: number
  #done = 0
  #timer: NodeJS.Timeout | undefined

  constructor (total: number, { interval: every = interval, now = Date.now, write = console.log }: ProgressOptions = {}) {
    this.#total = total
    this.#interval = every
    this.#now = now
    this.#write = write
    this.#start = now()
  }

  /** A task starts. */
  begin (name: string): void {
    this.#running.set(name, this.#now())
    this.#timer ??= setInterval(() => this.#write(this.line()), this.#interval).unref()
  }

  /** A task is done. Something was printed about it, so that the silence starts anew. */
  end (name: string): void {
    if (this.#running.delete(name)) this.#done++
    this.#timer?.refresh()
  }

  /** What it says now. The time left supposes that the tasks to come take as long as those that are done. */
  line (): string {
    const now = this.#now()
    const running = [...this.#running].map(([name, since]) => `${name} (${duration(now - since)})`)
    const left = this.#done === 0 ? '' : `, about ${duration((now - this.#start) / this.#done * (this.#total - this.#done))} left`
    return `...  ${this.#done} of ${this.#total} done${left}; running: ${running.join(', ')}`
  }

  /** Ends the messages. */
  close (): void {
    clearInterval(this.#timer)
  }
}

function duration (milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
