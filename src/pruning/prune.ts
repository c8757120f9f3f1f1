import { basename, join } from 'node:path'
import { ResultAsync } from 'neverthrow'
import { settledResult } from '../async/result.ts'
import { TimeSlice } from '../async/time-slice.ts'
import { loadVersion } from '../load.ts'
import type { EncryptionOptions } from '../encryption/envelope.ts'
import type { RemoveFailed, ScanFailed } from '../errors.ts'
import { Disk } from '../fs/disk.ts'
import { isTemporary } from '../fs/temporary.ts'
import { isSameVersion, lastUsedAtOf, systemTime, uniqueMtime, type FileVersion } from '../fs/version.ts'
import { sessionId } from '../path.ts'
import { currentTime, defaultTtl, type ExpiryOptions } from '../session/expiry.ts'
import type { StoredSession } from '../session/session.ts'
import { canSkip, classify, graceMs, isFromFuture, type FileClass } from './classify.ts'
import { isLeaseToken } from './lease.ts'

/** How a directory is pruned. */
export interface PruneOptions extends EncryptionOptions, ExpiryOptions {
  /**
   * Whether files that have the name of a session and cannot be read as one (half a JSON, not decryptable, no
   * permission) are removed too, if they were not modified for a minute.
   * @default false
   */
  readonly removeUnreadable?: boolean
  /**
   * Whether JSON files that have the name of a session and no cookie are removed too, if they were not modified for a
   * minute: a `package.json` is one.
   * @default false
   */
  readonly removeForeign?: boolean
  /**
   * Whether nothing is removed: the report then tells what would be.
   * @default false
   */
  readonly dryRun?: boolean
  /**
   * Called for each file that could not be removed.
   * @default nothing is called
   */
  readonly onFailure?: (failure: RemoveFailed) => void
  /**
   * Called from time to time with the report so far.
   * @default nothing is called
   */
  readonly onProgress?: (report: PruneReport) => void
  /** Ends the prune early, with the report so far. */
  readonly signal?: AbortSignal
  /**
   * Makes the calls to the disk.
   * @default a new `Disk` that is synchronous while the disk is fast
   */
  readonly disk?: Disk
}

/** What else is done with the sessions that a prune comes by. */
export interface PruneVisitor {
  /** Whether the file of this name is read although its times show that it is kept. */
  mustRead (name: string): boolean
  live (id: string, session: StoredSession): Promise<void>
  removed (id: string, session: StoredSession): Promise<void>
}

/** What a prune found and did. `scanned` is the sum of the next four. */
export interface PruneReport {
  /** Files that have the name of a session. */
  readonly scanned: number
  /** Those that were removed. */
  readonly removed: number
  /** Sessions that were kept: they live, or could not be removed. */
  readonly kept: number
  /** Files that were kept because they cannot be read as a session. */
  readonly unreadable: number
  /** Files that were kept because they are JSON and not certainly a session. */
  readonly foreign: number
  /** Temporary files of dead processes that were removed. */
  readonly temporary: number
  readonly durationMs: number
}

// In milliseconds. A write takes well under a second: the process that wrote a temporary file of this age is dead.
const staleAfterMs = 10 * 60_000

// The thread pool has four threads: more removals would only wait there.
const maxRemovals = 8

/**
 * Removes the sessions of a directory that expired more than a minute ago, and temporary files that a dead process left
 * more than ten minutes ago. Only what is certainly a session is removed: a JSON object with a cookie, or an encrypted
 * session. A session that is used before its removal is kept; one that is used in the microseconds between the last
 * look at its file and the removal is not. Files whose access time is the session's expiry, as the store sets it, are
 * read only after that. The event loop is served every few milliseconds.
 *
 * The value is a report; a missing directory has nothing to prune. Fails with `scan-failed` when the directory cannot be
 * read to its end.
 *
 * ```ts
 * const report = await pruneSessions('./sessions')
 * ```
 */
export function pruneSessions (directory: string, options: PruneOptions & { readonly visitor?: PruneVisitor | null } = {}): ResultAsync<PruneReport, ScanFailed> {
  return ResultAsync.fromPromise(
    new Prune(directory, options).run(),
    cause => ({ type: 'scan-failed' as const, directory, cause })
  )
}

class Prune {
  readonly #directory: string
  readonly #options: PruneOptions & { readonly visitor?: PruneVisitor | null } & { readonly disk: Disk, readonly clock: () => number, readonly ttl: number }
  readonly #removing = new Set<Promise<void>>()
  readonly #counts = { removed: 0, kept: 0, unreadable: 0, foreign: 0, temporary: 0 }
  readonly #start = performance.now()

  constructor (directory: string, options: PruneOptions & { readonly visitor?: PruneVisitor | null }) {
    const { disk = new Disk('auto'), clock = currentTime, ttl = defaultTtl } = options
    this.#directory = directory
    this.#options = { ...options, disk, clock, ttl }
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
    await Promise.all(this.#removing)
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
    if (version.isErr()) return this.#keep('unreadable')
    if (version.value === null) return
    if (!this.#mustRead(basename(file), version.value)) return this.#keep('live')
    const record = await loadVersion(file, version.value, { ...this.#options, takenAt: systemTime() })
    if (record.isErr()) return await this.#removeOrKeep('unreadable', file, version.value)
    if (record.value === null) return
    const found = classify(record.value.text, record.value.lastUsedAt, this.#options)
    if (found === 'live' && isFromFuture(version.value, clock())) await this.#correctTimes(file)
    const visit = visitor && (found === 'live' || found === 'expired') ? record.value.text.parse().unwrapOr(null) : null
    if (found === 'live' && visit !== null) await visitor?.live(id, visit)
    await this.#removeOrKeep(found, file, version.value, visit === null ? undefined : () => visitor?.removed(id, visit))
  }

  async #removeOrKeep (found: FileClass, file: string, version: FileVersion, onRemoved?: () => Promise<void> | undefined): Promise<void> {
    if (this.#isToBeRemoved(found, version)) await this.#remove(file, version, found, onRemoved)
    else this.#keep(found)
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

  async #remove (file: string, version: FileVersion, found: FileClass, onRemoved?: () => Promise<void> | undefined): Promise<void> {
    const removal = this.#removeIfUnchanged(file, version)
      .then(async isRemoved => {
        if (isRemoved) this.#counts.removed++
        else this.#keep(found)
        if (isRemoved && !this.#options.dryRun) await onRemoved?.()
      })
      .finally(() => { this.#removing.delete(removal) })
    this.#removing.add(removal)
    if (this.#removing.size >= maxRemovals) await Promise.race(this.#removing)
  }

  // The last look comes after the grace was found to be over: a use before that shows here.
  async #removeIfUnchanged (file: string, version: FileVersion): Promise<boolean> {
    const { disk, dryRun = false, onFailure } = this.#options
    const current = (await disk.stat(file)).unwrapOr(null)
    if (current === null || !isSameVersion(version, current)) return false
    if (dryRun) return true
    return await disk.remove(file)
      .mapErr(cause => onFailure?.({ type: 'remove-failed', file, cause }))
      .unwrapOr(false)
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
