import type { SessionSource } from '../source.ts'
import type { Entry } from './snapshot.ts'
import { gentle, TimeSlice } from './time-slice.ts'
import { watchNames } from './watch.ts'

// In milliseconds. How long names are collected before their files are read, once each.
const collectMs = 500

// The number of names that are kept, the latest ones. The others stay at the place in the list where the scan found them.
// Sorting this many takes 2 ms.
const limit = 5_000

/**
 * The session files that changed since the last scan, as the system reports them. They make a list of a million
 * sessions show a new one within a second, without reading the directory again.
 */
export class RecentChanges {
  readonly #source: SessionSource
  readonly #changes = new Map<string, { readonly lastUsedAt: number | null, readonly seenAt: number }>()
  readonly #pending = new Set<string>()
  #newest: readonly Entry[] | null = null
  #timer: NodeJS.Timeout | null = null
  #unwatch: (() => void) | null = null

  constructor (source: SessionSource) {
    this.#source = source
  }

  get isWatching (): boolean {
    return this.#unwatch !== null
  }

  watch (): void {
    this.#unwatch ??= watchNames(this.#source.directory, fileName => {
      if (this.#pending.size >= limit) return
      const name = this.#source.nameIn(fileName)
      if (name === null) return
      this.#pending.add(name)
      this.#timer ??= setTimeout(() => { void this.flush() }, collectMs).unref()
    })
  }

  unwatch (): void {
    this.#unwatch?.()
    this.#unwatch = null
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#pending.clear()
    this.forgetBefore(Infinity)
  }

  /** Reads the metadata of the files whose names were collected. */
  async flush (): Promise<void> {
    this.#timer = null
    const names = [...this.#pending]
    this.#pending.clear()
    const slice = new TimeSlice(gentle)
    for (const name of names) {
      if (slice.isOver) await slice.rest()
      const seenAt = performance.now()
      this.note(name, (await this.#source.stat(name))?.lastUsedAt ?? null, seenAt)
    }
  }

  /** What is known of a file: its last use, or `null` when it is gone. */
  note (name: string, lastUsedAt: number | null, seenAt = performance.now()): void {
    // To the end of the map's order.
    this.#changes.delete(name)
    this.#changes.set(name, { lastUsedAt, seenAt })
    if (this.#changes.size > limit) this.#changes.delete(this.#changes.keys().next().value!)
    this.#newest = null
  }

  /** Whether the snapshot's entry of this name is out of date. */
  has (name: string): boolean {
    return this.#changes.has(name)
  }

  /** Drops what a scan that began at `time` (of `performance.now()`) has seen itself. */
  forgetBefore (time: number): void {
    for (const [name, { seenAt }] of this.#changes) {
      if (seenAt < time) this.#changes.delete(name)
    }
    this.#newest = null
  }

  /** The files that are there, newest first. */
  get newest (): readonly Entry[] {
    this.#newest ??= [...this.#changes]
      .flatMap(([name, { lastUsedAt }]) => lastUsedAt === null ? [] : [{ name, lastUsedAt }])
      .sort((one, other) => other.lastUsedAt - one.lastUsedAt)
    return this.#newest
  }
}
