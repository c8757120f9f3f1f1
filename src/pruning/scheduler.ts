import type { Disk } from '../fs/disk.ts'
import { acquirePruneLease } from './lease.ts'

// In milliseconds: after the first use, so that the start of an application costs nothing.
const firstDelayMs = 1_000

/** How a directory is pruned by itself. */
export interface SchedulerOptions {
  readonly directory: string
  readonly disk: Disk
  readonly clock: () => number
  /** In milliseconds; 0 is never. */
  readonly interval: number
  /** Whether there is something to do that does not wait for the lease. */
  readonly isUrgent?: () => Promise<boolean>
  /** Prunes; must not reject. */
  readonly prune: (signal: AbortSignal) => Promise<void>
}

/**
 * Prunes a directory once in each interval, by one of the processes that share it; while `isUrgent`, by each of them. Its timer
 * keeps no process alive.
 */
export class PruneScheduler {
  readonly #options: SchedulerOptions
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> | null = null

  constructor (options: SchedulerOptions) {
    this.#options = options
  }

  /** Starts at the first call; does nothing at later ones, and after `stop`. */
  start (): void {
    if (this.#timer !== null || this.#stopping.signal.aborted || this.#options.interval === 0) return
    this.#schedule(Math.min(firstDelayMs, this.#options.interval))
  }

  /** Ends for good, and resolves when a prune that was under way has ended early. */
  async stop (): Promise<void> {
    this.#stopping.abort()
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#running
  }

  #schedule (delay: number): void {
    if (this.#stopping.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#running = this.#pruneIfDue().then(delay => this.#schedule(delay))
    }, delay)
    // A number in Jest's jsdom environment.
    this.#timer.unref?.()
  }

  // Resolves with the time until the next prune.
  async #pruneIfDue (): Promise<number> {
    const { directory, disk, clock, interval, prune, isUrgent } = this.#options
    const wait = await acquirePruneLease(directory, { disk, clock, interval })
    if (wait > 0 && !await isUrgent?.()) return wait
    await prune(this.#stopping.signal)
    return interval
  }
}
