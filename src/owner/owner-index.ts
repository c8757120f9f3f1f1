import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { err, ok, Result, type ResultAsync } from 'neverthrow'
import { settledOk } from '../async/result.ts'
import type { Cipher } from '../encryption/cipher.ts'
import type { Disk } from '../fs/disk.ts'
import { isAlreadyExists, isNotFound } from '../fs/errno.ts'
import { systemTime } from '../fs/version.ts'
import { sessionFile, sessionId } from '../path.ts'
import type { StoredSession } from '../session/session.ts'

/** Whose a session is: a name, or `null` for nobody's. */
export type OwnerOf = (session: any) => string | null | undefined

/** What an index is made with. */
export interface OwnerIndexOptions {
  readonly owner: OwnerOf
  /** Whose keys hide the owners' names. Without it a hash does, which can be tried out. */
  readonly secret?: Cipher
  readonly disk: Disk
  readonly directoryMode: number
}

// In milliseconds. A pointer is made before its session is written: until then it points to nothing.
const staleAfterMs = 10 * 60_000

/**
 * Pointers from owners to the ids of their sessions: empty files `<directory>/.owners/<hash of the owner>/<id>`. A
 * pointer is made before the session is written, so that none is missing whenever a process is killed, and says nothing
 * by itself: whoever follows it must look at the session.
 */
export class OwnerIndex {
  readonly #root: string
  readonly #options: OwnerIndexOptions
  readonly #hashes: (owner: string) => readonly string[]
  readonly #marker: string

  constructor (directory: string, options: OwnerIndexOptions) {
    const { secret } = options
    this.#root = join(directory, '.owners')
    this.#options = options
    this.#hashes = owner => secret?.pseudonyms(owner) ?? [createHash('sha256').update(owner).digest('base64url')]
    // With another secret the pointers have other names.
    this.#marker = join(this.#root, `.complete-${this.#hashes('')[0]}`)
  }

  /** The owner of a session, or `null`: it has none, or the application's function throws or gives no name. */
  ownerOf (session: StoredSession): string | null {
    return Result.fromThrowable(() => this.#options.owner(session))().map(owner => typeof owner === 'string' && owner !== '' ? owner : null).unwrapOr(null)
  }

  /** Makes the pointer to a session; nothing happens when there is one. */
  add (owner: string, id: string): ResultAsync<unknown, unknown> {
    const pointer = this.#pointer(this.#hashes(owner)[0]!, id)
    return this.#create(pointer).orElse(cause => isNotFound(cause)
      ? this.#options.disk.makeDirectory(dirname(pointer), this.#options.directoryMode).andThen(() => this.#create(pointer))
      : err(cause))
  }

  /** Removes the pointers to a session. */
  remove (owner: string, id: string): ResultAsync<unknown, unknown> {
    return this.#hashes(owner).reduce(
      (done: ResultAsync<unknown, unknown>, hash) => done.andThen(() => this.#options.disk.remove(this.#pointer(hash, id))),
      settledOk(undefined)
    )
  }

  /** The ids that an owner has pointers to. Throws the system's error when they cannot be read. */
  async ids (owner: string): Promise<Set<string>> {
    const ids = new Set<string>()
    for (const hash of this.#hashes(owner)) {
      for await (const names of this.#options.disk.listFiles(join(this.#root, hash))) {
        for (const name of names) {
          const id = sessionId(name, { extension: '' })
          if (id !== null) ids.add(id)
        }
      }
    }
    return ids
  }

  /** Removes pointers that were found to be wrong, unless they are so new that their session may be about to be written. */
  async removeStale (owner: string, id: string): Promise<void> {
    for (const hash of this.#hashes(owner)) {
      const pointer = this.#pointer(hash, id)
      const version = (await this.#options.disk.stat(pointer)).unwrapOr(null)
      if (version !== null && systemTime() - version.ctimeMs >= staleAfterMs) await this.#options.disk.remove(pointer)
    }
  }

  /** Whether every session that was there when the index was begun has its pointer. */
  async isComplete (): Promise<boolean> {
    return (await this.#options.disk.stat(this.#marker)).map(version => version !== null).unwrapOr(false)
  }

  /** Notes that every session has its pointer. */
  complete (): ResultAsync<unknown, unknown> {
    return this.#create(this.#marker).orElse(cause => isNotFound(cause)
      ? this.#options.disk.makeDirectory(this.#root, this.#options.directoryMode).andThen(() => this.#create(this.#marker))
      : err(cause))
  }

  /** Notes that a pointer may be missing: it could not be made. */
  incomplete (): ResultAsync<unknown, unknown> {
    return this.#options.disk.remove(this.#marker)
  }

  #create (file: string): ResultAsync<unknown, unknown> {
    const now = systemTime()
    return this.#options.disk.create(file, { text: '', mode: 0o600, times: { atimeMs: now, mtimeMs: now }, flush: false })
      .map((): unknown => undefined)
      .orElse(cause => isAlreadyExists(cause) ? ok(undefined) : err(cause))
  }

  #pointer (hash: string, id: string): string {
    return join(this.#root, hash, sessionFile('', id, { extension: '' }).map(file => basename(file)).unwrapOr('invalid'))
  }
}
