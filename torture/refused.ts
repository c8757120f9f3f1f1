import { openSync, closeSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import type { SessionError } from '../src/errors.ts'
import { FileStore } from '../src/index.ts'
import { called } from '../test/support.ts'

/** What a process that is refused something is told to do, as JSON in its first parameter. */
export interface Orders {
  readonly directory: string
  /** Whom it becomes first. */
  readonly user?: number
  /** Whether it uses up all descriptors for the first round. */
  readonly isGreedy?: boolean
  /** The sessions that it sets, gets and destroys, all at once. */
  readonly ids: readonly string[]
  readonly rounds: number
}

/** What came of one round: how often what happened. */
export interface Round {
  readonly set: Record<string, number>
  readonly get: Record<string, number>
  readonly destroy: Record<string, number>
  readonly seen: Record<string, number>
}

// A process of its own, started by refusals.ts: it prints its rounds as JSON.
const { directory, user, isGreedy = false, ids, rounds }: Orders = JSON.parse(process.argv[2] ?? '{}')
if (user !== undefined) process.setuid?.(user)

let seen: string[] = []
const store = new FileStore(directory, { pruneInterval: 0, onFailure: ({ type }: SessionError) => { seen.push(type) } })

async function round (number: number): Promise<Round> {
  seen = []
  const outcomes = (call: (id: string) => Promise<string>) => Promise.all(ids.map(id => call(id).catch(reasonOf))).then(counts)
  const set = await outcomes(id => called<void>(done => store.set(id, { number } as never, done)).then(() => 'done'))
  const get = await outcomes(id => called<{ number?: number } | null>(done => store.get(id, done)).then(session => String(session?.number ?? null)))
  const destroy = number % 2 === 1 ? await outcomes(id => called<void>(done => store.destroy(id, done)).then(() => 'done')) : {}
  await turn()
  return { set, get, destroy, seen: counts(seen) }
}

function reasonOf ({ cause }: { cause?: { type?: string, cause?: { code?: string } } }): string {
  return `${cause?.type} ${cause?.cause?.code}`
}

function counts (words: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const word of words) counted[word] = (counted[word] ?? 0) + 1
  return counted
}

function descriptors (): number[] {
  const open = []
  try {
    for (;;) open.push(openSync('/dev/null', 'r'))
  } catch {
    return open
  }
}

const results: Round[] = []
for (let number = 0; number < rounds; number++) {
  const held = isGreedy && number === 0 ? descriptors() : []
  results.push(await round(number))
  for (const descriptor of held) closeSync(descriptor)
}
console.log(JSON.stringify(results))
