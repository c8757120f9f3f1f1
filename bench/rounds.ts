/** What each side reached in each round, the same rounds for all. */
export type Samples = Readonly<Record<string, readonly number[]>>

/**
 * Measures all sides in turn, round after round, each round beginning with
 * another side: what the machine does meanwhile happens to all of them.
 */
export async function alternate (sides: readonly string[], rounds: number, measure: (side: string) => Promise<number>): Promise<Samples> {
  const samples = Object.fromEntries(sides.map(side => [side, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const side = sides[(round + turn) % sides.length] as string
      samples[side]?.push(await measure(side))
    }
  }
  return samples
}

/** The middle one, or the mean of the two in the middle; `NaN` of none. */
export function median (values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value below which this share of all values lies, between neighbours where it falls between; `NaN` of none. */
export function percentile (values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? NaN
  const above = sorted[Math.ceil(position)] ?? NaN
  return below + (above - below) * (position - Math.floor(position))
}

/**
 * How many times as fast one side was as the other: the median of the ratios
 * within a round, which a slow moment of the machine leaves alone where it hit
 * both. `NaN` when one of them did not take part.
 */
export function ratioOf (samples: Samples, one: string, other: string): number {
  const others = samples[other] ?? []
  return median((samples[one] ?? []).flatMap((value, round) => {
    const against = others[round]
    return against === undefined ? [] : [value / against]
  }))
}
