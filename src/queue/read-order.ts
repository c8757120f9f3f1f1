import type { ResultAsync } from 'neverthrow'
import { pending, promiseOf, settledResult } from '../async/result.ts'

/** Gives the results of the operations on each session in the order of the calls, where those of its reads come later. */
export class ReadOrder {
  /** Resolves when the results of all reads of a session so far have been given. */
  readonly #reads = new Map<string, Promise<unknown>>()

  /** The result of a read, after those of the reads before: what is called later has to wait for it. */
  read<T, E> (file: string, result: ResultAsync<T, E>): ResultAsync<T, E> {
    const inOrder = this.after(file, result)
    if (settledResult(inOrder) !== undefined) return inOrder
    const reads = promiseOf(inOrder).then(() => { if (this.#reads.get(file) === reads) this.#reads.delete(file) })
    this.#reads.set(file, reads)
    return inOrder
  }

  /** A result, after those of the reads of that session that were called before. */
  after<T, E> (file: string, result: ResultAsync<T, E>): ResultAsync<T, E> {
    const reads = this.#reads.get(file)
    return reads === undefined ? result : pending(Promise.all([promiseOf(result), reads]).then(([result]) => result))
  }
}
