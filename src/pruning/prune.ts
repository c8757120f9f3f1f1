import { basename, join } from 'node:path'
import { ResultAsync } from 'neverthrow'
import { settledResult } from '../async/result.ts'
import { TimeSlice } from '../async/time-slice.ts'
import { loadRecordOf } from '../load.ts'
import type { ScanFailed } from '../errors.ts'
import { Disk } from '../fs/disk.ts'
import { isNotPermitted } from '../fs/errno.ts'
import { isTemporary } from '../fs/temporary.ts'
import { lastUsedAtOf, systemTime, uniqueMtime, type FileVersion } from '../fs/version.ts'
import { sessionId } from '../path.ts'
import { currentTime, defaultTtl } from '../session/expiry.ts'
import { canSkip, classify, graceMs, isFromFuture, type FileClass } from './classify.ts'
import { isLeaseToken } from './lease.ts'
import type { PruneOptions, PruneReport, PruneVisitor } from './options.ts'
import { Removals, type RemovalOptions } from './removals.ts'

// Called after the attempt to remove a file.
type OnDone = (isRemoved: boolean) => Promise<void> | undefined

interface VisitorOptions extends Pick<RemovalOptions, 'hasChanges'> {
  readonly visitor?: PruneVisitor | null
}

// In milliseconds. A write takes well under a second: the process that wrote a temporary file of this age is dead.
const staleAfterMs = 10 * 60_000

/**
 * Removes the sessions of a directory that expired more than a minute ago, and temporary files that a dead process left
 * more than ten minutes ago. Only what is certainly a session is removed: a JSON object with a cookie, or an encrypted
 * session. A session that is used before its removal is kept, except in the microseconds between the last `stat` of its
 * file and the removal. The store sets the access time of a file to the session's expiry: a file is read only after that.
 * The event loop runs every few milliseconds.
 *
 * The value is a report; a missing directory has nothing to prune. Fails with `scan-failed` when the directory cannot be
 * read to its end.
 *
 * ```ts
 * const report = await pruneSessions('./sessions')
 * ```
 */
export function pruneSessions (directory: string, options?: PruneOptions): ResultAsync<PruneReport, ScanFailed>
/** @internal */
export function pruneSessions (directory: string, options: PruneOptions & VisitorOptions): ResultAsync<PruneReport, ScanFailed>
export function pruneSessions (directory: string, options: PruneOptions & VisitorOptions = {}): ResultAsync<PruneReport, ScanFailed> {
  return ResultAsync.fromPromise(
    new Prune(directory, options).run(),
    cause => ({ type: 'scan-failed' as const, directory, cause })
  )
}

class Prune {
  readonly #directory: string
  readonly #options: PruneOptions & VisitorOptions & { readonly disk: Disk, readonly clock: () => number, readonly ttl: number }
  readonly #removals: Removals
  readonly #counts = { removed: 0, kept: 0, unreadable: 0, foreign: 0, temporary: 0 }
  readonly #start = performance.now()

  constructor (directory: string, options: PruneOptions & VisitorOptions) {
    const { disk = new Disk('auto'), clock = currentTime, ttl = defaultTtl } = options
    this.#directory = directory
    this.#options = { ...options, disk, clock, ttl }
    this.#removals = new Removals(this.#options)
  }

