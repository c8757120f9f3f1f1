import { join } from 'node:path'
import type { ResultAsync } from 'neverthrow'
import { attemptAsync, settledErr, settledOk } from '../async/result.ts'
import { whileBusy } from '../fs/busy.ts'
import { isSameVersion, type FileVersion } from '../fs/version.ts'
import { createEmptyFile, type EmptyFileOptions } from './empty-file.ts'

/** A build of an index, of which the mark tells whether it is still the last one. */
export interface Build {
  readonly mark: FileVersion | null
}

const prefixes = { complete: '.complete-', building: '.building-' }

/**
 * Whether an index has a pointer for every session: an empty file in its directory, the mark `.complete-<key>`, says that
 * it does. The modification time of the mark is when the index was last verified. Stores with other options have other
 * keys, and so other marks in the same directory. While a process makes the missing pointers the mark is
 * `.building-<key>`, so that any other process can take it away. All failures are the system's errors.
 */
export class Completeness {
  readonly #directory: string
  readonly #complete: string
  readonly #building: string
  readonly #options: EmptyFileOptions
  // Whether a pointer is missing although the mark, which could not be removed, says otherwise.
  #isMarkedWrongly = false

  /** `directory` is that of the index, and `key` stands for the options on which its pointers depend. */
  constructor (directory: string, key: string, options: EmptyFileOptions) {
    this.#directory = directory
    this.#complete = join(directory, prefixes.complete + key)
    this.#building = join(directory, prefixes.building + key)
    this.#options = options
  }

  /** Whether every session that can be read has its pointer. */
  async isComplete (): Promise<boolean> {
    return await this.verifiedAt() !== null
  }

  /** The time that was given to `beginBuild` or `markVerified` last, or `null` when the index is not complete. */
  async verifiedAt (): Promise<number | null> {
    if (this.#isMarkedWrongly) return null
    return (await this.#options.disk.stat(this.#complete)).map(version => version?.mtimeMs ?? null).unwrapOr(null)
  }

  /**
   * Notes that pointers are made for all sessions from now, `time`, on. The indexes of stores with other options, and the
   * one that is being built, are not complete from then on: they lack what this store writes. The value stands for this build.
   */
  beginBuild (time: number): ResultAsync<Build, unknown> {
    const times = { atimeMs: time, mtimeMs: time }
    return this.#removeMarks()
      .andThen(() => createEmptyFile(this.#building, times, this.#options))
      .andThen(() => this.#options.disk.stat(this.#building))
      .map(mark => ({ mark }))
  }

  /**
   * Notes that every session had its pointer when the build began, unless `markIncomplete` or `beginBuild` was called since,
   * by any process. The value says whether the index is complete.
   */
  markComplete ({ mark }: Build): ResultAsync<boolean, unknown> {
    const { disk } = this.#options
    return disk.stat(this.#building)
      .andThen(found => mark !== null && found !== null && isSameVersion(mark, found) ? whileBusy(() => disk.rename(this.#building, this.#complete)).map(() => true) : settledOk(false))
      .map(isMarked => {
        if (isMarked) this.#isMarkedWrongly = false
        return isMarked
      })
  }

  /** Notes that a part of the sessions had their pointers at `time`. An index that is not complete stays so. */
  markVerified (time: number): ResultAsync<unknown, unknown> {
    return this.#options.disk.setTimes(this.#complete, { atimeMs: time, mtimeMs: time })
  }

  /** Notes that a pointer may be missing: it could not be made. If the file system refuses that, only this object knows. */
  markIncomplete (): ResultAsync<unknown, unknown> {
    const { disk } = this.#options
    // In this order: a build that ends meanwhile has renamed the first to the second.
    return disk.remove(this.#building)
      .orElse(cause => disk.remove(this.#complete).andThen(() => settledErr(cause)))
      .andThen(() => disk.remove(this.#complete))
      .mapErr(cause => {
        this.#isMarkedWrongly = true
        return cause
      })
  }

  #removeMarks (): ResultAsync<unknown, unknown> {
    return attemptAsync(async () => {
      for await (const names of this.#options.disk.listFiles(this.#directory)) {
        for (const name of names.filter(isMark)) {
          const removed = await this.#options.disk.remove(join(this.#directory, name))
          if (removed.isErr()) throw removed.error
        }
      }
    })
  }
}

function isMark (name: string): boolean {
  return Object.values(prefixes).some(prefix => name.startsWith(prefix))
}
