/** One way of breaking the store. */
export interface Trial {
  readonly name: string
  /** Tries it, and gives how often; rejects with what was wrong. */
  readonly run: () => Promise<number>
}

/** How hard to try. */
export interface Effort {
  /** What the random numbers are made from. */
  readonly seed: number
  /** How much of the long run to do: 1 is all of it. */
  readonly share: number
}

/** `share` of how often the long run tries something, once at least. */
export function timesOf (often: number, { share }: Effort): number {
  return Math.max(1, Math.round(often * share))
}

/** Fails with `message` unless `condition` holds. */
export function ensure (condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof message === 'string' ? message : message())
}
