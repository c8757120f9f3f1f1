import type { SessionSource } from '../source.ts'
import { Counts } from './counts.ts'
import { SnapshotBuilder, type Snapshot } from './snapshot.ts'
import { eager, TimeSlice, type TimeSliceOptions } from './time-slice.ts'

/** How to scan. */
export interface ScanOptions {
  readonly pace: TimeSliceOptions
  /** How many names to keep for a snapshot; 0 only counts. */
  readonly limit: number
  readonly clock: () => number
}

/** What a scan found. */
export interface ScanResult {
  readonly counts: Counts
  readonly snapshot: Snapshot
  /** How much of the event loop's time it took, in milliseconds. */
  readonly workedMs: number
}

/** One reading of all names and metadata of a directory, in slices of the event loop's time. */
export class Scan {
  readonly #source: SessionSource
  readonly #slice: TimeSlice
  readonly #counts: Counts
  readonly #builder: SnapshotBuilder
  #isStopped = false
  #error: Error | null = null
  readonly limit: number
  /** Resolves when the scan is complete, or to `null` when it was stopped or the directory cannot be read. */
  readonly result: Promise<ScanResult | null>

  constructor (source: SessionSource, { pace, limit, clock }: ScanOptions) {
    this.#source = source
    this.#slice = new TimeSlice(pace)
    this.#counts = new Counts(clock())
    this.#builder = new SnapshotBuilder(limit)
    this.limit = limit
    this.result = this.#run().catch((cause: unknown) => {
      this.#error = cause as Error
      return null
    })
  }

  /** How many session files it has seen so far. */
  get seen (): number {
    return this.#counts.total
  }

  /** Why the directory could not be read, or `null`. */
  get error (): Error | null {
    return this.#error
  }

  /** To be called when a request begins to wait for it. */
  hurry (): void {
    this.#slice.become(eager)
  }

  stop (): void {
    this.#isStopped = true
  }

  async #run (): Promise<ScanResult | null> {
    for await (const names of this.#source.names()) {
      for (const name of names) {
        if (this.#slice.isOver) await this.#slice.rest()
        const use = await this.#source.stat(name)
        if (use === null) continue
        this.#counts.add(use.lastUsedAt, use.size)
        this.#builder.add(name, use.lastUsedAt)
      }
      if (this.#isStopped) return null
    }
    const snapshot = await this.#builder.build(this.#slice)
    return { counts: this.#counts, snapshot, workedMs: this.#slice.workedMs }
  }
}
