import type { ResultAsync } from 'neverthrow'
import { pending, promiseOf, settledOk } from '../async/result.ts'
import { TimeSlice } from '../async/time-slice.ts'
import { FlushSchedule } from './flush-schedule.ts'
import { Mutation } from './mutation.ts'
import { ReadOrder } from './read-order.ts'
import type { Step } from './step.ts'
import type { Apply } from './write-queue.ts'

// After this many failures in a row the disk counts as refusing, and the other sessions are not tried.
const maxFailuresInARow = 3

// In bytes. Changes that are accepted and not written take memory beside the cache.
const highWaterMark = 16 * 1024 * 1024

// A session that changes this often before it is written costs more with each change.
const maxSteps = 100

interface Entry {
  /** Accepted, and not being written. */
  waiting: Mutation | null
  /** Being written. */
  writing: Mutation | null
  /** What of `writing` was accepted before: all of it, except of a change that is accepted only when it is written. */
  accepted: Mutation | null
  /** Changes that are not accepted before they are written, and wait for those before them. */
  queued: number
  /** Resolves when `writing` and what is queued behind it is on the disk or has failed. */
  written: Promise<unknown>
  /** The size of `waiting` and `writing`, in bytes. */
  bytes: number
}

/** What a `WriteBehindQueue` is made with. */
export interface WriteBehindOptions<T, E> {
  readonly apply: Apply<T, E>
  /** Called with the failures of changes that had been accepted. */
  readonly onFailure: (failure: E) => void
  /**
   * Whether a failure is the disk's, and not that of a single session.
   * @default each is
   */
  readonly isRefusal?: (failure: E) => boolean
}

interface FlushOptions {
  /** Whether sessions whose last write failed are tried too. */
  readonly isRetry: boolean
  /** After this many failures in a row the other sessions are not tried. */
  readonly maxFailures: number
}

/**
 * Accepts changes immediately and writes them within 50 ms (write-behind), those of one session together. A change that
 * could not be written is kept and retried with exponential backoff: that of one session, or all while the disk refuses.
 * When more than 16 MiB or 100 changes of a session are pending, a change is accepted only when it is on the disk.
 */
export class WriteBehindQueue<T, E> {
  readonly #apply: Apply<T, E>
  readonly #onFailure: (failure: E) => void
  readonly #isRefusal: (failure: E) => boolean
  readonly #order = new ReadOrder()
  readonly #entries = new Map<string, Entry>()
  /** The files of the sessions whose last write failed. */
  readonly #failed = new Set<string>()
  readonly #schedule = new FlushSchedule(isRetry => { void this.#startFlush({ isRetry, maxFailures: maxFailuresInARow }) })
  #isRefusing = false
  #bytes = 0
  #flushing: Promise<void> | null = null

  constructor ({ apply, onFailure, isRefusal = () => true }: WriteBehindOptions<T, E>) {
    this.#apply = apply
    this.#onFailure = onFailure
    this.#isRefusal = isRefusal
  }

  /** The number of sessions with changes that are not written yet. */
  get size (): number {
    return this.#entries.size
  }

  /** Whether the session in `file` has changes that are not written yet. */
  has (file: string): boolean {
    return this.#entries.has(file)
  }

  /** The changes of the session in `file` that are accepted and not written yet, or `null`. */
  mutationOf (file: string): Mutation | null {
    const entry = this.#entries.get(file)
    if (entry === undefined) return null
    const { accepted, waiting } = entry
    return accepted !== null && waiting !== null ? accepted.concat(waiting) : accepted ?? waiting
  }

