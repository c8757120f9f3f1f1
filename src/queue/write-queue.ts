import type { ResultAsync } from 'neverthrow'
import { pending, promiseOf, settledResult } from '../async/result.ts'
import { Mutation } from './mutation.ts'
import type { Step } from './step.ts'

/** Makes a mutation of the session in `file`. */
export type Apply<T, E> = (file: string, mutation: Mutation) => ResultAsync<T, E>

interface Entry<T, E> {
  /** Resolves when the results of all operations so far have been given. */
  delivered: Promise<unknown>
  /** Resolves when all mutations so far have been made. */
  applied: Promise<unknown> | null
  /** The mutation that has not begun yet and was called last: what comes next can be coalesced with it. */
  waiting: { mutation: Mutation, readonly result: ResultAsync<T, E> } | null
}

/**
 * The operations on each session in the order of the calls. An operation that meets no other one is done immediately.
 * Reads that follow each other run concurrently; a mutation is made when everything before it has ended, and mutations
 * that wait without a read between them are coalesced. The results are given in the order of the calls.
 */
export class WriteQueue<T, E> {
  readonly #apply: Apply<T, E>
  readonly #entries = new Map<string, Entry<T, E>>()

  constructor (apply: Apply<T, E>) {
    this.#apply = apply
  }

  /** The number of sessions with operations that have not ended. */
  get size (): number {
    return this.#entries.size
  }

  /** Whether operations on the session in `file` are under way. */
  has (file: string): boolean {
    return this.#entries.has(file)
  }

  /** Makes a change after those before it. Changes that are coalesced have the same result. */
  mutate (file: string, step: Step): ResultAsync<T, E> {
    const entry = this.#entries.get(file)
    if (entry === undefined) return this.#start(file, this.#apply(file, Mutation.of(step)), true)
    return this.#deliver(entry, file, this.#follow(entry, file, step))
  }

  /** Does what `read` does after the changes that were called before it. */
  read<U, F> (file: string, read: () => ResultAsync<U, F>): ResultAsync<U, F> {
    const entry = this.#entries.get(file)
    if (entry === undefined) return this.#start(file, read(), false)
    const { applied } = entry
    // It must not find what is called after it.
    entry.waiting = null
    return this.#deliver(entry, file, applied === null ? read() : pending(applied.then(read)))
  }

  /** Resolves when all operations so far have ended. */
  async settle (): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), ({ delivered }) => delivered))
  }

  /** Resolves when no operation is waiting or under way. */
  async drain (): Promise<void> {
    while (this.#entries.size > 0) await this.settle()
  }

  #follow (entry: Entry<T, E>, file: string, step: Step): ResultAsync<T, E> {
    const { waiting } = entry
    if (waiting === null) return this.#enqueue(entry, file, Mutation.of(step))
    waiting.mutation = waiting.mutation.coalesce(step)
    return waiting.result
  }

  // Nothing is under way: what ends synchronously leaves no trace.
  #start<U, F> (file: string, result: ResultAsync<U, F>, isMutation: boolean): ResultAsync<U, F> {
    if (settledResult(result) !== undefined) return result
    const entry: Entry<T, E> = { delivered: Promise.resolve(), applied: null, waiting: null }
    this.#entries.set(file, entry)
    if (isMutation) this.#hold(entry, result)
    return this.#deliver(entry, file, result)
  }

  #enqueue (entry: Entry<T, E>, file: string, mutation: Mutation): ResultAsync<T, E> {
    const waiting = {
      mutation,
      result: pending<T, E>(entry.delivered.then((): ResultAsync<T, E> => {
        if (entry.waiting === waiting) entry.waiting = null
        return this.#apply(file, waiting.mutation)
      }))
    }
    entry.waiting = waiting
    this.#hold(entry, waiting.result)
    return waiting.result
  }

  #hold<U, F> (entry: Entry<T, E>, result: ResultAsync<U, F>): void {
    const applied: Promise<unknown> = promiseOf(result).then(() => { if (entry.applied === applied) entry.applied = null })
    entry.applied = applied
  }

  // Gives a result after those of the calls before.
  #deliver<U, F> (entry: Entry<T, E>, file: string, result: ResultAsync<U, F>): ResultAsync<U, F> {
    const inOrder = Promise.all([promiseOf(result), entry.delivered]).then(([result]) => result)
    entry.delivered = inOrder.then(() => {
      if (entry.delivered === last) this.#entries.delete(file)
    })
    const last = entry.delivered
    return pending(inOrder)
  }
}
