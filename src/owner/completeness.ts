import { join } from 'node:path'
import type { ResultAsync } from 'neverthrow'
import { attemptAsync } from '../async/result.ts'
import { createEmptyFile, type EmptyFileOptions } from './empty-file.ts'

const markPrefix = '.complete-'

/**
 * Whether an index has a pointer for every session: an empty file in its directory, the mark `.complete-<key>`, says that
 * it does. The modification time of the mark is when the index was last verified. Stores with other options have other
 * keys, and so other marks in the same directory. All failures are the system's errors.
 */
export class Completeness {
  readonly #directory: string
  readonly #mark: string
  readonly #options: EmptyFileOptions
  // Whether a pointer is missing although the mark, which could not be removed, says otherwise.
  #isMarkedWrongly = false

  /** `directory` is that of the index, and `key` stands for the options on which its pointers depend. */
  constructor (directory: string, key: string, options: EmptyFileOptions) {
    this.#directory = directory
    this.#mark = join(directory, markPrefix + key)
    this.#options = options
  }

  /** Whether every session that can be read has its pointer. */
  async isComplete (): Promise<boolean> {
    return await this.verifiedAt() !== null
  }

  /** The time that was given to `markComplete` or `markVerified` last, or `null` when the index is not complete. */
  async verifiedAt (): Promise<number | null> {
    if (this.#isMarkedWrongly) return null
    return (await this.#options.disk.stat(this.#mark)).map(version => version?.mtimeMs ?? null).unwrapOr(null)
  }

  /** Notes that every session had its pointer at `time`. The index of a store with other options is not complete from then on. */
  markComplete (time: number): ResultAsync<unknown, unknown> {
    return this.removeMarks()
      .andThen(() => createEmptyFile(this.#mark, { atimeMs: time, mtimeMs: time }, this.#options))
      .map(value => {
        this.#isMarkedWrongly = false
        return value
      })
  }

  /** Notes that a part of the sessions had their pointers at `time`. An index that is not complete stays so. */
  markVerified (time: number): ResultAsync<unknown, unknown> {
    return this.#options.disk.setTimes(this.#mark, { atimeMs: time, mtimeMs: time })
  }

  /** Notes that a pointer may be missing: it could not be made. If the file system refuses that, only this object knows. */
  markIncomplete (): ResultAsync<unknown, unknown> {
    return this.#options.disk.remove(this.#mark).mapErr(cause => {
      this.#isMarkedWrongly = true
      return cause
    })
  }

  /** Notes that pointers may be missing, in the indexes of stores with other options too: they lack what this store writes. */
  removeMarks (): ResultAsync<unknown, unknown> {
    return attemptAsync(async () => {
      for await (const names of this.#options.disk.listFiles(this.#directory)) {
        for (const name of names.filter(name => name.startsWith(markPrefix))) {
          const removed = await this.#options.disk.remove(join(this.#directory, name))
          if (removed.isErr()) throw removed.error
        }
      }
    })
  }
}
