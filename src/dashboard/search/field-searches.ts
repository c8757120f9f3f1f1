import { waitAMoment } from '../patience.ts'
import { FieldSearch, type SearchedStore } from './field-search.ts'
import type { FieldTest } from './field-test.ts'

// Each running search takes half of the process's time at most; the oldest gives way to a new one.
const runningLimit = 2

// In milliseconds. A search whose matches were not requested for so long is stopped.
const keptMs = 30_000

// What was found is shown again, without another search, for at least a second and nine times as long as it took.
const freshMs = 1_000
const freshShare = 9

interface KeptSearch {
  readonly search: FieldSearch
  freshUntil: number
}

/** The searches that are going on or have just ended. */
export class FieldSearches {
  readonly #searched: SearchedStore
  readonly #searches = new Map<string, KeptSearch>()

  constructor (searched: SearchedStore) {
    this.#searched = searched
  }

  /** The search for `test`, a new one if there is none, after waiting a moment for its end. */
  async find (test: FieldTest): Promise<FieldSearch> {
    this.tidy()
    const key = JSON.stringify(test)
    const { search } = this.#searches.get(key) ?? this.#start(key, test)
    await waitAMoment(search.finished)
    return search
  }

  /** Stops searches whose matches are not requested any more, and forgets outdated ones. */
  tidy (): void {
    const now = performance.now()
    for (const [key, { search, freshUntil }] of this.#searches) {
      if (search.unseenMs > keptMs || now > freshUntil) this.#stop(key, search)
    }
  }

  close (): void {
    for (const [key, { search }] of this.#searches) this.#stop(key, search)
  }

  #start (key: string, test: FieldTest): KeptSearch {
    const running = [...this.#searches].filter(([, { search }]) => !search.isDone)
    if (running.length >= runningLimit) this.#stop(running[0]![0], running[0]![1].search)
    const startedAt = performance.now()
    const kept = { search: new FieldSearch(this.#searched, test), freshUntil: Infinity }
    void kept.search.finished.then(() => {
      const now = performance.now()
      kept.freshUntil = now + Math.max(freshMs, freshShare * (now - startedAt))
    })
    this.#searches.set(key, kept)
    return kept
  }

  #stop (key: string, search: FieldSearch): void {
    search.stop()
    this.#searches.delete(key)
  }
}
