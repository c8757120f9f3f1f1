import type { Stats } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { err, ok, ResultAsync } from 'neverthrow'
import type { Answer } from './answer.ts'
import { nodeCalls, type Calls } from './calls.ts'
import { isAbsent, isTaken, mayBeHeldOpen } from './cause.ts'
import { Limit } from './limit.ts'
import { Pace } from './pace.ts'
import type { Stamp } from './stamp.ts'
import { walk } from './walk.ts'

/** How `Disk` makes the calls that a page cache answers. */
export type Io = 'auto' | 'async'

// In bytes. More takes its time in memory too.
const atOnce = 256 * 1024

// The thread pool opens all files before it goes on with the first: thousands
// of sessions at once would use up the process's descriptors.
const openAtOnce = 64

// In milliseconds. So long a rename over a file that somebody holds open is tried again.
const renamePatience = 1_000

/**
 * The few calls to the disk that sessions need. `stat`, `read` and `touch`
 * answer at once while the disk answers from memory, and through the thread
 * pool as soon as it does not: a slow disk holds up the event loop for one call
 * a second, never for one a request. What makes, names or removes files always
 * goes through the thread pool; what fills a new file is memory's too.
 */
export class Disk {
  readonly #calls: Calls
  readonly #opening = new Limit(openAtOnce)
  readonly #pace: Pace

  constructor (io: Io = 'async', calls: Calls = nodeCalls) {
    this.#calls = calls
    this.#pace = new Pace(io === 'auto', calls)
  }

  /** The stamp of a regular file, or `null` when there is no such file. Fails for anything that is not a file. */
  stat (file: string): Answer<Stamp | null, unknown> {
    return this.#ask(() => foundStamp(this.#calls.statSync(file)), async () => stampOf(await this.#calls.stat(file)))
  }

  /** The text of a file of `size` bytes, or `null` when there is no such file. */
  read (file: string, size: number): Answer<string | null, unknown> {
    const soon = () => this.#opening.run(() => this.#calls.read(file))
    return size > atOnce ? later(soon()) : this.#ask(() => this.#calls.readSync(file), soon)
  }

  /** Gives a file its time, in milliseconds; `null` when there is no such file. */
  touch (file: string, time: number): Answer<void | null, unknown> {
    const seconds = time / 1000
    return this.#ask(() => this.#calls.touchSync(file, seconds), () => this.#calls.touch(file, seconds))
  }

  /**
   * Makes a new file that bears `time` (in milliseconds), and gives its stamp;
   * rejects when there is one. With `flush` it is on the device then.
   */
  async create (file: string, text: string, time: number, { mode, flush }: { mode: number, flush: boolean }): Promise<Stamp> {
    const seconds = time / 1000
    return await this.#opening.run(async () => {
      const descriptor = await this.#calls.create(file, mode)
      const isMemory = !flush && text.length <= atOnce && this.#pace.isFast
      return stampOf(isMemory
        ? this.#pace.time(() => this.#calls.fillSync(descriptor, text, seconds))
        : await this.#calls.fill(descriptor, text, seconds, flush))
    })
  }

  /** Makes a new empty file with this time; whether there was none. */
  async claim (file: string, time: number): Promise<boolean> {
    try {
      await this.create(file, '', time, { mode: 0o600, flush: false })
      return true
    } catch (cause) {
      if (isTaken(cause)) return false
      throw cause
    }
  }

  /** Renames over what is there, trying again for a second while that is held open. */
  async rename (from: string, to: string): Promise<void> {
    const giveUp = this.#calls.now() + renamePatience
    for (let wait = 5; ; wait *= 2) {
      try {
        return await this.#calls.rename(from, to)
      } catch (cause) {
        if (!mayBeHeldOpen(cause) || this.#calls.now() + wait > giveUp) throw cause
        await delay(wait)
      }
    }
  }

  /** The names of the regular files in a directory (links are none), some at a time; none when it is missing. */
  files (directory: string): AsyncGenerator<readonly string[], void, undefined> {
    return walk(directory, this.#calls)
  }

  /** Removes a file; whether there was one. */
  async remove (file: string): Promise<boolean> {
    try {
      await this.#calls.remove(file)
      return true
    } catch (cause) {
      if (isAbsent(cause)) return false
      throw cause
    }
  }

  /** Makes a directory and those above it that are missing, and gives the first one made; leaves one that exists as it is. */
  async makeDirectory (directory: string, mode: number): Promise<string> {
    return await this.#calls.makeDirectory(directory, mode) ?? directory
  }

  /** Returns when the names in a directory, if there is one, are on the device. */
  async flushDirectory (directory: string): Promise<void> {
    try {
      await this.#calls.flushDirectory(directory)
    } catch (cause) {
      if (!isAbsent(cause)) throw cause
    }
  }

  #ask<T> (now: () => T, soon: () => Promise<T>): Answer<T | null, unknown> {
    if (!this.#pace.isFast) return later(soon())
    try {
      return ok(this.#pace.time(now))
    } catch (cause) {
      return isAbsent(cause) ? ok(null) : err(cause)
    }
  }
}

function foundStamp (stats: Stats | undefined): Stamp | null {
  return stats === undefined ? null : stampOf(stats)
}

function stampOf (stats: Stats): Stamp {
  if (!stats.isFile()) throw new Error('it is not a regular file')
  return { modified: stats.mtimeMs, changed: stats.ctimeMs, inode: stats.ino, born: stats.birthtimeMs, size: stats.size }
}

function later<T> (promise: Promise<T>): ResultAsync<T | null, unknown> {
  return new ResultAsync<T | null, unknown>(promise.then(
    value => ok(value),
    (cause: unknown) => isAbsent(cause) ? ok(null) : err(cause)
  ))
}
