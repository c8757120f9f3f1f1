import { openSync, closeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FileStore } from '../../src/index.ts'
import { called } from '../../test/support.ts'

/** What a limited process is told to do, as JSON in its first parameter. */
export interface Orders {
  readonly directory: string
  /** The id of the user that it becomes before it begins. */
  readonly user?: number
  /** Whether it uses up all descriptors for the first round. */
  readonly exhaustsDescriptors?: boolean
  /** The sessions that it sets, gets and destroys, all concurrently. */
  readonly ids: readonly string[]
  readonly rounds: number
}

/** How often each outcome occurred in one round. */
export interface Round {
  readonly set: Record<string, number>
  readonly get: Record<string, number>
  /** Only every second round destroys. */
  readonly destroy: Record<string, number>
  /** By the type of the failure. */
  readonly reported: Record<string, number>
}

// A process that limits.ts starts as another user or with few descriptors. It prints its rounds as JSON.
const { directory, user, exhaustsDescriptors = false, ids, rounds }: Orders = JSON.parse(process.argv[2] ?? '{}')
if (user !== undefined) process.setuid?.(user)

let reported: string[] = []
const store = new FileStore(directory, { pruneInterval: 0, onFailure: ({ type }: { type: string }) => { reported.push(type) } })

async function runRound (number: number): Promise<Round> {
  reported = []
  const outcomes = (call: (id: string) => Promise<string>) => Promise.all(ids.map(id => call(id).catch(describeFailure))).then(count)
  const set = await outcomes(id => called<void>(callback => store.set(id, { number } as never, callback)).then(() => 'done'))
  const get = await outcomes(id => called<{ number?: number } | null>(callback => store.get(id, callback)).then(session => String(session?.number ?? null)))
  const destroy = number % 2 === 1 ? await outcomes(id => called<void>(callback => store.destroy(id, callback)).then(() => 'done')) : {}
  await nextTurn()
  return { set, get, destroy, reported: count(reported) }
}

function describeFailure ({ cause }: { cause?: { type?: string, cause?: { code?: string } } }): string {
  return `${cause?.type} ${cause?.cause?.code}`
}

function count (words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

function openAllDescriptors (): number[] {
  const open = []
  try {
    for (;;) open.push(openSync('/dev/null', 'r'))
  } catch {
    return open
  }
}

const results: Round[] = []
for (let number = 0; number < rounds; number++) {
  const descriptors = exhaustsDescriptors && number === 0 ? openAllDescriptors() : []
  results.push(await runRound(number))
  for (const descriptor of descriptors) closeSync(descriptor)
}
console.log(JSON.stringify(results))
