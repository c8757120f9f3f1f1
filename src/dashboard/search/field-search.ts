import type { StoredSession } from '../../index.ts'
import type { Entry } from '../index/snapshot.ts'
import { eager, TimeSlice } from '../index/time-slice.ts'
import type { Redactor } from '../redact.ts'
import type { SessionSource } from '../source.ts'
import { passes, type FieldTest } from './field-test.ts'

/** Sessions that a search keeps. With more than these an operator narrows the search anyway. */
export const matchLimit = 1_000

/** What a search goes through. */
export interface SearchedStore {
  readonly source: SessionSource
  readonly redactor: Redactor
}

/** A search through the content of all sessions, in the background. */
export class FieldSearch {
  readonly #matches: Entry[] = []
  readonly #isStopped = new AbortController()
  #scanned = 0
  #isDone = false
  #requestedAt = performance.now()
  readonly finished: Promise<void>

  constructor (searched: SearchedStore, test: FieldTest) {
    this.finished = this.#run(searched, test).catch(() => {}).then(() => { this.#isDone = true })
  }

  /** What was found so far, newest first. */
  get matches (): readonly Entry[] {
    this.#requestedAt = performance.now()
    return this.#matches.toSorted((one, other) => other.lastUsedAt - one.lastUsedAt)
  }

  get scanned (): number {
    return this.#scanned
  }

  get isDone (): boolean {
    return this.#isDone
  }

  /** Whether it stopped because it found as much as it keeps. */
  get isFull (): boolean {
    return this.#matches.length === matchLimit
  }

  /** The time since its matches were last requested, in milliseconds. */
  get unseenMs (): number {
    return performance.now() - this.#requestedAt
  }

  stop (): void {
    this.#isStopped.abort()
  }

  async #run ({ source, redactor }: SearchedStore, test: FieldTest): Promise<void> {
    const slice = new TimeSlice(eager)
    // Not with `get`, which would fill the store's cache with sessions that are not in use.
    for await (const { id, session, lastUsedAt } of source.store.list()) {
      if (this.#isStopped.signal.aborted) return
      this.#scanned++
      if (passes(session as StoredSession, test, redactor)) {
        this.#matches.push({ name: source.nameOf(id)!, lastUsedAt: lastUsedAt.getTime() })
        if (this.isFull) return
      }
      if (slice.isOver) await slice.rest()
    }
  }
}
