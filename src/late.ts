import { ok, ResultAsync, type Result } from 'neverthrow'
import type { Answer } from './answer.ts'
import type { Change } from './change.ts'
import { ChangeQueue, type Make } from './queue.ts'

// In milliseconds. Long enough to make one write of a burst, short enough to be "the last moment".
const linger = 50

// In milliseconds. A disk that refused is asked again this much later.
const retry = 1_000

// In characters of JSON. What is acknowledged and not written takes memory that no cache's bound counts.
const mostWaiting = 16 * 1024 * 1024

/**
 * A queue whose changes are made a moment after they were added, each session's
 * by its latest one, and again for as long as the disk refuses them.
 */
export class LateQueue<E> {
  readonly #make: Make<unknown, E>
  readonly #onFailure: (failure: E) => void
  readonly #queue: ChangeQueue<unknown, E>
  readonly #sizes = new Map<string, number>()
  readonly #refused = new Set<string>()
  readonly #alarms = new Set<() => void>()
  #waiting = 0
  #isClosing = false

  constructor (make: Make<unknown, E>, onFailure: (failure: E) => void) {
    this.#make = make
    this.#onFailure = onFailure
    this.#queue = new ChangeQueue(
      (file, change) => new ResultAsync(this.#makeAndTell(file, change)),
      file => this.#pause(file)
    )
  }

  /** The changes of the session in `file` that are not made yet, in their order; at most two. */
  waiting (file: string): readonly Change[] {
    return this.#queue.waiting(file)
  }

  /** The files whose changes are not made yet. */
  files (): string[] {
    return this.#queue.files()
  }

  /** Makes a change soon. The answer is there at once or, while too much waits, that of the first attempt. */
  add (file: string, change: Change): Answer<unknown, E> {
    const answer = this.#queue.add(file, change)
    this.#count(file, this.#queue.waiting(file))
    return this.#waiting > mostWaiting ? answer : ok(undefined)
  }

  /** Makes at once what waits, one last time, and resolves when that is done. */
  async idle (): Promise<void> {
    this.#isClosing = true
    for (const ring of this.#alarms) ring()
    await this.#queue.idle()
    this.#isClosing = false
  }

  async #makeAndTell (file: string, change: Change): Promise<Result<unknown, E>> {
    const result = await this.#make(file, change)
    if (result.isOk()) {
      this.#refused.delete(file)
    } else {
      this.#onFailure(result.error)
      this.#refused.add(file)
      if (!this.#isClosing) this.#queue.repeat(file)
    }
    this.#count(file, this.#queue.waiting(file).slice(1))
    return result
  }

  async #pause (file: string): Promise<void> {
    if (this.#isClosing) return
    const isRefused = this.#refused.has(file)
    await new Promise<void>(resolve => {
      const ring = () => {
        clearTimeout(timer)
        this.#alarms.delete(ring)
        resolve()
      }
      const timer = setTimeout(ring, isRefused ? retry : linger)
      // A disk that refuses for ever must not keep the process alive for ever.
      if (isRefused) timer.unref()
      this.#alarms.add(ring)
    })
  }

  #count (file: string, waiting: readonly Change[]): void {
    const size = waiting.reduce((sum, change) => sum + sizeOf(change), 0)
    this.#waiting += size - (this.#sizes.get(file) ?? 0)
    if (size === 0) this.#sizes.delete(file)
    else this.#sizes.set(file, size)
  }
}

function sizeOf (change: Change): number {
  if (change === null) return 0
  const { settled, parts = [] } = change
  return parts.reduce((sum, part) => sum + part.settled.length, settled.length)
}
