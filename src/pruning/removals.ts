import type { RemoveFailed } from '../errors.ts'
import type { Disk } from '../fs/disk.ts'
import { isSameVersion, type FileVersion } from '../fs/version.ts'

/** How files are removed. */
export interface RemovalOptions {
  readonly disk: Disk
  /** Whether files are only said to be removed. */
  readonly dryRun?: boolean
  /** Called for each file that could not be removed. */
  readonly onFailure?: (failure: RemoveFailed) => void
  /** Whether the session in a file has changes that are not written yet: then it is kept. */
  readonly hasChanges?: (file: string) => boolean
}

// The thread pool has four threads: more removals would only wait there.
const maxRemovals = 8

/** Removes files that have not changed since they were read, eight at the same time at most. */
export class Removals {
  readonly #options: RemovalOptions
  readonly #running = new Set<Promise<void>>()
  #thrown: { readonly cause: unknown } | null = null

  constructor (options: RemovalOptions) {
    this.#options = options
  }

  /**
   * Starts to remove a file, and resolves when another removal may be started. `onDone` is called with whether the file
   * was removed; it is kept when it no longer has this version, has changes, or the file system refuses.
   */
  async start (file: string, version: FileVersion, onDone: (isRemoved: boolean) => Promise<void>): Promise<void> {
    const removal = this.#removeIfUnchanged(file, version)
      .then(onDone)
      // By a listener of the caller: kept until `settle`, since an unhandled rejection ends the process.
      .catch((cause: unknown) => { this.#thrown ??= { cause } })
      .finally(() => { this.#running.delete(removal) })
    this.#running.add(removal)
    if (this.#running.size >= maxRemovals) await Promise.race(this.#running)
  }

  /** Resolves when all removals that were started are done. Rejects with what a listener threw first. */
  async settle (): Promise<void> {
    await Promise.all(this.#running)
    if (this.#thrown !== null) throw this.#thrown.cause
  }

  // The caller asked its clock before this `stat`: a use between the two shows here.
  async #removeIfUnchanged (file: string, version: FileVersion): Promise<boolean> {
    const { disk, dryRun = false, onFailure, hasChanges } = this.#options
    const current = (await disk.stat(file)).unwrapOr(null)
    if (current === null || !isSameVersion(version, current) || hasChanges?.(file)) return false
    if (dryRun) return true
    return await disk.remove(file)
      .mapErr(cause => onFailure?.({ type: 'remove-failed', file, cause }))
      .unwrapOr(false)
  }
}
