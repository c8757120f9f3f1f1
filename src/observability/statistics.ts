import { channel } from 'node:diagnostics_channel'
import type { SessionFailure } from '../errors.ts'
import type { PruneReport } from '../pruning/options.ts'
import type { Outcome } from '../write.ts'

/** What a store has done since it was made. */
export interface StoreStats {
  /** Sessions that were asked for. */
  readonly gets: number
  /** Files whose text was in the cache. */
  readonly hits: number
  /** Files that had to be read. */
  readonly misses: number
  /** Sessions that were set. Most sets neither write nor record a use. */
  readonly sets: number
  /** Files that were replaced. */
  readonly writes: number
  /** Last uses that were recorded without a write. */
  readonly touches: number
  /** Calls of `destroy` and `revoke`. */
  readonly destroys: number
  /** Sets that were merged with what others had changed meanwhile. */
  readonly merges: number
  /** Merges in which both sides had changed the same key. */
  readonly conflicts: number
  /** Failures, by type. */
  readonly failures: Readonly<Partial<Record<SessionFailure['type'], number>>>
  /** Sessions with operations under way, or changes that are not written yet. */
  readonly queueLength: number
  /** The last prune of this store, or `null`. */
  readonly lastPrune: (PruneReport & { readonly at: Date }) | null
}

// The names that a subscriber uses. A channel without subscribers costs one comparison.
const channels = {
  get: channel('fastify-file-session-store:get'),
  set: channel('fastify-file-session-store:set'),
  write: channel('fastify-file-session-store:write'),
  destroy: channel('fastify-file-session-store:destroy'),
  merge: channel('fastify-file-session-store:merge'),
  prune: channel('fastify-file-session-store:prune'),
  failure: channel('fastify-file-session-store:failure')
}

/** Counts what a store does, and publishes it on `node:diagnostics_channel`. */
export class Statistics {
  readonly #directory: string
  readonly #counts = { gets: 0, hits: 0, misses: 0, sets: 0, writes: 0, touches: 0, destroys: 0, merges: 0, conflicts: 0 }
  readonly #failures: Partial<Record<SessionFailure['type'], number>> = {}
  #lastPrune: StoreStats['lastPrune'] = null

  constructor (directory: string) {
    this.#directory = directory
  }

  /** The counts so far. */
  stats (queueLength: number): StoreStats {
    return { ...this.#counts, failures: { ...this.#failures }, queueLength, lastPrune: this.#lastPrune }
  }

  readonly lookup = (isHit: boolean): void => {
    this.#counts[isHit ? 'hits' : 'misses']++
  }

  got (id: string, isFound: boolean): void {
    this.#counts.gets++
    if (channels.get.hasSubscribers) channels.get.publish({ directory: this.#directory, id, isFound })
  }

  set (id: string): void {
    this.#counts.sets++
    if (channels.set.hasSubscribers) channels.set.publish({ directory: this.#directory, id })
  }

  /** What a change did to its file. */
  applied (file: string, outcome: Outcome | boolean): void {
    if (outcome === 'written') this.#counts.writes++
    else if (outcome === 'touched') this.#counts.touches++
    else return
    if (channels.write.hasSubscribers) channels.write.publish({ directory: this.#directory, file, outcome })
  }

  destroyed (id: string): void {
    this.#counts.destroys++
    if (channels.destroy.hasSubscribers) channels.destroy.publish({ directory: this.#directory, id })
  }

  readonly merged = (conflictingKeys: readonly string[]): void => {
    this.#counts.merges++
    if (conflictingKeys.length > 0) this.#counts.conflicts++
    if (channels.merge.hasSubscribers) channels.merge.publish({ directory: this.#directory, conflictingKeys })
  }

  pruned (report: PruneReport): void {
    this.#lastPrune = { ...report, at: new Date() }
    if (channels.prune.hasSubscribers) channels.prune.publish({ directory: this.#directory, report })
  }

  failed (failure: SessionFailure): void {
    this.#failures[failure.type] = (this.#failures[failure.type] ?? 0) + 1
    if (channels.failure.hasSubscribers) channels.failure.publish({ directory: this.#directory, failure })
  }
}
