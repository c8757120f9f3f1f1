/** What is remembered of one moment. Counters grow since the start of the process; counts of sessions may be unknown. */
export interface Sample {
  /** In milliseconds since 1970. */
  readonly at: number
  /** Sessions used in the last five minutes, and in the last hour. */
  readonly inUse: number | null
  readonly lastHour: number | null
  readonly total: number | null
  readonly gets: number
  readonly touches: number
  readonly writes: number
  readonly failures: number
}

const names = ['at', 'inUse', 'lastHour', 'total', 'gets', 'touches', 'writes', 'failures'] as const

/** Columns of numbers, as uPlot draws them: times in seconds since 1970 first. */
export interface Series {
  readonly at: number[]
  readonly inUse: Array<number | null>
  readonly lastHour: Array<number | null>
  readonly total: Array<number | null>
  /** Per second. */
  readonly gets: Array<number | null>
  readonly touches: Array<number | null>
  readonly writes: Array<number | null>
  /** Per minute: there are few. */
  readonly failures: Array<number | null>
}

/** The latest samples, in memory of a fixed size: 550 kB for a day of one every ten seconds. */
export class History {
  readonly #capacity: number
  readonly #columns: Readonly<Record<typeof names[number], Float64Array>>
  #added = 0

  constructor (capacity: number) {
    this.#capacity = capacity
    const column = () => new Float64Array(capacity)
    this.#columns = {
      at: column(), inUse: column(), lastHour: column(), total: column(), gets: column(), touches: column(), writes: column(), failures: column()
    }
  }

  /** Takes a sample; the oldest one is removed when there are too many. */
  add (sample: Sample): void {
    const place = this.#added++ % this.#capacity
    for (const name of names) this.#columns[name][place] = sample[name] ?? NaN
  }

  /** The samples since `time`, thinned out to about `points`; counters become rates. */
  series (time: number, points: number): Series {
    const samples = this.#since(time)
    const step = Math.max(1, Math.ceil(samples.length / points))
    // Counted from the end, so that the latest sample is always there.
    const thinned = samples.filter((_, index) => (samples.length - 1 - index) % step === 0)
    const rates = (name: 'gets' | 'touches' | 'writes' | 'failures', perMs: number) =>
      thinned.map((sample, index) => rate(sample, thinned[index - 1], name, perMs))
    return {
      at: thinned.map(({ at }) => at / 1000),
      inUse: thinned.map(({ inUse }) => inUse),
      lastHour: thinned.map(({ lastHour }) => lastHour),
      total: thinned.map(({ total }) => total),
      gets: rates('gets', 1000),
      touches: rates('touches', 1000),
      writes: rates('writes', 1000),
      failures: rates('failures', 60_000)
    }
  }

  #since (time: number): Sample[] {
    const samples: Sample[] = []
    for (let number = Math.max(0, this.#added - this.#capacity); number < this.#added; number++) {
      const place = number % this.#capacity
      if (this.#columns.at[place]! < time) continue
      const valueOf = (name: typeof names[number]) => known(this.#columns[name][place]!)
      samples.push(Object.fromEntries(names.map(name => [name, valueOf(name)])) as unknown as Sample)
    }
    return samples
  }
}

function rate (sample: Sample, before: Sample | undefined, name: 'gets' | 'touches' | 'writes' | 'failures', perMs: number): number | null {
  const [now, then] = [sample[name], before?.[name]]
  if (now === null || then === null || then === undefined) return null
  return (now - then) * perMs / (sample.at - before!.at)
}

function known (value: number): number | null {
  return Number.isNaN(value) ? null : value
}
