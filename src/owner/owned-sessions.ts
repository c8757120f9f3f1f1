import { basename } from 'node:path'
import { ok, type ResultAsync } from 'neverthrow'
import { settledOk } from '../async/result.ts'
import { systemTime } from '../fs/version.ts'
import { loadRecord, type LoadOptions } from '../load.ts'
import { sessionId } from '../path.ts'
import type { PruneVisitor } from '../pruning/prune.ts'
import type { Mutation } from '../queue/mutation.ts'
import { SessionText } from '../session/session-text.ts'
import type { StoredSession } from '../session/session.ts'
import { OwnerIndex, type OwnerIndexOptions } from './owner-index.ts'

// Hourly prunes look whether the sessions have their pointers, each at another part, so that all are seen within a day.
const parts = 24
const hourMs = 60 * 60 * 1000

/** Keeps the index of owners up to date with the changes of the sessions. */
export class OwnedSessions {
  readonly index: OwnerIndex
  readonly #load: LoadOptions

  constructor (directory: string, options: OwnerIndexOptions, load: LoadOptions) {
    this.index = new OwnerIndex(directory, options)
    this.#load = load
  }

  /** Makes a mutation by `apply`, and the pointers that it needs before that. */
  apply<T, E> (file: string, mutation: Mutation, apply: () => ResultAsync<T, E>): ResultAsync<T, E> {
    const id = sessionId(basename(file), this.#load)
    if (id === null) return apply()
    if (mutation.isRemoval) return this.#remove(file, id, apply)
    const changes = mutation.steps.flatMap(step => {
      if (!('snapshot' in step)) return []
      const base = 'base' in step ? step.base.text : null
      if (base?.canonical === step.snapshot.canonical) return []
      const before = base === null ? null : this.#ownerIn(base)
      const after = this.#ownerIn(SessionText.ofCanonical(step.snapshot.canonical))
      return before === after ? [] : [{ before, after }]
    })
    if (changes.length === 0) return apply()
    return changes.reduce((done: ResultAsync<unknown, never>, { after }) => done.andThen(() => this.#add(after, id)), settledOk(undefined))
      .andThen(apply)
      .andThen(value => changes.reduce((done: ResultAsync<unknown, never>, { before }) => done.andThen(() => this.#drop(before, id)), settledOk(undefined)).map(() => value))
  }

  /** What a prune does for the index: it completes one that is not, removes pointers with their sessions, and looks for missing ones. */
  async visitor (): Promise<PruneVisitor & { readonly finish: () => Promise<void> }> {
    const isComplete = await this.index.isComplete()
    const part = Math.floor(systemTime() / hourMs) % parts
    let isWhole = true
    return {
      mustRead: name => !isComplete || name.charCodeAt(0) % parts === part,
      live: async (id, session) => {
        const owner = this.index.ownerOf(session)
        if (owner !== null && (await this.index.add(owner, id)).isErr()) isWhole = false
      },
      removed: async (id, session) => {
        const owner = this.index.ownerOf(session)
        if (owner !== null) await this.index.remove(owner, id)
      },
      finish: async () => { if (!isComplete && isWhole) await this.index.complete() }
    }
  }

  #remove<T, E> (file: string, id: string, apply: () => ResultAsync<T, E>): ResultAsync<T, E> {
    return loadRecord(file, this.#load)
      .map(record => record === null ? null : this.#ownerIn(record.text))
      .orElse(() => ok(null))
      .andThen(owner => apply().andThen(value => this.#drop(owner, id).map(() => value)))
  }

  #ownerIn (text: SessionText): string | null {
    return text.parse().map((session: StoredSession) => this.index.ownerOf(session)).unwrapOr(null)
  }

  // The session is written all the same: it is found by a scan then.
  #add (owner: string | null, id: string): ResultAsync<unknown, never> {
    if (owner === null) return settledOk(undefined)
    return this.index.add(owner, id).orElse(() => this.index.incomplete()).orElse(() => ok(undefined))
  }

  #drop (owner: string | null, id: string): ResultAsync<unknown, never> {
    return owner === null ? settledOk(undefined) : this.index.remove(owner, id).orElse(() => ok(undefined))
  }
}
