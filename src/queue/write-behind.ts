import { ResultAsync } from 'neverthrow'
import { promiseOf, settledOk } from '../async/result.ts'
import { TimeSlice } from '../async/time-slice.ts'
import { Mutation, type Step } from './mutation.ts'
import type { Apply } from './write-queue.ts'

// In milliseconds. Long enough to make one write of a burst of requests.
const lingerMs = 50

// In milliseconds. A disk that refuses is tried again after the first, and then twice as late each time, up to the second.
const firstRetryMs = 1_000
const lastRetryMs = 60_000

// A session that cannot be written must not hold up the others; a disk that cannot be written need not be tried for each.
const maxFailuresInARow = 3

// In bytes. What is accepted and not written takes memory that the cache's bound does not count.
const highWaterMark = 16 * 1024 * 1024

// A session that changes this often before it is written costs more with each change.
const maxSteps = 100

interface Entry {
  /** Accepted, and not on the way to the disk. */
  waiting: Mutation | null
  /** On the way to the disk. */
  writing: Mutation | null
  /** Changes that are not accepted before they are written, and wait for those before them. */
  queued: number
  /** Resolves when `writing` and what is queued behind it is on the disk or has failed. */
  written: Promise<unknown>
  /** What both take, in bytes. */
  bytes: number
}

/**
 * Accepts changes at once and writes them a moment later (write-behind), those of one session together. While the disk
 * refuses, what was accepted is kept and tried again at growing intervals. When more than 16 MiB are pending, a change
 * is accepted only when it is on the disk.
 */
export class WriteBehindQueue<T, E> {
  readonly #apply: Apply<T, E>
  readonly #onFailure: (failure: E) => void
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  #timer: NodeJS.Timeout | null = null
  #flushing: Promise<void> | null = null
  #retryMs = 0

  /** `onFailure` is told of the failures of changes that had been accepted. */
  constructor (apply: Apply<T, E>, onFailure: (failure: E) => void) {
    this.#apply = apply
    this.#onFailure = onFailure
  }

  /** The number of sessions with changes that are not written yet. */
  get size (): number {
    return this.#entries.size
  }

  /** Whether the session in `file` has changes that are not written yet. */
  has (file: string): boolean {
    return this.#entries.has(file)
  }

  /** The changes of the session in `file` that are not written yet, or `null`. */
  pending (file: string): Mutation | null {
    const entry = this.#entries.get(file)
    if (entry === undefined) return null
    const { writing, waiting } = entry
    return writing !== null && waiting !== null ? writing.concat(waiting) : writing ?? waiting
  }

  /** The files of the sessions with changes that are not written yet. */
  files (): string[] {
    return [...this.#entries.keys()]
  }

  /** Accepts a change. While too much is pending the result is that of its write, and a change that fails is given up. */
  mutate (file: string, step: Step): ResultAsync<T | undefined, E> {
    const entry = this.#entries.get(file) ?? { waiting: null, writing: null, queued: 0, written: Promise.resolve(), bytes: 0 }
    const waiting = entry.waiting?.coalesce(step) ?? Mutation.of(step)
    const isFull = this.#bytes + Mutation.of(step).bytes > highWaterMark || waiting.steps.length > maxSteps
    if (isFull || entry.queued > 0) return this.#writeThrough(file, entry, step)
    entry.waiting = waiting
    this.#entries.set(file, entry)
    this.#count(entry)
    this.#schedule()
    return settledOk(undefined)
  }

  /** Reads a session with its pending changes. */
  read<U, F> (file: string, read: (pending: Mutation | null) => ResultAsync<U, F>): ResultAsync<U, F> {
    return read(this.pending(file))
  }

  /** Writes what is pending, trying each session once more, and resolves when that is done. */
  async drain (): Promise<void> {
    while (this.#flushing !== null) await this.#flushing
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    await this.#flush(Infinity)
  }

  #writeThrough (file: string, entry: Entry, step: Step): ResultAsync<T | undefined, E> {
    const write = () => this.#write(file, entry, entry.waiting?.coalesce(step) ?? Mutation.of(step), entry.waiting)
    this.#entries.set(file, entry)
    if (entry.writing === null && entry.queued === 0) return write()
    entry.queued++
    const result = new ResultAsync<T, E>(entry.written.then(() => {
      entry.queued--
      return write()
    }))
    entry.written = promiseOf(result)
    return result
  }

  // Should the write fail, `accepted` stays pending.
  #write (file: string, entry: Entry, mutation: Mutation, accepted: Mutation | null): ResultAsync<T, E> {
    entry.waiting = null
    entry.writing = mutation
    this.#count(entry)
    const settle = (waiting: Mutation | null) => {
      entry.writing = null
      entry.waiting = waiting
      this.#count(entry)
      // A session whose write failed goes to the end of the line.
      this.#entries.delete(file)
      if (waiting !== null || entry.queued > 0) this.#entries.set(file, entry)
      if (waiting !== null) this.#schedule()
    }
    const result = this.#apply(file, mutation)
      .map(value => {
        settle(entry.waiting)
        return value
      })
      .mapErr(failure => {
        settle(accepted !== null && entry.waiting !== null ? accepted.concat(entry.waiting) : accepted ?? entry.waiting)
        return failure
      })
    if (entry.queued === 0) entry.written = promiseOf(result)
    return result
  }

  #schedule (): void {
    if (this.#timer !== null || this.#flushing !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#flushing = this.#flush(maxFailuresInARow).finally(() => {
        this.#flushing = null
        if (this.#entries.size > 0) this.#schedule()
      })
    }, Math.max(lingerMs, this.#retryMs))
    // A disk that refuses for good must not keep the process alive for good.
    if (this.#retryMs > 0) this.#timer.unref()
  }

  async #flush (maxFailures: number): Promise<void> {
    const slice = new TimeSlice()
    let failures = 0
    for (const [file, entry] of [...this.#entries]) {
      if (failures >= maxFailures) break
      while (entry.writing !== null || entry.queued > 0) await entry.written
      if (entry.waiting === null) continue
      const result = await this.#write(file, entry, entry.waiting, entry.waiting)
      if (result.isErr()) this.#onFailure(result.error)
      failures = result.isOk() ? 0 : failures + 1
      await slice.yield()
    }
    this.#retryMs = failures === 0 ? 0 : Math.min(lastRetryMs, Math.max(firstRetryMs, 2 * this.#retryMs))
  }

  #count (entry: Entry): void {
    const bytes = (entry.waiting?.bytes ?? 0) + (entry.writing?.bytes ?? 0)
    this.#bytes += bytes - entry.bytes
    entry.bytes = bytes
  }
}
