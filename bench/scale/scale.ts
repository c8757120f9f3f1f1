import { callInOwnProcess } from '../machine/own-process.ts'
import { Clock } from '../measure/clock.ts'
import type { Progress } from '../measure/progress.ts'
import { alternate, type Samples } from '../measure/rounds.ts'
import type { measureMemory, Memory } from './memory.ts'
import type { measureStart } from './start.ts'
import { scaleVerbs, Users, type Directory, type ScaleVerb } from './users.ts'

/** What `scale` measured: operations a second, and starts a second, in the `large` and in the `small` directory. */
export interface ScaleResults {
  readonly sessions: number
  readonly start: Samples
  readonly verbs: Readonly<Record<ScaleVerb, Samples>>
  readonly memory: Memory
}

const directoryNames = ['large', 'small'] as const

/** Adds the estimated time of {@link measureScale} to the progress, and that of filling the directories before it. */
export function planScale (sessions: number, isQuick: boolean, progress: Progress): void {
  progress.plan(populateSeconds(sessions) + startSeconds(isQuick) + verbSeconds(isQuick) * Object.keys(scaleVerbs).length + memorySeconds(sessions))
}

/** Compares the same work in a large directory and in a small one, in turn. */
export async function measureScale (large: Directory, small: Directory, isQuick: boolean, progress: Progress): Promise<ScaleResults> {
  const rounds = roundsOf(isQuick)
  const directories = { large, small }
  progress.advance(populateSeconds(large.sessions), 'scale, start')
  const start = await alternate(directoryNames, rounds, async name => 1000 / await measureStartOf(directories[name]))
  progress.advance(startSeconds(isQuick), 'scale, operations')
  const clock = new Clock()
  const users = { large: await Users.open(large, clock), small: await Users.open(small, clock) }
  const verbs: Partial<Record<ScaleVerb, Samples>> = {}
  for (const verb of Object.keys(scaleVerbs) as ScaleVerb[]) {
    // The warm-up.
    for (const name of directoryNames) await users[name].run(verb)
    verbs[verb] = await alternate(directoryNames, rounds, async name => await users[name].run(verb))
    progress.advance(verbSeconds(isQuick), `scale, ${scaleVerbs[verb]}`)
  }
  const memory = await callInOwnProcess<Directory, ReturnType<typeof measureMemory>>(new URL('memory.ts', import.meta.url), 'measureMemory', large)
  progress.advance(memorySeconds(large.sessions), 'scale, memory')
  return { sessions: large.sessions, start, verbs: verbs as Record<ScaleVerb, Samples>, memory }
}

async function measureStartOf (directory: Directory): Promise<number> {
  return await callInOwnProcess<Directory, ReturnType<typeof measureStart>>(new URL('start.ts', import.meta.url), 'measureStart', directory)
}

function roundsOf (isQuick: boolean): number {
  return isQuick ? 3 : 9
}

// Measured once: creating a session takes 80 µs, a process 0.7 s, a pass over 1,000 sessions with its preparation 0.2 s, a first `get` 40 µs.
function populateSeconds (sessions: number): number {
  return sessions * 80e-6
}

function startSeconds (isQuick: boolean): number {
  return 2 * roundsOf(isQuick) * 0.7
}

function verbSeconds (isQuick: boolean): number {
  return 2 * (roundsOf(isQuick) + 1) * 0.2
}

function memorySeconds (sessions: number): number {
  return 5 + sessions * 40e-6
}