  /** The files of the sessions with changes that are not written yet. */
  files (): string[] {
    return [...this.#entries.keys()]
  }

  /** Accepts a change. While too much is pending the result is that of its write, and a change that fails is given up. */
  mutate (file: string, step: Step): ResultAsync<T | undefined, E> {
    const entry = this.#entries.get(file) ?? { waiting: null, writing: null, accepted: null, queued: 0, written: Promise.resolve(), bytes: 0 }
    const waiting = entry.waiting?.coalesce(step) ?? Mutation.of(step)
    const isFull = this.#bytes + Mutation.of(step).bytes > highWaterMark || waiting.steps.length > maxSteps
    if (isFull || isAwaited(entry)) return this.#order.after(file, this.#writeThrough(file, entry, step))
    entry.waiting = waiting
    this.#entries.set(file, entry)
    this.#count(entry)
    this.#scheduleWrite(file)
    return this.#order.after(file, settledOk(undefined))
  }

  /** Reads a session with the changes that were called before and are not written yet, once they are accepted or given up. */
  read<U, F> (file: string, read: (pending: Mutation | null) => ResultAsync<U, F>): ResultAsync<U, F> {
    const entry = this.#entries.get(file)
    const now = () => read(this.mutationOf(file))
    return this.#order.read(file, entry === undefined || !isAwaited(entry) ? now() : pending<U, F>(entry.written.then(now)))
  }

  /** Resolves when all changes so far are accepted, written or given up. */
  async settle (): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), entry => isAwaited(entry) ? entry.written : undefined))
  }

  /** Writes what is pending, trying each session once more, and resolves when that is done. */
  async drain (): Promise<void> {
    this.#schedule.clear()
    await this.#startFlush({ isRetry: true, maxFailures: Infinity })
  }

  #writeThrough (file: string, entry: Entry, step: Step): ResultAsync<T | undefined, E> {
    const write = () => this.#write(file, entry, entry.waiting?.coalesce(step) ?? Mutation.of(step), entry.waiting)
    this.#entries.set(file, entry)
    if (entry.writing === null && entry.queued === 0) return write()
    entry.queued++
    const result = pending<T, E>(entry.written.then(() => {
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
    entry.accepted = accepted
    this.#count(entry)
    const settle = (waiting: Mutation | null) => {
      entry.writing = entry.accepted = null
      entry.waiting = waiting
      this.#count(entry)
      // A session whose write failed goes to the end of the queue.
      this.#entries.delete(file)
      if (waiting !== null || entry.queued > 0) this.#entries.set(file, entry)
      if (waiting !== null) this.#scheduleWrite(file)
    }
    const result = this.#apply(file, mutation)
      .map(value => {
        this.#failed.delete(file)
        settle(entry.waiting)
        return value
      })
      .mapErr(failure => {
        if (accepted !== null) this.#failed.add(file)
        settle(accepted !== null && entry.waiting !== null ? accepted.concat(entry.waiting) : accepted ?? entry.waiting)
        return failure
      })
    if (entry.queued === 0) entry.written = promiseOf(result)
    return result
  }

  #scheduleWrite (file: string): void {
    if (this.#isRefusing || this.#failed.has(file)) this.#schedule.retry()
    else this.#schedule.soon()
  }

  #startFlush (options: FlushOptions): Promise<void> {
    const flushing = (this.#flushing ?? Promise.resolve())
      .then(() => this.#flush(options))
      .finally(() => { if (this.#flushing === flushing) this.#flushing = null })
    this.#flushing = flushing
    return flushing
  }

  async #flush ({ isRetry, maxFailures }: FlushOptions): Promise<void> {
    if (this.#isRefusing && !isRetry) return this.#schedule.retry()
    const files = [...this.#entries.keys()]
    const failed = files.filter(file => this.#failed.has(file))
    if (isRetry) this.#schedule.backOff()
    const failures = await this.#writeAll(files.filter(file => !this.#failed.has(file)), maxFailures)
    this.#isRefusing = failures >= maxFailures
    if (isRetry) await this.#writeAll(failed, maxFailures - failures)
    if (this.#isRefusing || this.#failed.size > 0) this.#schedule.retry()
    else this.#schedule.reset()
  }

  // Stops after `maxFailures` failures in a row. Resolves to the number of failures in a row at the end.
  async #writeAll (files: readonly string[], maxFailures: number): Promise<number> {
    const slice = new TimeSlice()
    let failures = 0
    for (const file of files) {
      if (failures >= maxFailures) break
      const entry = this.#entries.get(file)
      if (entry === undefined) continue
      while (entry.writing !== null || entry.queued > 0) await entry.written
      if (entry.waiting === null) continue
      const result = await this.#write(file, entry, entry.waiting, entry.waiting)
      if (result.isErr()) this.#onFailure(result.error)
      if (result.isOk()) failures = 0
      else if (this.#isRefusal(result.error)) failures++
      await slice.yield()
    }
    return failures
  }

  #count (entry: Entry): void {
    const bytes = (entry.waiting?.bytes ?? 0) + (entry.writing?.bytes ?? 0)
    this.#bytes += bytes - entry.bytes
    entry.bytes = bytes
  }
}

// Whether it has changes that may still be given up.
function isAwaited ({ queued, writing, accepted }: Entry): boolean {
  return queued > 0 || writing !== accepted
}
