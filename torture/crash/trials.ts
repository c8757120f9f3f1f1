import { FileStore, sessionId, type StoreOptions } from '../../src/index.ts'
import { namesIn, promised } from '../../test/support.ts'
import { compileModules } from '../compile.ts'
import { isTemporary } from '../internals.ts'
import { Random } from '../random.ts'
import { directoryTrial, ensure, repetitions, type Effort, type Progress, type Trial } from '../trial.ts'
import { perVariant, secret, type Variant } from '../variants.ts'
import { parseLog, stateOf, type State } from './log.ts'
import { isComplete } from './numbered-session.ts'
import { killOwnerProcesses } from './owner-index.ts'
import { runAndKill } from './run-and-kill.ts'

// Kills in the long run, over all variants.
const kills = 2_000
const ownerKills = 1_000

// Processes that share the directory and are killed in each round, each at an instant of its own.
const processes = 2

// In milliseconds. A change takes a fraction of one, so every process is killed in the middle of something.
const longestLife = 15

const variants: readonly Variant[] = [
  ['auto', { io: 'auto' }],
  ['async', { io: 'async' }],
  ['durable', { durable: true }],
  ['encrypted', { secret }],
  ['acknowledged from memory', { acknowledge: 'memory' }]
]

// Each process has sessions of its own, or all change the same ones.
const ownerVariants: ReadonlyArray<readonly [name: string, options: StoreOptions, isShared: boolean]> = [
  ['auto', { io: 'auto' }, false],
  ['async, encrypted', { io: 'async', secret }, false],
  ['acknowledged from memory', { acknowledge: 'memory' }, false],
  ['auto, without merging', { merge: false }, false],
  ['auto, shared sessions', { io: 'auto' }, true],
  ['async, shared sessions', { io: 'async' }, true]
]

/** Processes are killed at random instants. */
export function crashTrials (effort: Effort): Trial[] {
  return [...changeTrials(effort), ...ownerTrials(effort)]
}

function ownerTrials (effort: Effort): Trial[] {
  return ownerVariants.map(([variant, options, isShared]) => directoryTrial(
    `lists exactly the sessions of an owner when its process is killed (${variant})`,
    (directory, progress) => killOwnerProcesses(directory, {
      options, isShared, kills: repetitions(ownerKills / ownerVariants.length, effort), seed: effort.seed, progress
    })
  ))
}

function changeTrials (effort: Effort): Trial[] {
  return variants.map(([variant, options]) => directoryTrial(
    `keeps every acknowledged change when its process is killed (${variant})`,
    (directory, progress) => killRepeatedly(directory, { options, kills: repetitions(perVariant(kills, variants), effort), seed: effort.seed, progress })
  ))
}

interface KillOptions {
  readonly options: StoreOptions
  readonly kills: number
  readonly seed: number
  readonly progress: Progress
}

async function killRepeatedly (directory: string, { options, kills, seed, progress }: KillOptions): Promise<number> {
  const modules = await compileModules(['crash/writer-process', 'crash/numbered-session', 'random'])
  const random = new Random(seed)
  const store = new FileStore(directory, { ...options, acknowledge: 'disk', pruneInterval: 0 })
  const states = new Map<string, State>()
  let killed = 0
  let acknowledged = 0
  try {
    while (killed < kills || (acknowledged === 0 && killed < 5 * kills)) {
      // On a slow disk a process does nothing in so short a life.
      const longest = acknowledged === 0 ? longestLife * (1 + killed / processes) : longestLife
      const names = Array.from({ length: processes }, (_, number) => String.fromCharCode(97 + number))
      const logs = await Promise.all(names.map(name => {
        const parameters = [directory, name, String(random.below(1e9)), JSON.stringify(options)]
        return runAndKill(modules.file('crash/writer-process'), parameters, random.next() * longest)
      }))
      for (const [index, name] of names.entries()) {
        killed++
        acknowledged += await checkSessions(store, { log: logs[index] ?? '', name, states, isOnDisk: options.acknowledge !== 'memory' })
      }
      const unknown = (await namesIn(directory)).filter(name => sessionId(name) === null && !isTemporary(name))
      ensure(unknown.length === 0, `there is ${unknown.join()} in the directory`)
      progress(killed / kills)
    }
    ensure(acknowledged > 0 || killed < 10, 'no process did anything before it was killed')
  } finally {
    await modules.remove()
  }
  return killed
}

interface KilledProcess {
  readonly log: string
  readonly name: string
  /** What its sessions were before it was started; updated. */
  readonly states: Map<string, State>
  /** Whether acknowledged changes must be on the disk. */
  readonly isOnDisk: boolean
}

/**
 * Fails unless each session of a killed process is what its last acknowledged
 * change left, or what a later one left that was under way. Resolves to the
 * number of acknowledged changes.
 */
async function checkSessions (store: FileStore, { log, name, states, isOnDisk }: KilledProcess): Promise<number> {
  const { changes, acknowledged } = parseLog(log)
  for (const id of [0, 1, 2, 3].map(number => `${name}${number}`)) {
    const own = changes.filter(change => change.id === id)
    const last = isOnDisk ? own.findLastIndex(({ number }) => acknowledged.has(number)) : -1
    const possible = [...(last === -1 ? [states.get(id) ?? null] : []), ...own.slice(Math.max(last, 0)).map(({ state }) => state)]
    const session = await promised(store).get(id)
    ensure(session === null || isComplete(session), `${id} is torn: ${JSON.stringify(session).slice(0, 200)}`)
    const state: State = session === null ? null : stateOf(session.number, session.seed)
    ensure(possible.includes(state), `${id} is ${state}, expected one of ${possible.join(', ')} after:\n${log}`)
    states.set(id, state)
  }
  return acknowledged.size
}
