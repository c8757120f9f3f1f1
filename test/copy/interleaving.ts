import { setImmediate as settled } from 'node:timers/promises'
import type { KeyedStore } from '../../src/copy/keyed-store.ts'

type Callback = (error: any, value?: any) => void

/** A call to a scripted store that has been made and not yet been carried out. */
interface Step { readonly name: string, readonly run: () => unknown }

/** Carries out the calls to its stores one by one, in the order that it is told. */
export class Schedule {
  readonly #waiting: Step[] = []
  readonly #seen: Record<string, unknown[]> = {}
  readonly #names: string[] = []
  readonly #contents = new Set<Map<string, string>>()

  /** A store that holds the serialized sessions in a map, as a Redis would, and waits to be scheduled. `name` tells it, and who uses it, from all others. */
  store (name: string, sessions: Map<string, string>): KeyedStore {
    this.#contents.add(sessions)
    const step = (verb: string, id: string, callback: Callback, run: () => string | undefined) => {
      this.#waiting.push({
        name: `${name}.${verb} ${id}`,
        run: () => {
          const text = run()
          callback(null, JSON.parse(text ?? 'null'))
          return text
        }
      })
    }
    return {
      get: (id, callback) => step('get', id, callback, () => sessions.get(id)),
      set: (id, session, callback) => {
        const text = JSON.stringify(session)
        step('set', id, callback, () => {
          sessions.set(id, text)
          return undefined
        })
      },
      destroy: (id, callback) => step('destroy', id, callback, () => {
        sessions.delete(id)
        return undefined
      })
    }
  }

  /** Carries out one waiting call after the other, each time the one that `choose` picks of so many, until none waits or it picks none (-1). */
  async run (choose: (count: number) => number): Promise<'ended' | 'stopped'> {
    for (;;) {
      await settled()
      if (this.#waiting.length === 0) return 'ended'
      const index = choose(this.#waiting.length)
      if (index < 0) return 'stopped'
      const { name, run } = this.#waiting.splice(index, 1)[0]!
      this.#names.push(name)
      const seen = this.#seen[name] ??= []
      seen.push(run())
    }
  }

  /** The calls that were carried out, in order. */
  get names (): readonly string[] {
    return this.#names
  }

  /** What the future depends on: what the stores hold, and what everybody has seen of them. */
  get state (): string {
    return JSON.stringify([[...this.#contents].map(sessions => [...sessions].sort()), Object.entries(this.#seen).sort()])
  }
}

/** One way to run a program: it starts everything, and returns what must hold in the end. */
export type Program = (schedule: Schedule) => () => Promise<void> | void

/**
 * Runs a program in every order of its steps, and throws the error of the first that does not hold, with its steps.
 * Of several orders that lead to the same state, in which everybody has seen the same, one is followed further.
 * Returns how many different states were reached.
 */
export async function everyOrder (program: Program): Promise<number> {
  const reached = new Set<string>()
  for (let choices: number[] | null = []; choices !== null;) {
    const counts: number[] = []
    const taken: number[] = []
    await play(program, (waiting, schedule) => {
      const isNew = taken.length >= choices!.length
      if (isNew && reached.has(schedule.state)) return -1
      if (isNew) reached.add(schedule.state)
      const choice = choices![taken.length] ?? 0
      counts.push(waiting)
      taken.push(choice)
      return choice
    })
    choices = following(taken, counts)
  }
  return reached.size
}

/** Runs a program in `count` orders of its steps, which follow from the seed. */
export async function someOrders (program: Program, count: number, seed: number): Promise<void> {
  const random = generator(seed)
  for (let run = 0; run < count; run++) await play(program, waiting => Math.floor(random() * waiting))
}

async function play (program: Program, choose: (count: number, schedule: Schedule) => number): Promise<void> {
  const schedule = new Schedule()
  const holds = program(schedule)
  if (await schedule.run(count => choose(count, schedule)) === 'stopped') return
  const names = [...schedule.names]
  try {
    // What is asked in the end waits for nobody.
    await Promise.all([holds(), schedule.run(() => 0)])
  } catch (error) {
    throw Object.assign(error as Error, { message: `${(error as Error).message}\nin this order:\n  ${names.join('\n  ')}` })
  }
}

// The next of all sequences of choices, in the order of a depth-first search.
function following (taken: readonly number[], counts: readonly number[]): number[] | null {
  for (let index = taken.length - 1; index >= 0; index--) {
    if (taken[index]! + 1 < counts[index]!) return [...taken.slice(0, index), taken[index]! + 1]
  }
  return null
}

// mulberry32: small, and the same everywhere.
function generator (seed: number): () => number {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
