import { ResultAsync, type Result } from 'neverthrow'
import type { Answer } from './answer.ts'
import { overtaking, type Change } from './change.ts'

/** How a change is made. */
export type Make<T, E> = (file: string, change: Change) => Answer<T, E>

interface Pending<T, E> {
  first: Change
  /** Whether `first` is being made; before that, what comes after overtakes it. */
  isBegun: boolean
  readonly running: ResultAsync<T, E>
  /** What waits until `first` is made; `undefined` when nothing does. */
  next: Change | undefined
  following: ResultAsync<T, E> | null
}

const none: readonly Change[] = []

/**
 * Changes of sessions, those of one session in the order of the calls. What
 * waits behind a change that is being made is overtaken by what comes after:
 * of a burst the first and the last are made, and the last stands for all.
 */
export class ChangeQueue<T, E> {
  readonly #make: Make<T, E>
  readonly #pause: ((file: string) => Promise<void>) | null
  readonly #pending = new Map<string, Pending<T, E>>()

  /** With a `pause` no change is made before that has passed. */
  constructor (make: Make<T, E>, pause: ((file: string) => Promise<void>) | null = null) {
    this.#make = make
    this.#pause = pause
  }

  /** The changes of the session in `file` that are not made yet, in their order; at most two. */
  waiting (file: string): readonly Change[] {
    const pending = this.#pending.get(file)
    if (pending === undefined) return none
    const { first, next } = pending
    return next === undefined ? [first] : [first, next]
  }

  /** The files whose changes are not made yet. */
  files (): string[] {
    return [...this.#pending.keys()]
  }

  /** Makes a change: at once when it can be, else after those before it. The answer is that of the change that stands for it. */
  add (file: string, change: Change): Answer<T, E> {
    const pending = this.#pending.get(file)
    if (pending === undefined) return this.#begin(file, change)
    if (!pending.isBegun) {
      pending.first = overtaking(pending.first, change)
      return pending.running
    }
    return this.#addNext(file, pending, pending.next === undefined ? change : overtaking(pending.next, change))
  }

  /** Makes the change that is being made in `file` once more, before what waits behind it. */
  repeat (file: string): void {
    const pending = this.#pending.get(file)!
    void this.#addNext(file, pending, pending.next === undefined ? pending.first : overtaking(pending.first, pending.next))
  }

  /** Resolves when no change waits or is being made. */
  async idle (): Promise<void> {
    while (this.#pending.size > 0) {
      await Promise.all(Array.from(this.#pending.values(), ({ following, running }) => following ?? running))
    }
  }

  #addNext (file: string, pending: Pending<T, E>, next: Change): ResultAsync<T, E> {
    pending.next = next
    pending.following ??= new ResultAsync(this.#follow(file, pending))
    return pending.following
  }

  #begin (file: string, change: Change): Answer<T, E> {
    if (this.#pause !== null) return this.#beginLater(file, change, this.#pause(file))
    const running = this.#make(file, change)
    return running instanceof ResultAsync ? this.#hold(file, { first: change, isBegun: true, running, next: undefined, following: null }) : running
  }

  #beginLater (file: string, change: Change, pause: Promise<void>): ResultAsync<T, E> {
    const running = new ResultAsync<T, E>(pause.then(() => {
      pending.isBegun = true
      return this.#make(file, pending.first)
    }))
    const pending: Pending<T, E> = { first: change, isBegun: false, running, next: undefined, following: null }
    return this.#hold(file, pending)
  }

  #hold (file: string, pending: Pending<T, E>): ResultAsync<T, E> {
    this.#pending.set(file, pending)
    void pending.running.then(() => { if (pending.following === null) this.#pending.delete(file) })
    return pending.running
  }

  async #follow (file: string, pending: Pending<T, E>): Promise<Result<T, E>> {
    await pending.running
    this.#pending.delete(file)
    return this.#begin(file, pending.next as Change)
  }
}
