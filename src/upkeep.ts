import type { ResultAsync } from 'neverthrow'
import { isAbsent } from './cause.ts'
import { claimPrune } from './claim.ts'
import type { Disk } from './disk.ts'
import type { WalkFailed } from './errors.ts'
import { Schedule } from './schedule.ts'

/** What `Upkeep` is told. */
export interface UpkeepSettings {
  readonly clock: () => number
  readonly disk: Disk
  /** How often, in milliseconds; 0 is never. */
  readonly pruneInterval: number
  readonly prune: (signal: AbortSignal) => ResultAsync<unknown, WalkFailed>
  readonly report: (failure: WalkFailed) => void
}

/** Prunes a directory whenever that is due, once for all processes that share it. */
export class Upkeep {
  readonly #directory: string
  readonly #settings: UpkeepSettings
  readonly #schedule = new Schedule(() => this.#pruneIfDue())
  readonly #stopping = new AbortController()

  constructor (directory: string, settings: UpkeepSettings) {
    this.#directory = directory
    this.#settings = settings
  }

  /** Starts, the first time, unless it never prunes. */
  start (): void {
    if (this.#settings.pruneInterval > 0) this.#schedule.start()
  }

  /** Prunes no more, and resolves when a prune that was under way has ended early. */
  async stop (): Promise<void> {
    this.#stopping.abort()
    await this.#schedule.stop()
  }

  // Resolves with the time to wait then.
  async #pruneIfDue (): Promise<number> {
    const { pruneInterval, prune, report } = this.#settings
    try {
      const wait = await claimPrune(this.#directory, pruneInterval, this.#settings)
      if (wait > 0) return wait
      await prune(this.#stopping.signal).orTee(report)
    } catch (cause) {
      // A directory that is not made yet has nothing to prune.
      if (!isAbsent(cause)) report({ type: 'walk-failed', directory: this.#directory, cause })
    }
    return pruneInterval
  }
}
