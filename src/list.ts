import { basename, join } from 'node:path'
import type { ResultAsync } from 'neverthrow'
import { TimeSlice } from './async/time-slice.ts'
import type { EncryptionOptions } from './encryption/envelope.ts'
import type { ReadFailure } from './errors.ts'
import { Disk } from './fs/disk.ts'
import { loadSession } from './load.ts'
import { sessionId } from './path.ts'
import type { UnwrittenMutations } from './queue/mutation.ts'
import { isExpired, type ExpiryOptions } from './session/expiry.ts'
import type { StoredSession } from './session/session.ts'

/** How sessions are listed. */
export interface ListOptions extends EncryptionOptions, ExpiryOptions {
  /**
   * Whether sessions are listed that have expired and are not removed yet.
   * @default false
   */
  readonly expired?: boolean
  /**
   * Called for each file that has the name of a session and cannot be read as one.
   * @default nothing is called
   */
  readonly onFailure?: (failure: ReadFailure) => void
  /**
   * Makes the calls to the disk.
   * @default a new `Disk` that is synchronous while the disk is fast
   */
  readonly disk?: Disk
}

/** What `FileStore` adds to the options of `listSessions`: changes that were accepted and are not in the files yet. @internal */
export interface UnwrittenChanges {
  readonly unwritten?: UnwrittenMutations | null
}

/** A session in a list. */
export interface ListedSession<Session = StoredSession> {
  readonly id: string
  readonly session: Session
  readonly lastUsedAt: Date
  readonly expiresAt: Date
  /** The size of its file, in bytes. */
  readonly size: number
}

/**
 * The sessions of a directory, in no particular order, each as it is when the iteration reaches it. A session that comes
 * or goes meanwhile may be among them or not; a missing directory has none.
 *
 * The iteration throws the system's error when the directory cannot be read.
 *
 * ```ts
 * for await (const { id, session } of listSessions('./sessions')) console.log(id, session.user)
 * ```
 */
export function listSessions (directory: string, options?: ListOptions): AsyncGenerator<ListedSession, void, undefined>
/** @internal */
export function listSessions (directory: string, options: ListOptions & UnwrittenChanges): AsyncGenerator<ListedSession, void, undefined>
export async function * listSessions (directory: string, options: ListOptions & UnwrittenChanges = {}): AsyncGenerator<ListedSession, void, undefined> {
  const { disk = new Disk('auto') } = options
  const slice = new TimeSlice()
  const unlisted = new Set(options.unwritten?.files())
  const list = (id: string | null, file: string) => id === null ? null : listSession(id, file, { ...options, disk })
  for await (const names of disk.listFiles(directory)) {
    for (const name of names) {
      const file = join(directory, name)
      unlisted.delete(file)
      await slice.yield()
      const listed = await list(sessionId(name, options), file)
      if (listed !== null) yield listed
    }
  }
  for (const file of unlisted) {
    const listed = await list(sessionId(basename(file), options), file)
    if (listed !== null) yield listed
  }
}

/** The session `id` as a list has it, or `null` when there is none to list. @internal */
export async function listSession (id: string, file: string, options: ListOptions & UnwrittenChanges & { readonly disk: Disk }): Promise<ListedSession | null> {
  const { unwritten, onFailure, expired = false } = options
  const loaded: ResultAsync<ListedSession | null, ReadFailure> = loadSession(file, unwritten?.mutationOf(file) ?? null, options).map(loaded => {
    if (loaded === null || (!expired && isExpired(loaded.expiresAt, options))) return null
    const { session, lastUsedAt, expiresAt, size } = loaded
    return { id, session, lastUsedAt: new Date(lastUsedAt), expiresAt: new Date(expiresAt), size }
  })
  return await loaded.mapErr(failure => onFailure?.(failure)).unwrapOr(null)
}
