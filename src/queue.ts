import { ResultAsync, type Result } from 'neverthrow'
import type { Answer } from './answer.ts'
import { Content, reconciled, type Draft } from './text.ts'

/** What becomes of a session: it is set to a draft, or removed (`null`). */
export type Change = Draft | null

/** How a change is made. */
export type Make<T, E> = (file: string, change: Change) => Answer<T, E>

interface Pending<T, E> {
  latest: Change
  /** Whether `latest` is being made; before that, what comes after overtakes it. */
  isBegun: boolean
  readonly running: ResultAsync<T, E>
  following: ResultAsync<T, E> | null
}

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

  /** What the session in `file` is about to be, or `undefined` when the file has the last word. */
  latest (file: string): Change | undefined {
    return this.#pending.get(file)?.latest
  }

  /** The files whose changes are not made yet. */
  files (): string[] {
    return [...this.#pending.keys()]
  }

  /** Makes a change: at once when it can be, else after those before it. The answer is that of the change that stands for it. */
  add (file: string, change: Change): Answer<T, E> {
    const pending = this.#pending.get(file)
    if (pending === undefined) return this.#begin(file, change)
    const { latest, isBegun, running, following } = pending
    // The session that it was made from is being ended; it does not come back.
    if (latest === null && change?.base !== undefined) return following ?? running
    pending.latest = isBegun && following === null ? after(latest, change) : overtaking(latest, change)
    if (!isBegun) return running
    pending.following ??= new ResultAsync(this.#follow(file, pending))
    return pending.following
  }

  /** Resolves when no change waits or is being made. */
  async idle (): Promise<void> {
    while (this.#pending.size > 0) {
      await Promise.all(Array.from(this.#pending.values(), ({ following, running }) => following ?? running))
    }
  }

  #begin (file: string, change: Change): Answer<T, E> {
    if (this.#pause !== null) return this.#beginLater(file, change, this.#pause(file))
    const running = this.#make(file, change)
    return running instanceof ResultAsync ? this.#hold(file, { latest: change, isBegun: true, running, following: null }) : running
  }

  #beginLater (file: string, change: Change, pause: Promise<void>): ResultAsync<T, E> {
    const running = new ResultAsync<T, E>(pause.then(() => {
      pending.isBegun = true
      return this.#make(file, pending.latest)
    }))
    const pending: Pending<T, E> = { latest: change, isBegun: false, running, following: null }
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
    return this.#begin(file, pending.latest)
  }
}

// What is to be there after a change that is being made and this one.
function after (made: Change, change: Change): Change {
  return made === null || change?.base === undefined ? change : reconciled(change, Content.settled(made.settled))
}

/** The change that stands for one that waits and for the one that overtakes it. */
export function overtaking (waiting: Change, change: Change): Change {
  if (waiting === null || change?.base === undefined) return change
  const { settled, cookie, usedAt } = reconciled(change, Content.settled(waiting.settled))
  return waiting.base === undefined ? { settled, cookie, usedAt } : { settled, cookie, usedAt, base: waiting.base }
}
