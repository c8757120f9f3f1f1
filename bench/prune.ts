import assert from 'node:assert/strict'
import { join } from 'node:path'
import { probe } from './probe.ts'
import { longAgo, type PruneTime, type Reaper } from './reapers.ts'
import type { Directory } from './scale.ts'

/** One directory, pruned by each of those who took part; each time of each. */
export interface PruneCell {
  readonly sessions: number
  readonly isExpired: boolean
  readonly times: Readonly<Partial<Record<Reaper, readonly PruneTime[]>>>
}

const everyone = ['ours', 'sessionFileStore', 'raw'] as const satisfies Reaper[]

/**
 * Pruning, in a process of its own each time: nothing expired and everything,
 * in a directory of a tenth of the sessions and in the whole. `large` is empty
 * after that.
 */
export async function measurePrunes (large: Directory, place: string, isQuick: boolean): Promise<PruneCell[]> {
  const rounds = isQuick ? 1 : 3
  const tenth = { directory: join(place, 'tenth'), sessions: Math.round(large.sessions / 10) }
  await probe('populate', { ...tenth, usedAgo: 0 })
  return [
    told(await pruneNothing(tenth, everyone, rounds)),
    told(await pruneAll(tenth.sessions, place)),
    // Reading a million files takes minutes.
    told(await pruneNothing(large, ['ours', 'raw'], rounds)),
    told({ sessions: large.sessions, isExpired: true, times: { ours: [await prune('ours', large, true)] } })
  ]
}

async function pruneNothing (directory: Directory, reapers: readonly Reaper[], rounds: number): Promise<PruneCell> {
  const times: Partial<Record<Reaper, PruneTime[]>> = {}
  for (let round = 0; round < rounds; round++) {
    for (const reaper of reapers) (times[reaper] ??= []).push(await prune(reaper, directory, false))
  }
  return { sessions: directory.sessions, isExpired: false, times }
}

// Each needs a directory of its own.
async function pruneAll (sessions: number, place: string): Promise<PruneCell> {
  const times: Partial<Record<Reaper, PruneTime[]>> = {}
  for (const reaper of everyone) {
    const directory = { directory: join(place, `expired-${reaper}`), sessions }
    await probe('populate', { ...directory, usedAgo: longAgo })
    times[reaper] = [await prune(reaper, directory, true)]
  }
  return { sessions, isExpired: true, times }
}

async function prune (reaper: Reaper, { directory, sessions }: Directory, isExpired: boolean): Promise<PruneTime> {
  const time = await probe('prune', { reaper, directory, isExpired })
  assert.equal(time.left, isExpired ? 0 : sessions, `${reaper} left another number of sessions`)
  return time
}

function told (cell: PruneCell): PruneCell {
  const times = Object.entries(cell.times).map(([reaper, [time]]) => `${reaper} ${Math.round(time?.took ?? NaN)} ms`)
  console.log(`prune of ${cell.sessions}, ${cell.isExpired ? 'all' : 'nothing'} expired: ${times.join(', ')}`)
  return cell
}
