import { join } from 'node:path'
import { ok, type Result } from 'neverthrow'
import { andThen, type Answer } from './answer.ts'
import { SessionCache, type Held } from './cache.ts'
import { Disk } from './disk.ts'
import type { Malformed, Unreadable } from './errors.ts'
import type { StoredSession } from './expiry.ts'
import { isOver, livingOf, type Lifetime } from './live.ts'
import { sessionId } from './path.ts'
import type { SealOptions } from './seal.ts'
import { Slice } from './slice.ts'

/** How to list sessions. */
export interface ListOptions extends SealOptions, Lifetime {
  /**
   * Whether to list sessions that have expired and are not removed yet.
   * @default false
   */
  readonly expired?: boolean
  /**
   * Sees each file that bears a session's name and cannot be read as one.
   * @default nobody does
   */
  readonly onFailure?: (failure: Unreadable) => void
  /**
   * The disk to ask.
   * @default one that answers at once while it is fast
   */
  readonly disk?: Disk
}

/** A session as a list shows it. */
export interface ListedSession<Session = StoredSession> {
  readonly id: string
  readonly session: Session
  /** When it was last used. */
  readonly usedAt: Date
  readonly expiresAt: Date
  /** The size of its file, in bytes. */
  readonly size: number
}

/**
 * The sessions in a directory, one after the other, each as it is at the moment
 * it is reached; in no order. A missing directory has none; what comes or goes
 * meanwhile may be among them or not.
 *
 * The iteration throws the disk's error when the directory itself cannot be
 * read.
 */
export async function * listSessions (directory: string, options: ListOptions = {}): AsyncGenerator<ListedSession, void, undefined> {
  const { disk = new Disk('auto'), onFailure } = options
  const slice = new Slice()
  for await (const names of disk.files(directory)) {
    for (const name of names) {
      const id = sessionId(name, options)
      if (id === null) continue
      await slice.pause()
      const listed = await listFile(id, join(directory, name), { ...options, disk })
      if (listed.isErr()) onFailure?.(listed.error)
      else if (listed.value !== null) yield listed.value
    }
  }
}

/** What a list shows of the session in `file`, or `null` when there is none that it would show. */
export function listFile (id: string, file: string, options: ListOptions & { readonly disk: Disk }): Answer<ListedSession | null, Unreadable> {
  return andThen(new SessionCache(0).fetch(file, options.disk, options), stored =>
    stored === null ? ok(null) : listedAs(id, file, { ...stored, size: stored.stamp.size }, options))
}

/** What a list shows of a session that `file` holds, or is about to. */
export function listedAs (id: string, file: string, held: Held & { readonly size: number }, options: ListOptions): Result<ListedSession | null, Malformed> {
  const { content, usedAt, size } = held
  return livingOf(content, usedAt, options)
    .map(({ session, expires }) => isOver(expires, options) && options.expired !== true
      ? null
      : { id, session, usedAt: new Date(usedAt), expiresAt: new Date(expires), size })
    .mapErr(cause => ({ type: 'malformed' as const, file, cause }))
}
