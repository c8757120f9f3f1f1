/** The values of each side, one per round; the rounds are the same for all sides. */
export type Samples = Readonly<Record<string, readonly number[]>>

/** The middle half of some values: the first quartile, the median and the third quartile. All `NaN` without values. */
export interface Spread {
  readonly low: number
  readonly middle: number
  readonly high: number
}

/**
 * Measures all sides in turn, round after round. Each round starts with another
 * side, so that whatever slows the machine down affects all of them.
 */
export async function alternate<Name extends string, Value> (sides: readonly Name[], rounds: number, measure: (side: Name) => Promise<Value>): Promise<Record<Name, Value[]>> {
  const values = Object.fromEntries(sides.map(side => [side, [] as Value[]])) as Record<Name, Value[]>
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const side = sides[(round + turn) % sides.length] as Name
      values[side].push(await measure(side))
    }
  }
  return values
}

/** The median; `NaN` without values. */
export function median (values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The median and the quartiles. */
export function spreadOf (values: readonly number[]): Spread {
  return { low: percentile(values, 0.25), middle: median(values), high: percentile(values, 0.75) }
}

/** The value below which `share` (0 to 1) of all values lie, interpolated between neighbours; `NaN` without values. */
export function percentile (values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? NaN
  const above = sorted[Math.ceil(position)] ?? NaN
  return below + (above - below) * (position - Math.floor(position))
}

/**
 * How many times as large the values of `side` are as those of `reference`,
 * round by round: what slows the machine down for a whole round cancels out.
 * `NaN` when one of them was not measured.
 */
export function ratiosOf (samples: Samples, side: string, reference: string): Spread {
  const references = samples[reference] ?? []
  return spreadOf((samples[side] ?? []).flatMap((value, round) => {
    const divisor = references[round]
    return divisor === undefined ? [] : [value / divisor]
  }))
}
