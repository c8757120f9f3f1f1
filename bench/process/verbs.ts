import { rawPool, rawSync, type RawOperations } from '../sides/raw.ts'
import type { Callback, GetCallback, Place, Side } from '../sides/side.ts'
import { sides, type SideName } from '../sides/sides.ts'
import type { BenchSession } from '../fixtures/session.ts'

type Get = (id: string, callback: GetCallback) => void
type Set = (id: string, session: BenchSession, callback: Callback) => void

/** The operations that are measured. A store has one `set` for four of them; raw `node:fs` is told which. */
export interface Verbs {
  /** `get` of a session that was used before. */
  readonly known: Get
  /** `get` of a session that does not exist. */
  readonly unknown: Get
  /** `set` when only the expiry moved, less than a second after the last recorded use: a request in a burst. */
  readonly repeated: Set
  /** `set` when only the expiry moved, more than a second after the last recorded use: the first request of a burst. */
  readonly moved: Set
  readonly changed: Set
  readonly added: Set
  readonly destroyed: (id: string, callback: Callback) => void
}

export type Verb = keyof Verbs

/** The operations' names in tables. */
export const verbLabels: Readonly<Record<Verb, string>> = {
  known: '`get`, known',
  unknown: '`get`, unknown',
  repeated: '`set`, only the expiry moved, within a second',
  moved: '`set`, only the expiry moved',
  changed: '`set`, changed',
  added: '`set`, new',
  destroyed: '`destroy`'
}

/** The sides that are compared in process: those that need no server, and that have finished when they call back. */
export const verbSides = ['auto', 'async', 'encrypted', 'itrocks', 'sessionFileStore', 'map', 'rawSync', 'rawPool'] as const satisfies SideName[]

export type VerbSide = typeof verbSides[number]

/** Opens a side in a directory of its own. */
export async function openVerbs (name: VerbSide, place: Place): Promise<Verbs> {
  if (name === 'rawSync') return rawVerbs(rawSync(place.directory))
  if (name === 'rawPool') return rawVerbs(rawPool(place.directory))
  const store = await sides[name].open(place)
  const get: Get = (id, callback) => store.get(id, callback)
  const set: Set = (id, session, callback) => store.set(id, session, callback)
  return { known: get, unknown: get, repeated: set, moved: set, changed: set, added: set, destroyed: (id, callback) => store.destroy(id, callback) }
}

/** The file in which a side keeps a session; `null` when it has none. */
export function fileOf (name: VerbSide, directory: string, id: string): string | null {
  const side: Side = sides[name]
  return side.file?.(directory, id) ?? null
}

function rawVerbs ({ get, touch, replace, remove }: RawOperations): Verbs {
  return { known: get, unknown: get, repeated: touch, moved: touch, changed: replace, added: replace, destroyed: remove }
}
