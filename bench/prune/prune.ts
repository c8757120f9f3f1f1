import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { populate, Population } from '../fixtures/population.ts'
import { maxAge } from '../fixtures/session.ts'
import { callInOwnProcess } from '../machine/own-process.ts'
import type { Progress } from '../measure/progress.ts'
import type { measurePrune, PruneTask, PruneTime, Reaper } from './reapers.ts'

/** One directory, pruned by each of the reapers that took part. */
export interface PruneCell {
  readonly sessions: number
  readonly isExpired: boolean
  readonly times: Readonly<Partial<Record<Reaper, readonly PruneTime[]>>>
}

/** What is measured. */
export interface PruneOptions {
  /** The number of sessions in the large directory; the small one holds a tenth. */
  readonly sessions: number
  readonly isQuick: boolean
}

const everyone = ['ours', 'sessionFileStore', 'raw'] as const satisfies Reaper[]

// session-file-store reads each file, which takes minutes for a million.
const fast = ['ours', 'raw'] as const satisfies Reaper[]

/** Fills a directory in a process of its own. Resolves to the time it took, in milliseconds. */
export async function populateInOwnProcess (population: Population): Promise<number> {
  return await callInOwnProcess<Population, ReturnType<typeof populate>>(new URL('../fixtures/population.ts', import.meta.url), 'populate', population)
}

/** Adds the estimated time of {@link measurePrunes} to the progress. */
export function planPrune ({ sessions, isQuick }: PruneOptions, progress: Progress): void {
  progress.plan(steps(sessions, isQuick).reduce((sum, { seconds }) => sum + seconds, 0))
}

/** Prunes directories in which nothing or everything has expired, in a process of its own each time. */
export async function measurePrunes ({ sessions, isQuick }: PruneOptions, parent: string, progress: Progress): Promise<PruneCell[]> {
  const cells: PruneCell[] = []
  for (const { isExpired, reapers, rounds, seconds, ...step } of steps(sessions, isQuick)) {
    const place = { directory: join(parent, `${step.sessions}-${isExpired ? 'expired' : 'current'}`), sessions: step.sessions }
    cells.push({ sessions: step.sessions, isExpired, times: isExpired ? await pruneAll(place, reapers) : await pruneNothing(place, reapers, rounds) })
    progress.advance(seconds, `prune of ${step.sessions.toLocaleString('en')}, ${isExpired ? 'all' : 'nothing'} expired`)
  }
  return cells
}

interface Step {
  readonly sessions: number
  readonly isExpired: boolean
  readonly reapers: readonly Reaper[]
  readonly rounds: number
  /** An estimate. */
  readonly seconds: number
}

interface Place { readonly directory: string, readonly sessions: number }

// Measured once, per session: creating takes 80 µs, a prune 10 µs, with session-file-store 300 µs; removing 150 µs.
function steps (sessions: number, isQuick: boolean): Step[] {
  const rounds = isQuick ? 1 : 3
  const tenth = Math.round(sessions / 10)
  return [
    { sessions: tenth, isExpired: false, reapers: everyone, rounds, seconds: tenth * (230 + rounds * 320) * 1e-6 },
    { sessions: tenth, isExpired: true, reapers: everyone, rounds: 1, seconds: tenth * 3 * 400e-6 },
    { sessions, isExpired: false, reapers: fast, rounds, seconds: sessions * (230 + rounds * 20) * 1e-6 },
    { sessions, isExpired: true, reapers: ['ours'], rounds: 1, seconds: sessions * 300e-6 }
  ]
}

async function pruneNothing (place: Place, reapers: readonly Reaper[], rounds: number): Promise<PruneCell['times']> {
  await populateInOwnProcess({ ...place, usedAgo: 0 })
  const times: Partial<Record<Reaper, PruneTime[]>> = {}
  for (let round = 0; round < rounds; round++) {
    for (const reaper of reapers) (times[reaper] ??= []).push(await prune(reaper, place, place.sessions))
  }
  rmSync(place.directory, { recursive: true })
  return times
}

// Each reaper needs a directory of its own.
async function pruneAll ({ directory, sessions }: Place, reapers: readonly Reaper[]): Promise<PruneCell['times']> {
  const times: Partial<Record<Reaper, PruneTime[]>> = {}
  for (const reaper of reapers) {
    const place = { directory: `${directory}-${reaper}`, sessions }
    await populateInOwnProcess({ ...place, usedAgo: 10 * maxAge })
    times[reaper] = [await prune(reaper, place, 0)]
  }
  return times
}

async function prune (reaper: Reaper, { directory }: Place, expected: number): Promise<PruneTime> {
  const time = await callInOwnProcess<PruneTask, ReturnType<typeof measurePrune>>(new URL('reapers.ts', import.meta.url), 'measurePrune', { reaper, directory })
  assert.equal(time.left, expected, `${reaper} left another number of sessions`)
  return time
}
