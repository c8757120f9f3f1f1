import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { FileStore } from '../src/index.ts'
import { sessionId } from '../src/path.ts'
import type { StoreOptions } from '../src/options.ts'
import { isTemporary } from '../src/temporary.ts'
import { freshDirectory, namesIn, promised } from '../test/support.ts'
import { compiled } from './compiled.ts'
import { isWhole } from './numbered.ts'
import { Random } from './random.ts'
import { ensure, timesOf, type Effort, type Trial } from './trial.ts'

// In the long run, over all ways.
const often = 2_000

// Processes that share the directory and are killed in each round, each at an instant of its own.
const together = 2

// In milliseconds. A change takes a fraction of one; all ends up in the middle of something.
const longestLife = 15

const secret = 'k'.repeat(32)

const ways: ReadonlyArray<readonly [name: string, options: StoreOptions]> = [
  ['auto', { io: 'auto' }],
  ['async', { io: 'async' }],
  ['durable', { durable: true }],
  ['sealed', { secret }],
  ['acknowledged from memory', { acknowledge: 'memory' }]
]

/** Which session a change left: its number, or `null` for none. */
type State = string | null

interface Change { readonly id: string, readonly number: string, readonly state: State }

/** Processes that are killed at random instants. */
export function crashTrials (effort: Effort): Trial[] {
  return ways.map(([way, options]) => ({
    name: `keeps its word when it is killed (${way})`,
    run: () => killAgain(options, timesOf(often / ways.length, effort), effort.seed)
  }))
}

async function killAgain (options: StoreOptions, often: number, seed: number): Promise<number> {
  const directory = await freshDirectory()
  const code = await compiled(['busy', 'numbered', 'random'])
  const random = new Random(seed)
  const store = new FileStore(directory, { ...options, acknowledge: 'disk', pruneInterval: 0 })
  const states = new Map<string, State>()
  let killed = 0
  let done = 0
  try {
    while (killed < often) {
      const lives = Array.from({ length: together }, (_, name) =>
        live(code.file('busy'), [directory, String.fromCharCode(97 + name), String(random.below(1e9)), JSON.stringify(options)], random.next() * longestLife))
      for (const [name, said] of (await Promise.all(lives)).entries()) {
        killed++
        done += await check(store, { said, name: String.fromCharCode(97 + name), states, isSure: options.acknowledge !== 'memory' })
      }
      const strangers = (await namesIn(directory)).filter(name => sessionId(name) === null && !isTemporary(name))
      ensure(strangers.length === 0, `there is ${strangers.join()} in the directory`)
    }
    ensure(done > 0 || killed < 10, 'no process did anything before it was killed')
  } finally {
    await code.remove()
    await rm(directory, { recursive: true, force: true })
  }
  return killed
}

/** Starts a process, kills it `time` milliseconds after it has begun, and gives all that it said. */
async function live (file: string, parameters: string[], time: number): Promise<string> {
  const child = spawn(process.execPath, [file, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', chunk => { errors += chunk })
  const closed = once(child, 'close')
  const begun = new Promise<void>(resolve => {
    child.stdout.setEncoding('utf8').on('data', chunk => {
      said += chunk
      resolve()
    })
  })
  await Promise.race([begun, closed])
  await delay(time)
  child.kill('SIGKILL')
  const [, signal] = await closed
  ensure(signal === 'SIGKILL', `the process ended by itself: ${errors}`)
  return said
}

interface Life {
  /** What the process said before it was killed. */
  readonly said: string
  readonly name: string
  /** What the sessions were before; brought up to date. */
  readonly states: Map<string, State>
  /** Whether what it said was done must be there. */
  readonly isSure: boolean
}

// Fails unless each session of a killed process is what its last acknowledged
// change left, or what one left that was under way. Gives how many were acknowledged.
async function check (store: FileStore, { said, name, states, isSure }: Life): Promise<number> {
  const { changes, acknowledged } = storyOf(said)
  for (const id of [0, 1, 2, 3].map(number => `${name}${number}`)) {
    const own = changes.filter(change => change.id === id)
    const last = isSure ? own.findLastIndex(({ number }) => acknowledged.has(number)) : -1
    const possible = [...(last === -1 ? [states.get(id) ?? null] : []), ...own.slice(Math.max(last, 0)).map(({ state }) => state)]
    const session = await promised(store).get(id)
    ensure(session === null || isWhole(session), `${id} is torn: ${JSON.stringify(session).slice(0, 200)}`)
    const state: State = session === null ? null : `${session.number} of ${session.seed}`
    ensure(possible.includes(state), `${id} is ${state}, expected one of ${possible.join(', ')} after:\n${said}`)
    states.set(id, state)
  }
  return acknowledged.size
}

function storyOf (said: string): { readonly changes: readonly Change[], readonly acknowledged: ReadonlySet<string> } {
  const changes: Change[] = []
  const acknowledged = new Set<string>()
  for (const line of said.split('\n')) {
    const [word, ...rest] = line.split(' ')
    if (word === 'set' || word === 'destroy') {
      const [id = '', number = '', seed = ''] = rest
      changes.push({ id, number, state: word === 'set' ? `${number} of ${seed}` : null })
    }
    if (word === 'done') acknowledged.add(rest.join(' '))
    ensure(word !== 'failed', `a change failed: ${line}`)
  }
  return { changes, acknowledged }
}
