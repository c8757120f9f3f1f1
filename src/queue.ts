import { ResultAsync, type Result } from 'neverthrow'
import type { Answer } from './answer.ts'
import type { Draft } from './text.ts'

/** What becomes of a session: it is set to a draft, or removed (`null`). */
export type Change = Draft | null

interface Pending<T, E> {
  latest: Change
  readonly running: ResultAsync<T, E>
  following: ResultAsync<T, E> | null
}

/**
 * Changes of sessions, those of one session in the order of the calls. What
 * waits behind a change that is being made is overtaken by what comes after:
 * of a burst the first and the last are made, and the last stands for all.
 */
export class ChangeQueue<T, E> {
  readonly #make: (file: string, change: Change) => Answer<T, E>
  readonly #pending = new Map<string, Pending<T, E>>()

  constructor (make: (file: string, change: Change) => Answer<T, E>) {
    this.#make = make
  }

  /** What the session in `file` is about to be, or `undefined` when the file has the last word. */
  latest (file: string): Change | undefined {
    return this.#pending.get(file)?.latest
  }

  /** Makes a change: at once when it can be, else after those before it. The answer is that of the change that stands for it. */
  add (file: string, change: Change): Answer<T, E> {
    const pending = this.#pending.get(file)
    if (pending === undefined) return this.#start(file, change)
    pending.latest = change
    pending.following ??= new ResultAsync(this.#follow(file, pending))
    return pending.following
  }

  #start (file: string, change: Change): Answer<T, E> {
    const running = this.#make(file, change)
    if (running instanceof ResultAsync) {
      const pending = { latest: change, running, following: null }
      this.#pending.set(file, pending)
      void running.then(() => { if (pending.following === null) this.#pending.delete(file) })
    }
    return running
  }

  async #follow (file: string, pending: Pending<T, E>): Promise<Result<T, E>> {
    await pending.running
    return this.#start(file, pending.latest)
  }
}
