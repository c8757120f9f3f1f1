import { ok, err, type ResultAsync } from 'neverthrow'
import { attempt, attemptAsync } from '../async/result.ts'
import { Semaphore } from '../async/semaphore.ts'
import { SlowCallBreaker } from './breaker.ts'
import { isNotEmpty, isNotFound } from './errno.ts'
import { readLimits, type SyncLimits } from './limits.ts'
import { nodeFs, type FileTimes, type FsCalls, type NewFile } from './node.ts'
import { scanDirectory } from './scan.ts'
import type { FileVersion } from './version.ts'

/** `'auto'`: synchronously while the disk is fast; `'async'`: always through the thread pool. */
export type Io = 'auto' | 'async'

/** Further options of a `Disk`. */
export interface DiskOptions {
  /** The limits above which calls go through the thread pool. */
  readonly limits?: SyncLimits
  /** Called when the disk became too slow for synchronous calls, with the duration of the last one, in milliseconds. */
  readonly onSlow?: (durationMs: number) => void
  /** Where calls go: tests make a disk slow or broken here. @internal */
  readonly calls?: FsCalls
}

// The thread pool opens all files before it reads the first: thousands of sessions would use up the descriptors.
const maxOpenFiles = 64

/**
 * The calls to the disk that sessions need. Each result is known immediately while calls are synchronous, and comes
 * later through the thread pool: with `io: 'async'`, or for a second after several slow calls of one kind in a row or one that stalled.
 * Large files, flushes and most calls to directories always use the thread pool.
 */
export class Disk {
  readonly #calls: FsCalls
  readonly #opening = new Semaphore(maxOpenFiles)
  readonly #breaker: SlowCallBreaker | null
  readonly #maxSyncBytes: number

  constructor (io: Io = 'async', options: DiskOptions = {}) {
    const { limits = readLimits, onSlow, calls = nodeFs } = options
    this.#calls = calls
    this.#breaker = io === 'auto' ? new SlowCallBreaker({ ...limits, now: calls.now, ...(onSlow && { onOpen: onSlow }) }) : null
    this.#maxSyncBytes = limits.maxSyncBytes
  }

  /** Whether calls are made synchronously at this moment. */
  get isSync (): boolean {
    return this.#breaker?.isClosed ?? false
  }

  /** The version of a regular file, or `null` when there is no such file. Fails for anything that is not a regular file. */
  stat (file: string): ResultAsync<FileVersion | null, unknown> {
    return orNull(this.#run(this.#calls.statSync, this.#calls.stat, file))
  }

  /** The text of a file of `size` bytes, or `null` when there is no such file. */
  read (file: string, size: number): ResultAsync<string | null, unknown> {
    return orNull(size > this.#maxSyncBytes ? attemptAsync(() => this.#readAsync(file)) : this.#run(this.#calls.readSync, this.#readAsync, file))
  }

  /** Sets the times of a file; whether there was such a file. */
  setTimes (file: string, times: FileTimes): ResultAsync<boolean, unknown> {
    return orFalse(this.#run(this.#calls.setTimesSync, this.#calls.setTimes, file, times))
  }

  /** Creates a file and gives its version; fails when there is one. */
  create (file: string, content: NewFile): ResultAsync<FileVersion, unknown> {
    return content.flush ? attemptAsync(() => this.#createAsync(file, content)) : this.#run(this.#createSync, this.#createAsync, file, content)
  }

  /** Renames a file over what is there. */
  rename (from: string, to: string): ResultAsync<void, unknown> {
    return this.#run(this.#calls.renameSync, this.#calls.rename, from, to)
  }

  /** Removes a file; whether there was one. */
  remove (file: string): ResultAsync<boolean, unknown> {
    return orFalse(this.#run(this.#calls.removeSync, this.#calls.remove, file))
  }

  /** The mode of a directory, or `null` when there is no such file. Fails for anything that is not a directory. */
  directoryMode (directory: string): ResultAsync<number | null, unknown> {
    return orNull(this.#run(this.#calls.directoryModeSync, this.#calls.directoryMode, directory))
  }

  /** Opens a directory and reads a part of it. */
  openDirectory (directory: string): ResultAsync<void, unknown> {
    return attemptAsync(async () => {
      const entries = await this.#calls.openDirectory(directory, 1)
      await entries.read()
      await entries.close()
    })
  }

  /** Makes a directory and those above it that are missing, and gives the first one made. One that exists is left as it is. */
  makeDirectory (directory: string, mode: number): ResultAsync<string, unknown> {
    return this.#run(this.#calls.makeDirectorySync, this.#calls.makeDirectory, directory, mode).map(first => first ?? directory)
  }

  /** Removes a directory that is empty; whether there was one. One that is not empty is left as it is. */
  removeDirectory (directory: string): ResultAsync<boolean, unknown> {
    return orFalse(this.#run(this.#calls.removeDirectorySync, this.#calls.removeDirectory, directory))
      .orElse(cause => isNotEmpty(cause) ? ok(false) : err(cause))
  }

  /** Flushes the names in a directory to the device; a missing one has none. */
  flushDirectory (directory: string): ResultAsync<boolean, unknown> {
    return orFalse(attemptAsync(() => this.#calls.flushDirectory(directory)))
  }

  /** The names of the regular files in a directory, in batches. Throws the system's error when it cannot be read; a missing one is empty. */
  listFiles (directory: string): AsyncGenerator<readonly string[], void, undefined> {
    return scanDirectory(directory, this.#calls)
  }

  /** The names of the directories in a directory, as `listFiles` gives those of the files. */
  listDirectories (directory: string): AsyncGenerator<readonly string[], void, undefined> {
    return scanDirectory(directory, this.#calls, entry => entry.isDirectory())
  }

  // The breaker counts the slow calls of each synchronous function.
  #run<P extends readonly unknown[], T> (now: (...parameters: P) => T, later: (...parameters: P) => Promise<T>, ...parameters: P): ResultAsync<T, unknown> {
    const breaker = this.#breaker
    return breaker !== null && breaker.isClosed ? attempt(() => breaker.run(now, () => now(...parameters))) : attemptAsync(() => later(...parameters))
  }

  readonly #readAsync = (file: string): Promise<string> => this.#opening.run(() => this.#calls.read(file))

  readonly #createSync = (file: string, content: NewFile): FileVersion => this.#calls.fillSync(file, this.#calls.openNewSync(file, content.mode), content)

  readonly #createAsync = (file: string, content: NewFile): Promise<FileVersion> =>
    this.#opening.run(async () => this.#calls.fill(file, await this.#calls.openNew(file, content.mode), content))
}

function orNull<T> (result: ResultAsync<T, unknown>): ResultAsync<T | null, unknown> {
  return result.orElse(cause => isNotFound(cause) ? ok(null) : err(cause))
}

function orFalse (result: ResultAsync<void, unknown>): ResultAsync<boolean, unknown> {
  return result.map(() => true).orElse(cause => isNotFound(cause) ? ok(false) : err(cause))
}
