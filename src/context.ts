import type { SessionFailure } from './errors.ts'
import { SessionCache } from './cache.ts'
import { Disk } from './fs/disk.ts'
import { writeLimits } from './fs/limits.ts'
import { Reporter } from './observability/reporter.ts'
import { Statistics } from './observability/statistics.ts'
import type { ResolvedOptions } from './options.ts'
import { OwnedSessions } from './owner/owned-sessions.ts'
import type { LookupOptions, ReadOptions } from './read.ts'
import type { ObserveOptions, WriteOptions } from './write.ts'

/** What all calls of a store share: its cache, its view of the disk for reads and for writes, its index of owners, its statistics and its reporter. */
export class StoreContext {
  readonly statistics: Statistics
  readonly readOptions: ReadOptions & LookupOptions & { readonly disk: Disk }
  readonly writeOptions: WriteOptions & ObserveOptions & { readonly disk: Disk, readonly cache: SessionCache }
  /** `null` without the option `owner`. */
  readonly owned: OwnedSessions | null
  readonly #reporter: Reporter

  constructor (directory: string, options: ResolvedOptions) {
    this.statistics = new Statistics(directory)
    this.#reporter = new Reporter(options)
    const cache = new SessionCache(options.cacheSize)
    const shared = { ...options, cache, onLookup: this.statistics.lookup, onMerge: this.statistics.merged }
    const onSlow = (durationMs: number) => this.report({ type: 'disk-slow', directory, durationMs })
    this.readOptions = { ...shared, disk: new Disk(options.io) }
    const disk = new Disk(options.io, { limits: writeLimits, onSlow })
    const owned = options.owner === undefined ? null : new OwnedSessions(directory, { ...options, owner: options.owner, disk, cache, onFailure: this.report })
    this.owned = owned
    this.writeOptions = {
      ...shared,
      disk,
      onFailure: this.report,
      onUnknownReplaced: this.report,
      ...(owned && { aroundReplace: (file, contents, replace) => owned.replacing(file, contents, replace) })
    }
  }

  /** Counts a failure, and reports it to the operator. */
  readonly report = (failure: SessionFailure): void => {
    this.statistics.failed(failure)
    this.#reporter.report(failure)
  }
}
