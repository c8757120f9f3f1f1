import { waitAMoment } from '../patience.ts'
import type { SessionSource } from '../source.ts'
import { RecentChanges } from './changes.ts'
import type { Counts } from './counts.ts'
import { Scan } from './scan.ts'
import type { Entry, Snapshot } from './snapshot.ts'
import { eager, gentle, prompt, TimeSlice, type TimeSliceOptions } from './time-slice.ts'

// Sessions listed: 100 MB of memory at most, twice that while a new scan replaces the old one.
const snapshotLimit = 2_000_000

// Up to this many sessions are scanned again for each answer, so that it is exact: that takes some 10 ms.
const cheapCount = 2_000

// Scans take at most a tenth of the process's time while a page is open, and a hundredth otherwise.
const watchedShare = 9
const unwatchedShare = 99

// In milliseconds after the last request: how long a page counts as open, and how long the list is kept.
const pageOpenMs = 15_000
const keptMs = 10 * 60_000

/**
 * The number and the last uses of all session files of a directory. Reads the directory in the background, a few
 * milliseconds at a time, within a share of the process's time.
 */
export class SessionIndex {
  readonly #source: SessionSource
  readonly #changes: RecentChanges
  readonly #clock: () => number
  #counts: Counts | null = null
  #workedMs = 0
  #snapshot: Snapshot | null = null
  #scan: Scan | null = null
  #scannedAt = -Infinity
  #requestedAt = -Infinity
  #error: Error | null = null

  constructor (source: SessionSource, clock: () => number = Date.now) {
    this.#source = source
    this.#changes = new RecentChanges(source)
    this.#clock = clock
  }

  /** The counts of the last scan, or `null` before the first is complete. */
  get counts (): Counts | null {
    return this.#counts
  }

  /** Whether there is a list to page through. */
  get isReady (): boolean {
    return this.#snapshot !== null
  }

  /** How many session files the running scan has seen, or `null` when none runs. */
  get progress (): number | null {
    return this.#scan?.seen ?? null
  }

  /** Why the last scan failed, or `null` when it did not. */
  get error (): Error | null {
    return this.#error
  }

  /** Whether the list leaves sessions out because there are too many. */
  get isPartial (): boolean {
    return this.isReady && this.#snapshot!.count === snapshotLimit
  }

  /** Brings the index up to date for a page, and waits for that while it is quick. */
  async refresh (): Promise<void> {
    this.#requestedAt = performance.now()
    const isAwaited = this.#snapshot === null || this.#isCheap()
    if (isAwaited || this.#isDue(0, watchedShare)) this.#start(isAwaited ? eager : gentle, snapshotLimit)
    if (!this.#isCheap()) this.#changes.watch()
    if (this.#scan === null || !isAwaited) return
    this.#scan.hurry()
    await waitAMoment(this.#scan.result)
  }

  /** Counts again while no page is open, if that is due after `interval` milliseconds, and frees what is not needed. */
  async sample (interval: number): Promise<void> {
    const unseenMs = performance.now() - this.#requestedAt
    if (unseenMs > pageOpenMs) this.#changes.unwatch()
    if (unseenMs > keptMs) this.#snapshot = null
    if (interval === 0 || !this.#isDue(interval, unwatchedShare)) return
    this.#start(gentle, this.#snapshot === null ? 0 : snapshotLimit)
    await this.#scan?.result
  }

  /** The entries from the newest on, or those used at `time` or before. Ties keep their order between scans. */
  * newest (time = Infinity): Generator<Entry, void, undefined> {
    const snapshot = this.#snapshot
    const changed = this.#changes.newest.filter(({ lastUsedAt }) => lastUsedAt <= time)
    let position = 0
    const count = snapshot?.count ?? 0
    for (let rank = snapshot?.rankOf(time) ?? 0; rank < count; rank++) {
      const entry = snapshot!.at(rank)
      while (position < changed.length && changed[position]!.lastUsedAt >= entry.lastUsedAt) yield changed[position++]!
      if (!this.#changes.has(entry.name)) yield entry
    }
    yield * changed.slice(position)
  }

  /** How many entries were used later than `time`, by the last scan. */
  rankOf (time: number): number {
    return this.#snapshot?.rankOf(time) ?? 0
  }

  /** At most `limit` entries whose names contain `text`, newest first. */
  async search (text: string, limit: number): Promise<Entry[]> {
    const found = await this.#snapshot?.search(text, limit, new TimeSlice(prompt)) ?? []
    const changed = this.#changes.newest.filter(({ name }) => name.includes(text))
    return [...changed, ...found.filter(({ name }) => !this.#changes.has(name))]
      .sort((one, other) => other.lastUsedAt - one.lastUsedAt)
      .slice(0, limit)
  }

  close (): void {
    this.#scan?.stop()
    this.#changes.unwatch()
  }

  #isCheap (): boolean {
    return (this.#counts?.total ?? 0) <= cheapCount
  }

  #isDue (interval: number, share: number): boolean {
    return performance.now() - this.#scannedAt >= Math.max(interval, share * this.#workedMs)
  }

  #start (pace: TimeSliceOptions, limit: number): void {
    if (this.#scan !== null) {
      // One that only counts is of no use for a list.
      if (limit === 0 || this.#scan.limit > 0) return
      this.#scan.stop()
    }
    const startedAt = performance.now()
    const scan = new Scan(this.#source, { pace, limit, clock: this.#clock })
    this.#scan = scan
    void scan.result.then(result => {
      if (this.#scan !== scan) return
      this.#scan = null
      this.#scannedAt = performance.now()
      this.#error = scan.error
      if (result === null) return
      this.#counts = result.counts
      this.#workedMs = result.workedMs
      if (limit > 0) this.#snapshot = result.snapshot
      this.#changes.forgetBefore(startedAt)
    })
  }
}
