/** Pseudo-random numbers that are the same for the same seed (mulberry32). */
export class Random {
  #state: number

  constructor (seed: number) {
    this.#state = seed | 0
  }

  /** A number from 0 up to 1, 1 excluded. */
  next (): number {
    this.#state = this.#state + 0x6D2B79F5 | 0
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to `limit`, `limit` excluded. */
  below (limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** One of `items`, which must not be empty. */
  pick<T> (items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('there is nothing to pick from')
    return item
  }
}
