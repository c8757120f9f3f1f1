import type { FileStore, StoreStats } from '../../index.ts'
import type { SessionIndex } from '../index/session-index.ts'
import { History } from './history.ts'

// In milliseconds: how often the store's counters are read, which costs nothing.
const everyMs = 10_000

/** A day of samples. */
const capacity = 24 * 60 * 60 * 1000 / everyMs

// In milliseconds. Older counts of sessions are outdated. While no page is open, a million sessions are
// counted every quarter of an hour.
const recentMs = 30 * 60_000

/** Fills the history while the application runs. */
export class Recorder {
  readonly history = new History(capacity)
  readonly #store: FileStore
  readonly #index: SessionIndex
  readonly #interval: number
  #timer: NodeJS.Timeout | null = null

  /** `interval`: how often to count sessions while no page is open, in milliseconds; 0 for never. */
  constructor (store: FileStore, index: SessionIndex, interval: number) {
    this.#store = store
    this.#index = index
    this.#interval = interval
  }

  start (): void {
    void this.record()
    this.#timer = setInterval(() => { void this.record() }, everyMs).unref()
  }

  stop (): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** Takes one sample. */
  async record (): Promise<void> {
    await this.#index.sample(this.#interval)
    const at = Date.now()
    const { gets, touches, writes, failures } = this.#store.stats()
    const counts = this.#index.counts !== null && at - this.#index.counts.at < recentMs ? this.#index.counts : null
    this.history.add({
      at,
      inUse: counts?.usedWithin(5 * 60_000) ?? null,
      lastHour: counts?.usedWithin(60 * 60_000) ?? null,
      total: counts?.total ?? null,
      gets,
      touches,
      writes,
      failures: sumOf(failures)
    })
  }
}

/** How many failures of all kinds there were. */
export function sumOf (failures: StoreStats['failures']): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0)
}