  async run (): Promise<PruneReport> {
    const { disk, signal, onProgress } = this.#options
    const slice = new TimeSlice()
    for await (const names of disk.listFiles(this.#directory)) {
      for (const name of names) {
        if (signal?.aborted) break
        // Most files are kept by their times alone: a promise for each would be most of the work.
        if (slice.isUsedUp) await slice.yield()
        const pending = this.#visit(name)
        if (pending !== null) await pending
      }
      if (signal?.aborted) break
      onProgress?.(this.#report())
    }
    await this.#removals.settle()
    return this.#report()
  }

  #report (): PruneReport {
    const { temporary, ...counts } = this.#counts
    const scanned = counts.removed + counts.kept + counts.unreadable + counts.foreign
    return { scanned, ...counts, temporary, durationMs: performance.now() - this.#start }
  }

  #visit (name: string): Promise<void> | null {
    const file = join(this.#directory, name)
    if (isTemporary(name) || isLeaseToken(name)) return this.#visitTemporary(file)
    const id = sessionId(name, this.#options)
    if (id === null) return null
    const stat = this.#options.disk.stat(file)
    const known = settledResult(stat)
    if (known === undefined || known.isErr() || known.value === null || this.#mustRead(name, known.value)) return this.#visitSession(id, file, stat)
    this.#counts.kept++
    return null
  }

  #mustRead (name: string, version: FileVersion): boolean {
    const { clock, visitor } = this.#options
    return !canSkip(version, clock()) || (visitor?.mustRead(name) ?? false)
  }

  async #visitSession (id: string, file: string, stat: ResultAsync<FileVersion | null, unknown>): Promise<void> {
    const { visitor, clock } = this.#options
    const version = await stat
    if (version.isErr()) {
      visitor?.unread()
      return this.#keep('unreadable')
    }
    if (version.value === null) return
    if (!this.#mustRead(basename(file), version.value)) return this.#keep('live')
    const record = await loadRecordOf(file, version.value, systemTime(), this.#options)
    if (record.isErr()) {
      if (record.error.type !== 'malformed') visitor?.unread()
      // It may be readable in a moment, when there are descriptors or memory again.
      if (record.error.type === 'read-failed' && !isNotPermitted(record.error.cause)) return this.#keep('unreadable')
      return await this.#removeOrKeep('unreadable', file, version.value)
    }
    if (record.value === null) return
    const found = classify(record.value.text, record.value.lastUsedAt, this.#options)
    if (found === 'live' && isFromFuture(version.value, clock())) await this.#correctTimes(file)
    const visit = visitor ? record.value.text.parse().unwrapOr(null) : null
    if (found !== 'expired' && visit !== null) await visitor?.live(id, visit)
    await this.#removeOrKeep(found, file, version.value, visit === null ? undefined : isRemoved => isRemoved ? visitor?.removed(id, visit) : visitor?.live(id, visit))
  }

  async #removeOrKeep (found: FileClass, file: string, version: FileVersion, onDone?: OnDone): Promise<void> {
    if (!this.#isToBeRemoved(found, version)) return this.#keep(found)
    await this.#removals.start(file, version, async isRemoved => {
      if (isRemoved) this.#counts.removed++
      else this.#keep(found)
      if (!this.#options.dryRun) await onDone?.(isRemoved)
    })
  }

  #isToBeRemoved (found: FileClass, version: FileVersion): boolean {
    const { removeUnreadable = false, removeForeign = false, clock } = this.#options
    if (found === 'expired') return true
    if (clock() - lastUsedAtOf(version) < graceMs) return false
    return (found === 'unreadable' && removeUnreadable) || (found === 'foreign' && removeForeign)
  }

  #keep (found: FileClass): void {
    this.#counts[found === 'live' || found === 'expired' ? 'kept' : found]++
  }

  // Its lifetime counts from now: otherwise it would last until the clock has reached that future.
  async #correctTimes (file: string): Promise<void> {
    const { disk, clock, dryRun = false } = this.#options
    if (!dryRun) await disk.setTimes(file, { atimeMs: clock(), mtimeMs: uniqueMtime(clock()) })
  }

  // By the change time, which cannot be set: a temporary file has the time of its session's last use.
  async #visitTemporary (file: string): Promise<void> {
    const { disk, dryRun = false } = this.#options
    const version = (await disk.stat(file)).unwrapOr(null)
    if (version === null || systemTime() - version.ctimeMs < staleAfterMs) return
    if (dryRun || (await disk.remove(file)).unwrapOr(false)) this.#counts.temporary++
  }
}
