import { Abbreviator } from './abbreviate.ts'
import type { Context } from './context.ts'
import { parseCondition, type Condition } from './field.ts'
import { sessionEntries, type SessionEntry } from './files.ts'
import type { InspectedOther, InspectedSession } from './inspect.ts'
import { Sorter } from './sort.ts'

/** What sessions are sorted by. `used` and `size` have the largest first, `none` is the order of the directory. */
export const sortKeys = ['used', 'expires', 'size', 'id', 'none'] as const

/** Which sessions are wanted, and in what order. */
export interface Selection {
  readonly where: readonly string[]
  /** The earliest last use, in milliseconds since 1970. */
  readonly since?: number | undefined
  readonly age: 'live' | 'expired' | 'all'
  readonly sort: typeof sortKeys[number]
  readonly reverse: boolean
  readonly limit: number
}

/** What was met on the way. */
export interface Met {
  /** Files that have a session's name. */
  files: number
  /** How many of those that were read hold no session, by kind. */
  readonly others: Record<InspectedOther['kind'], number>
}

/** Nothing met yet. */
export function nothingMet (): Met {
  return { files: 0, others: { foreign: 0, unreadable: 0, locked: 0, refused: 0 } }
}

/** The sessions of a directory that are wanted, in their order, in memory that does not grow with their number. */
export class Selector {
  readonly #context: Context
  readonly #selection: Selection
  readonly #conditions: readonly Condition[]
  #abbreviator = new Abbreviator()
  met = nothingMet()

  /** Throws a `CommandError` when a condition is none. */
  constructor (context: Context, selection: Selection) {
    this.#context = context
    this.#selection = selection
    this.#conditions = selection.where.map(parseCondition)
  }

  /** An unambiguous beginning of the id; where the directory's order is kept, all ids are not known in time. */
  shorten (id: string): string {
    return this.#selection.sort === 'none' ? id : this.#abbreviator.shorten(id)
  }

  /** The sessions. Ends early when the context is interrupted, or its output closed. */
  async * sessions (): AsyncGenerator<InspectedSession, void, undefined> {
    const { limit, sort } = this.#selection
    if (sort === 'none') return yield * this.#first(this.#unsorted())
    if (this.#isLikelyFirst) {
      const found: InspectedSession[] = []
      const sorter = new Sorter({ isDescending: this.#isDescending, first: Math.max(limit * 2, 1_000) })
      await this.#fill(sorter)
      for await (const session of this.#first(this.#inspected(sorter.sorted()))) found.push(session)
      if (found.length === limit || !sorter.hasDropped || this.#isStopped) return yield * found
    }
    const sorter = new Sorter({ isDescending: this.#isDescending })
    try {
      await this.#fill(sorter)
      yield * this.#first(this.#inspected(sorter.sorted()))
    } finally {
      sorter.close()
    }
  }

  get #isStopped (): boolean {
    return this.#context.signal.aborted || this.#context.out.isClosed
  }

  get #isDescending (): boolean {
    const { sort, reverse } = this.#selection
    return (sort === 'used' || sort === 'size') !== reverse
  }

  // Whether most of the first files are wanted: then no others have to be remembered.
  get #isLikelyFirst (): boolean {
    const { limit, where, age, sort, reverse } = this.#selection
    return limit <= 1_000 && where.length === 0 && sort !== 'expires' && (age === 'all' || (age === 'live' && !(sort === 'used' && reverse)))
  }

  async #fill (sorter: Sorter): Promise<void> {
    const { sort } = this.#selection
    this.met = nothingMet()
    this.#abbreviator = new Abbreviator()
    if (sort === 'expires') return await this.#fillByExpiry(sorter)
    for await (const entries of this.#entries()) {
      for (const entry of entries) {
        this.#abbreviator.add(entry.id)
        if (!this.#isRecent(entry)) continue
        const { id, name, lastUsedAt, size } = entry
        sorter.add({ id, name, lastUsedAt, size, key: sort === 'id' ? id : sort === 'size' ? size : lastUsedAt })
      }
    }
  }

  // Only the session itself says when it expires.
  async #fillByExpiry (sorter: Sorter): Promise<void> {
    for await (const entries of this.#entries()) {
      for (const entry of entries) {
        this.#abbreviator.add(entry.id)
        if (!this.#isRecent(entry)) continue
        const inspected = await this.#context.inspector.inspect(entry)
        if (inspected?.kind === 'session') sorter.add({ ...entry, key: inspected.expiresAt })
        else if (inspected !== null) this.met.others[inspected.kind]++
      }
    }
  }

  async * #entries (): AsyncGenerator<readonly SessionEntry[], void, undefined> {
    for await (const entries of sessionEntries(this.#context.directory, this.#context)) {
      if (this.#isStopped) return
      this.met.files += entries.length
      yield entries
    }
  }

  async * #unsorted (): AsyncGenerator<InspectedSession, void, undefined> {
    for await (const entries of this.#entries()) yield * this.#inspected(entries.filter(entry => this.#isRecent(entry)))
  }

  async * #inspected (entries: Iterable<Pick<SessionEntry, 'id' | 'name'>>): AsyncGenerator<InspectedSession, void, undefined> {
    for (const entry of entries) {
      if (this.#isStopped) return
      const inspected = await this.#context.inspector.inspect(entry)
      if (inspected === null) continue
      if (inspected.kind !== 'session') this.met.others[inspected.kind]++
      else if (this.#isWanted(inspected)) yield inspected
    }
  }

  async * #first (sessions: AsyncIterable<InspectedSession>): AsyncGenerator<InspectedSession, void, undefined> {
    let left = this.#selection.limit
    if (left === 0) return
    for await (const session of sessions) {
      yield session
      if (--left === 0) return
    }
  }

  #isRecent ({ lastUsedAt }: SessionEntry): boolean {
    const { since } = this.#selection
    return since === undefined || lastUsedAt >= since
  }

  #isWanted ({ session, isExpired }: InspectedSession): boolean {
    const { age } = this.#selection
    return (age === 'all' || isExpired === (age === 'expired')) && this.#conditions.every(isMet => isMet(session))
  }
}
