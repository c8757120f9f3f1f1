import { createHash, randomInt } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { inspect } from 'node:util'
import { err, ok, Result, type ResultAsync } from 'neverthrow'
import { attemptAsync, settledOk } from '../async/result.ts'
import { TimeSlice } from '../async/time-slice.ts'
import type { Cipher } from '../encryption/cipher.ts'
import type { Disk } from '../fs/disk.ts'
import { systemTime, type FileVersion } from '../fs/version.ts'
import { defaultExtension, sessionFile, sessionId, type PathOptions } from '../path.ts'
import type { StoredSession } from '../session/session.ts'
import { Completeness } from './completeness.ts'
import { createEmptyFile, type EmptyFileOptions } from './empty-file.ts'
import { pointerName, removePointer } from './pointer-removal.ts'

/** The owner of a session: a name, or `null` for none. */
export type OwnerOf = (session: any) => string | null | undefined

/** What an index is made with. */
export interface OwnerIndexOptions extends PathOptions {
  readonly owner: OwnerOf
  /** Whose keys hide the owners' names. Without it a hash does, from which a name can be guessed. */
  readonly secret?: Cipher
  readonly requireEncryption?: boolean
  readonly disk: Disk
  readonly directoryMode: number
  readonly durable?: boolean
}

/** How the pointers to a session are removed. */
export interface RemovalOptions {
  /**
   * Whether a pointer is kept that another store has made or renewed a moment ago.
   * @default true
   */
  readonly isPendingKept?: boolean
}

// In milliseconds. A pointer is made before its session is written: until then it points to nothing.
const staleAfterMs = 10 * 60_000

// In milliseconds. A write takes well under a second: a pointer that another store has made this recently may belong to a
// session that is about to be written.
const pendingMs = 10_000

/**
 * Pointers from owners to the ids of their sessions: empty files `<directory>/.owners/<hash of the owner>/<id>`. A
 * pointer is made before the session is written, so that none is missing whenever a process is killed, and proves nothing
 * by itself: a reader must compare it with the session. The directory of an owner is removed with its last pointer.
 */
export class OwnerIndex {
  /** Whether every session has its pointer. */
  readonly completeness: Completeness
  readonly #directory: string
  readonly #root: string
  readonly #options: OwnerIndexOptions
  readonly #files: EmptyFileOptions
  readonly #hashes: (owner: string) => readonly string[]
  // The access time of the pointers that this store alone has made. Whole seconds, which every file system keeps.
  readonly #makerMs = randomInt(1, 2 ** 31) * 1000

