import { basename } from 'node:path'
import type { Secret } from '../encryption/cipher.ts'
import { cipherOf } from '../encryption/envelope.ts'
import type { ReadFailure } from '../errors.ts'
import { listSessions } from '../list.ts'
import { sessionId } from '../path.ts'
import { FileStore } from '../store.ts'
import type { StoredSession } from '../session/session.ts'
import { cookieExpiry } from './cookie-dates.ts'
import { isEndedNote } from './ended-note.ts'
import { call, type KeyedStore } from './keyed-store.ts'

/** A store that can say which sessions it has, as express-session has it: by `ids` (which is preferred) or by `all`. */
export interface ListableStore extends KeyedStore {
  /** Calls back with the ids of all sessions. */
  ids? (callback: (error: any, ids?: any) => void): unknown
  /** Calls back with all sessions. */
  all? (callback: (error: any, sessions?: any) => void): unknown
}

/** How to read a directory of sessions; as the options of `FileStore`. */
export interface SourceOptions {
  /** What ends each file's name. */
  readonly extension?: string
  /** How long a session whose cookie does not say lives after its last use, in milliseconds. */
  readonly ttl?: number
  /** The secret of encrypted sessions, or several. */
  readonly secret?: Secret
}

/** A session of the source as it is listed. */
export interface SourceSession {
  readonly id: string
  /** The session, where listing it has brought that. */
  readonly session?: StoredSession
  /** When it expires, where that is known although its cookie may not say. */
  readonly expiresAt?: Date
}

/** Where sessions come from: what reads one, and all of them one after the other. */
export interface Source {
  readonly store: KeyedStore
  /** The sessions, expired ones too. The iteration throws when the source cannot be listed. */
  list (): AsyncIterable<SourceSession>
}

/**
 * The source that a directory, a `FileStore` or another store is, without the notes of sessions that were ended.
 * `onUnreadable` is told of each file of a directory that cannot be read.
 */
export function sourceOf (source: string | ListableStore, options: SourceOptions, onUnreadable: (id: string, failure: ReadFailure) => void): Source {
  const { store, list } = listableOf(source, options, onUnreadable)
  return { store, list: () => withoutNotes(list()) }
}

async function * withoutNotes (sessions: AsyncIterable<SourceSession>): AsyncGenerator<SourceSession, void, undefined> {
  for await (const session of sessions) if (!isEndedNote(session.id)) yield session
}

function listableOf (source: string | ListableStore, options: SourceOptions, onUnreadable: (id: string, failure: ReadFailure) => void): Source {
  if (typeof source === 'string') return directoryOf(source, options, onUnreadable)
  // Its type of a session is the application's.
  if (source instanceof FileStore) return { store: source, list: () => source.list({ expired: true }) as AsyncIterable<unknown> as AsyncIterable<SourceSession> }
  return { store: source, list: () => listStore(source) }
}

function directoryOf (directory: string, { extension, ttl, secret }: SourceOptions, onUnreadable: (id: string, failure: ReadFailure) => void): Source {
  const naming = extension === undefined ? {} : { extension }
  const options = { ...naming, ...(ttl !== undefined && { ttl }), ...(secret !== undefined && { secret: cipherOf(secret) }) }
  const onFailure = (failure: ReadFailure) => {
    const name = basename(failure.file)
    onUnreadable(sessionId(name, naming) ?? name, failure)
  }
  return {
    // Each session is read once more and then never again, pruning is not the task of a copy, and what cannot be read
    // is told by the list.
    store: new FileStore(directory, { ...options, cacheSize: 0, pruneInterval: 0, onFailure: () => {} }),
    list: () => listSessions(directory, { ...options, expired: true, onFailure })
  }
}

async function * listStore (store: ListableStore): AsyncGenerator<SourceSession, void, undefined> {
  if (typeof store.ids === 'function') {
    for (const id of await call<string[]>(callback => store.ids?.(callback)) ?? []) yield { id }
  } else if (typeof store.all === 'function') {
    yield * identified(await call<unknown>(callback => store.all?.(callback)))
  } else {
    throw new TypeError('The source has neither ids nor all, so its sessions cannot be listed')
  }
}

// An array of sessions that know their ids, or an object with the ids as keys: express-session allows either.
function * identified (sessions: unknown): Generator<SourceSession, void, undefined> {
  for (const [key, session] of Object.entries(sessions ?? {})) {
    const id = Array.isArray(sessions) ? session.id ?? session.sessionId : key
    if (typeof id !== 'string') throw new TypeError('The source lists sessions without their ids')
    yield { id, session }
  }
}

/** Whether a session of the source has expired. */
export function hasExpired (session: StoredSession, expiresAt: Date | undefined): boolean {
  return (expiresAt?.getTime() ?? cookieExpiry(session) ?? Infinity) <= Date.now()
}
