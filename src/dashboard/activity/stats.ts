import type { FileStore } from '../../index.ts'

/** What `store.stats()` counts since the store was made. */
export interface StoreStats {
  readonly gets: number
  readonly hits: number
  readonly misses: number
  readonly touches: number
  readonly writes: number
  readonly merges: number
  readonly conflicts: number
  readonly failures: Readonly<Record<string, number>>
  readonly queueLength: number
  readonly lastPrune: LastPrune | null
}

/** The last prune by this process. */
export interface LastPrune {
  readonly at: Date
  readonly scanned: number
  readonly removed: number
  readonly kept: number
  readonly durationMs: number
}

/** The store's counters, or `null` when it keeps none. */
export function statsOf (store: FileStore): StoreStats | null {
  return 'stats' in store ? (store as unknown as { stats (): StoreStats }).stats() : null
}

/** How many failures of all kinds there were. */
export function failuresOf ({ failures }: StoreStats): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0)
}
