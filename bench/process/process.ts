import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sizes, type Size } from '../fixtures/session.ts'
import { Clock } from '../measure/clock.ts'
import type { Progress } from '../measure/progress.ts'
import { alternate, type Samples } from '../measure/rounds.ts'
import { Subject, type SetVerb } from './subject.ts'
import { verbLabels, verbSides, type Verb, type VerbSide } from './verbs.ts'

/** One operation with sessions of one size and so many operations in flight: operations a second of each side, one value per round. */
export interface ProcessCell {
  readonly verb: Verb
  readonly size: Size
  readonly inFlight: number
  readonly samples: Samples
}

/** What each side does to the file when a session is set. */
export type Effects = Readonly<Record<SetVerb, Readonly<Record<VerbSide, string>>>>

/** What `process` measured. */
export interface ProcessResults {
  readonly cells: readonly ProcessCell[]
  readonly effects: Effects
}

interface Effort {
  readonly rounds: number
  /** How long one side runs in one round, in milliseconds. */
  readonly duration: number
}

const full: Effort = { rounds: 11, duration: 30 }
const quick: Effort = { rounds: 3, duration: 10 }

// The most operations in a round: those that need a session each have it prepared one by one.
const limits: Readonly<Record<Verb, number>> = {
  known: 20_000,
  unknown: 20_000,
  repeated: 2_048,
  moved: 2_048,
  changed: 512,
  added: 512,
  destroyed: 512
}

const cases = (Object.keys(sizes) as Size[]).flatMap(size =>
  (Object.keys(verbLabels) as Verb[])
    // The size does not matter when there is no session.
    .filter(verb => verb !== 'unknown' || size === '400 bytes')
    .flatMap(verb => [1, 64].map(inFlight => ({ size, verb, inFlight }))))

const collectGarbage = garbageCollector()

/** Adds the estimated time of {@link measureProcess} to the progress. */
export function planProcess (isQuick: boolean, progress: Progress): void {
  progress.plan(cases.length * caseSeconds(isQuick ? quick : full))
}

/** Measures every operation of every side in this process, which is not pinned to a core: the thread pool may use the others. */
export async function measureProcess (directory: string, isQuick: boolean, progress: Progress): Promise<ProcessResults> {
  const effort = isQuick ? quick : full
  const cells: ProcessCell[] = []
  let effects: Partial<Effects> = {}
  for (const size of Object.keys(sizes) as Size[]) {
    const clock = new Clock()
    const subjects: Subject[] = []
    for (const name of verbSides) subjects.push(await Subject.open(name, join(directory, `${name}-${sizes[size]}`), size, clock))
    effects = await effectsOf(subjects)
    for (const { verb, inFlight } of cases.filter(found => found.size === size)) {
      cells.push({ verb, size, inFlight, samples: await measure(subjects, verb, inFlight, effort) })
      progress.advance(caseSeconds(effort), `in process, ${verbLabels[verb]}, ${size}, ${inFlight} in flight`)
    }
  }
  return { cells, effects: effects as Effects }
}

async function measure (subjects: readonly Subject[], verb: Verb, inFlight: number, effort: Effort): Promise<Samples> {
  const counts = new Map<VerbSide, number>()
  for (const subject of subjects) counts.set(subject.name, await findCount(subject, verb, inFlight, effort.duration))
  return await alternate(verbSides, effort.rounds, async name => {
    const count = counts.get(name) ?? inFlight
    collectGarbage()
    const time = await subjects.find(subject => subject.name === name)?.run(verb, count, inFlight) ?? NaN
    return count / time * 1000
  })
}

// Finds how many operations take about `duration` milliseconds. This is the warm-up too.
async function findCount (subject: Subject, verb: Verb, inFlight: number, duration: number): Promise<number> {
  const limit = limits[verb]
  for (let count = inFlight; ; count = Math.min(count * 4, limit)) {
    const time = await subject.run(verb, count, inFlight)
    if (time > duration / 4 || count === limit) return Math.min(limit, Math.max(inFlight, Math.round(count * duration / time)))
  }
}

async function effectsOf (subjects: readonly Subject[]): Promise<Effects> {
  const effects: Partial<Record<SetVerb, Record<VerbSide, string>>> = {}
  for (const verb of ['repeated', 'moved', 'changed'] as const) {
    const bySide: Partial<Record<VerbSide, string>> = {}
    for (const subject of subjects) bySide[subject.name] = await subject.effect(verb)
    effects[verb] = bySide as Record<VerbSide, string>
  }
  return effects as Effects
}

// For all sides. Preparation takes about as long as the operations themselves.
function caseSeconds ({ rounds, duration }: Effort): number {
  return (rounds + 1) * verbSides.length * 2 * duration / 1000
}

// One side's garbage must not be collected in the time of the next.
function garbageCollector (): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NonNullable<typeof gc>
  return () => { void collect({ type: 'minor' }) }
}
