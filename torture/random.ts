/** Random numbers that are the same for the same seed. */
export class Random {
  #state: number

  constructor (seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to 1, without 1: mulberry32. */
  next (): number {
    this.#state = this.#state + 0x6D2B79F5 | 0
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to `limit`, without `limit`. */
  below (limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** One of `things`. */
  pick<T> (things: readonly T[]): T {
    const thing = things[this.below(things.length)]
    if (thing === undefined) throw new Error('there is nothing to pick from')
    return thing
  }
}
