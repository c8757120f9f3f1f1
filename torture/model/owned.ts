import type { Fields } from './driver.ts'
import { readFailureOf, type Entry } from './entry.ts'
import type { Damage } from '../index-files.ts'

/**
 * Whose a session is in the trials: the option `owner` of their stores. Of two concurrent changes of a `user`, one may
 * give the session back to its former owner without changing the name.
 */
export function owner ({ user }: { readonly user?: unknown }): string | null {
  const name = typeof user === 'object' && user !== null && 'name' in user ? user.name : user
  return typeof name === 'string' ? name : null
}

/** Whose the session is that a file holds, or `null`: it is nobody's, or there is none. */
export function ownerOf (id: string, entry: Entry | undefined): string | null {
  if (entry === undefined || readFailureOf(id, entry) !== null) return null
  return owner(entry.content as Fields) || null
}

/** What is known of the index of owners: what it must hold. It may hold more, which may do no harm. */
export class Pointers {
  // By the id of the session, the last owner for whom a pointer was made that is certainly there still.
  readonly #owners = new Map<string, string>()
  /** Whether the index may say that it is complete. */
  isComplete = false
  /** Whether something is in the place of an owner's directory, so that pointers cannot be made. */
  isObstructed = false
  readonly #isWriteBehind: boolean
  // With write-behind a change and its reversal may be written together, so that no pointer is made: one that is missing
  // since somebody damaged the index stays so until a prune.
  #isUncertain = false

  constructor ({ isWriteBehind }: { readonly isWriteBehind: boolean }) {
    this.#isWriteBehind = isWriteBehind
  }

  /** Whether the owner certainly has a pointer to the session. */
  has (owner: string, id: string): boolean {
    return this.#owners.get(id) === owner
  }

  /** A session was written whose owner is not that of the file, or that was replaced whatever the file held. */
  set (id: string, owner: string | null): void {
    if (owner && !this.#isUncertain) this.#owners.set(id, owner)
    else this.#owners.delete(id)
  }

  delete (id: string): void {
    this.#owners.delete(id)
  }

  /** Somebody has looked at the pointers of an owner: those that are wrong may be gone. */
  verify (owner: string, entries: ReadonlyMap<string, Entry>): void {
    for (const [id, pointed] of [...this.#owners]) {
      const entry = entries.get(id)
      const isUnread = entry !== undefined && readFailureOf(id, entry) !== null
      if (pointed === owner && !isUnread && ownerOf(id, entry) !== owner) this.#owners.delete(id)
    }
  }

  /** A prune has read all sessions. Whose those are that it cannot decrypt is not known: an index that is not complete stays so. */
  repair (entries: ReadonlyMap<string, Entry>): void {
    for (const id of [...this.#owners.keys()]) if (!entries.has(id)) this.#owners.delete(id)
    for (const [id, entry] of entries) {
      const owner = ownerOf(id, entry)
      if (owner !== null) this.#owners.set(id, owner)
    }
    if (![...entries].some(([id, entry]) => readFailureOf(id, entry) === 'decrypt-failed')) this.isComplete = true
    this.#isUncertain = false
  }

  /** Somebody has damaged the index. */
  damage (damage: Damage): void {
    if (damage === 'add-directory' || damage === 'add-foreign' || damage === 'add-pointers') return
    if (damage === 'remove-marks' || damage === 'remove-index') this.isComplete = false
    if (damage !== 'remove-marks') {
      this.#owners.clear()
      this.#isUncertain = this.#isWriteBehind
    }
    if (damage === 'obstruct-directory') this.isObstructed = true
    if (damage === 'remove-index') this.isObstructed = false
  }
}
