import { rawVerbs } from './raw.ts'
import type { BenchSession } from './sessions.ts'
import { sides, type Place, type Side } from './stores.ts'

type Done = (error?: unknown) => void
type Get = (id: string, done: (error: unknown, session?: BenchSession | null) => void) => void
type Set = (id: string, session: BenchSession, done: Done) => void

/** What is measured of each side; a store has one `set` for four of them. */
export interface Verbs {
  /** `get` of a session that was used before. */
  readonly known: Get
  /** `get` of one that there is not. */
  readonly unknown: Get
  /** `set` of what is there. */
  readonly unchanged: Set
  /** `set` when only the expiry moved: what a `rolling` session costs with every request that changes nothing. */
  readonly moved: Set
  readonly changed: Set
  readonly added: Set
  readonly destroyed: (id: string, done: Done) => void
}

export type Verb = keyof Verbs

/** What tables call each operation. */
export const verbLabels: Readonly<Record<Verb, string>> = {
  known: 'get, known',
  unknown: 'get, unknown',
  unchanged: 'set, unchanged',
  moved: 'set, only the expiry moved',
  changed: 'set, changed',
  added: 'set, new',
  destroyed: 'destroy'
}

/** The sides that are compared in process: the stores that have no server, and `raw`. */
export const verbSides = ['auto', 'async', 'durable', 'sealed', 'itrocks', 'sessionFileStore', 'map', 'raw'] as const

export type VerbSide = typeof verbSides[number]

/** Opens a side in a directory of its own. */
export async function verbsOf (name: VerbSide, place: Place): Promise<Verbs> {
  if (name === 'raw') return rawVerbs(place.directory)
  const store = await sides[name].open(place)
  const get: Get = (id, done) => store.get(id, done)
  const set: Set = (id, session, done) => store.set(id, session, done)
  return { known: get, unknown: get, unchanged: set, moved: set, changed: set, added: set, destroyed: (id, done) => store.destroy(id, done) }
}

/** The file in which a side holds a session, or `null` when it has none. */
export function fileOf (name: VerbSide, directory: string, id: string): string | null {
  const side: Side = sides[name]
  return side.file?.(directory, id) ?? null
}
