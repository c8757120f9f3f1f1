import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { alternate, median, type Samples } from './rounds.ts'
import { sizes, type Size } from './sessions.ts'
import { Clock, Subject } from './subject.ts'
import { verbLabels, verbSides, type Verb, type VerbSide } from './verbs.ts'

/** One operation, at one size of sessions, with so many in flight: operations a second of each side in each round. */
export interface ProcessCell {
  readonly verb: Verb
  readonly size: Size
  readonly inFlight: number
  readonly samples: Samples
}

/** What each side did to the file, for the operations that it may leave out. */
export type Effects = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What `process` measured. */
export interface ProcessResults {
  readonly cells: readonly ProcessCell[]
  readonly effects: Effects
}

interface Effort {
  readonly rounds: number
  /** How long one side is to run in one round, in milliseconds. */
  readonly duration: number
}

// At the most in a round: what an operation needs is made before it, one by one.
const most: Readonly<Record<Verb, number>> = {
  known: 20_000,
  unknown: 20_000,
  unchanged: 2_048,
  moved: 2_048,
  changed: 512,
  added: 512,
  destroyed: 512
}

const collect = collector()

/** Every operation of every side, in this process. */
export async function measureProcess (directory: string, isQuick: boolean): Promise<ProcessResults> {
  const effort = isQuick ? { rounds: 3, duration: 10 } : { rounds: 7, duration: 40 }
  const cells: ProcessCell[] = []
  let effects: Effects = {}
  for (const size of Object.keys(sizes) as Size[]) {
    const clock = new Clock()
    const subjects = new Map<VerbSide, Subject>()
    for (const name of verbSides) subjects.set(name, await Subject.open(name, join(directory, `${name}-${sizes[size]}`), size, clock))
    effects = await effectsOf(subjects)
    for (const verb of Object.keys(verbLabels) as Verb[]) {
      // What is not there has no size.
      if (verb === 'unknown' && size !== '400 bytes') continue
      for (const inFlight of [1, 64]) {
        const samples = await measure(subjects, verb, inFlight, effort)
        cells.push({ verb, size, inFlight, samples })
        console.log(`${verbLabels[verb]}, ${size}, ${inFlight} in flight: ${line(samples)}`)
      }
    }
  }
  return { cells, effects }
}

async function measure (subjects: ReadonlyMap<VerbSide, Subject>, verb: Verb, inFlight: number, effort: Effort): Promise<Samples> {
  const counts = new Map<string, number>()
  for (const subject of subjects.values()) counts.set(subject.name, await countFor(subject, verb, inFlight, effort.duration))
  return await alternate([...subjects.keys()], effort.rounds, async name => {
    const count = counts.get(name) ?? inFlight
    collect()
    const time = await subjects.get(name as VerbSide)?.run(verb, count, inFlight) ?? NaN
    return count / time * 1000
  })
}

// So many that they take about `duration`, found by trying more and more; also the warm-up.
async function countFor (subject: Subject, verb: Verb, inFlight: number, duration: number): Promise<number> {
  const limit = most[verb]
  for (let count = inFlight; ; count = Math.min(count * 4, limit)) {
    const time = await subject.run(verb, count, inFlight)
    if (time > duration / 4 || count === limit) return Math.min(limit, Math.max(inFlight, Math.round(count * duration / time)))
  }
}

async function effectsOf (subjects: ReadonlyMap<VerbSide, Subject>): Promise<Effects> {
  const effects: Record<string, Record<string, string>> = {}
  for (const verb of ['unchanged', 'moved', 'changed'] as const) {
    const ofSides: Record<string, string> = {}
    for (const [name, subject] of subjects) ofSides[name] = await subject.effect(verb)
    effects[verb] = ofSides
  }
  return effects
}

// What one side left to collect is not to be the next one's time.
function collector (): () => void {
  setFlagsFromString('--expose-gc')
  const run = runInNewContext('gc') as NonNullable<typeof gc>
  return () => { void run({ type: 'minor' }) }
}

function line (samples: Samples): string {
  return Object.entries(samples).map(([name, rates]) => `${name} ${Math.round(median(rates))}/s`).join(', ')
}