  constructor (directory: string, options: OwnerIndexOptions) {
    const { secret, owner, extension = defaultExtension, requireEncryption = false } = options
    this.#directory = directory
    this.#root = join(directory, '.owners')
    this.#options = options
    this.#hashes = owner => secret?.pseudonyms(owner) ?? [hash(owner)]
    // Whatever decides which sessions there are, whose they are, and how their pointers are named: with anything else the
    // index is another one. Of the application's function the source text is known, and not the variables that it uses.
    const source = Function.prototype.toString.call(owner)
    const key = hash(JSON.stringify([source, extension, requireEncryption, this.#hashes('')]))
    this.#files = { ...options, model: directory }
    this.completeness = new Completeness(this.#root, key, this.#files)
  }

  /** The owner of a session, or `null`: it has none, or that is not known. */
  ownerOf (session: StoredSession): string | null {
    return this.findOwner(session).unwrapOr(null)
  }

  /**
   * The owner of a session, or `null` when it has none. Fails with what the application's function throws, and with a
   * `TypeError` when it gives anything but a string or nothing.
   */
  findOwner (session: StoredSession): Result<string | null, unknown> {
    return Result.fromThrowable((): unknown => this.#options.owner(session))().andThen(owner => {
      if (owner === undefined || owner === null || owner === '') return ok(null)
      return typeof owner === 'string' ? ok(owner) : err(new TypeError(`the option owner gave ${inspect(owner, { depth: 0 })}; expected a string, or nothing`))
    })
  }

  /** Makes the pointer to a session; one that exists is new again. */
  add (owner: string, id: string): ResultAsync<unknown, unknown> {
    return this.#create(this.#pointer(this.#hashes(owner)[0]!, id))
  }

  /** Flushes the names of the pointers that were added for an owner to the device. */
  flush (owner: string): ResultAsync<unknown, unknown> {
    const { disk } = this.#options
    return disk.flushDirectory(join(this.#root, this.#hashes(owner)[0]!)).andThen(() => disk.flushDirectory(this.#root))
  }

  /**
   * Removes the pointers to a session that is gone or another owner's, as `isWrong` says. One that another store has made
   * or renewed a moment ago is kept: that may be about to write the session. A wrong one is removed as stale later.
   */
  remove (owner: string, id: string, isWrong: () => ResultAsync<boolean, unknown>, { isPendingKept = true }: RemovalOptions = {}): ResultAsync<unknown, unknown> {
    const isNew = (version: FileVersion) => isPendingKept && this.#isPending(version)
    return this.#hashes(owner).reduce(
      (done: ResultAsync<unknown, unknown>, hash) => done.andThen(() => this.#remove(this.#pointer(hash, id), isWrong, isNew)),
      settledOk(undefined)
    )
  }

  /** The ids that an owner has pointers to. Throws the system's error when they cannot be read. */
  async ids (owner: string): Promise<Set<string>> {
    const ids = new Set<string>()
    for (const hash of this.#hashes(owner)) {
      for await (const names of this.#options.disk.listFiles(join(this.#root, hash))) {
        for (const name of names) {
          const id = pointedId(name)
          if (id !== null) ids.add(id)
        }
      }
    }
    return ids
  }

  /**
   * Removes the pointers of an owner to a session for which `isWrong` resolves to `true`, unless they are so new that the
   * session may be about to be written.
   */
  async removeStale (owner: string, id: string, isWrong: () => Promise<boolean>): Promise<void> {
    for (const hash of this.#hashes(owner)) await this.#remove(this.#pointer(hash, id), () => attemptAsync(isWrong), isFresh)
  }

  /**
   * Removes the pointers whose session does not exist, and directories without pointers: of the owners whose directories'
   * names `isDue` is true for. What is not the index's is left. Fails with the system's error when a directory cannot be read.
   */
  sweep (isDue: (name: string) => boolean): ResultAsync<void, unknown> {
    return attemptAsync(async () => {
      const slice = new TimeSlice()
      for await (const names of this.#options.disk.listDirectories(this.#root)) {
        for (const name of names.filter(name => isHash(name) && isDue(name))) await this.#sweepOwner(join(this.#root, name), slice)
      }
    })
  }

  async #sweepOwner (directory: string, slice: TimeSlice): Promise<void> {
    for await (const names of this.#options.disk.listFiles(directory)) {
      for (const name of names) {
        await slice.yield()
        const id = pointedId(name)
        if (id !== null && (await this.#isAbsent(id)).unwrapOr(false)) await this.#remove(join(directory, pointerName(name)), () => this.#isAbsent(id), isFresh)
      }
    }
    await this.#options.disk.removeDirectory(directory)
  }

  #isAbsent (id: string): ResultAsync<boolean, unknown> {
    return sessionFile(this.#directory, id, this.#options)
      .match(file => this.#options.disk.stat(file).map(version => version === null), () => settledOk(true))
  }

  #isPending ({ atimeMs, ctimeMs }: FileVersion): boolean {
    return atimeMs !== this.#makerMs && systemTime() - ctimeMs < pendingMs
  }

  #remove (pointer: string, isWrong: () => ResultAsync<boolean, unknown>, isNew: (version: FileVersion) => boolean): ResultAsync<unknown, unknown> {
    const { disk } = this.#options
    return removePointer(pointer, { disk, isNew, isUnderWay: isFresh, isWrong, create: pointer => this.#create(pointer) })
      // A directory that cannot be removed is left to the next prune.
      .andThen(isRemoved => isRemoved ? disk.removeDirectory(dirname(pointer)).orElse(() => ok(false)) : ok(false))
  }

  // One that another store has made is common to both from then on: either may be about to write its session.
  #create (pointer: string): ResultAsync<void, unknown> {
    return createEmptyFile(pointer, { atimeMs: this.#makerMs, mtimeMs: systemTime() }, this.#files)
  }

  #pointer (hash: string, id: string): string {
    return join(this.#root, hash, sessionFile('', id, { extension: '' }).map(file => basename(file)).unwrapOr('invalid'))
  }
}

function hash (text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

// Of 256 bits, in base64url.
function isHash (name: string): boolean {
  return /^[\w-]{43}$/.test(name)
}

// The id in the name of a pointer, or `null` for a file that is not one.
function pointedId (name: string): string | null {
  return sessionId(pointerName(name), { extension: '' })
}

// Whether a pointer was made or renewed, or the removal of one begun, not long ago.
function isFresh ({ ctimeMs }: FileVersion): boolean {
  return systemTime() - ctimeMs < staleAfterMs
}
