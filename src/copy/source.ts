import { basename } from 'node:path'
import type { Secret } from '../encryption/cipher.ts'
import type { StoreFailure } from '../observability/messages.ts'
import type { StoreOptions } from '../options.ts'
import { sessionId } from '../path.ts'
import { FileStore } from '../store.ts'
import type { StoredSession } from '../session/session.ts'
import { expiryOf } from './cookie-dates.ts'
import { isEndedNote } from './ended-note.ts'
import { call, getSession, type KeyedStore } from './keyed-store.ts'

/** A store that can say which sessions it has, as express-session has it: by `ids` (which is preferred) or by `all`. */
export interface ListableStore extends KeyedStore {
  ids? (callback: (error: any, ids?: any) => void): unknown
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

/** A session of the source. */
export interface SourceSession {
  readonly id: string
  readonly session: StoredSession
  /** Where the source knows it although the cookie does not say. */
  readonly expiresAt?: Date
}

/** Where sessions come from: what reads one again, and all of them one after the other. */
export interface Source {
  readonly store: KeyedStore
  /** The sessions, expired ones too. Throws when the source cannot be listed. */
  list (): AsyncIterable<SourceSession>
}

/** The source that a directory, a `FileStore` or another store is. `onUnreadable` is told of each file of a directory that cannot be read. */
export function sourceOf (source: string | ListableStore, options: SourceOptions, onUnreadable: (id: string, failure: unknown) => void): Source {
  const store = typeof source === 'string' ? storeOf(source, options, onUnreadable) : source
  // Its type of a session is the application's.
  if (store instanceof FileStore) return { store, list: () => store.list({ expired: true }) as AsyncIterable<unknown> as AsyncIterable<SourceSession> }
  return { store, list: () => listStore(store) }
}

function storeOf (directory: string, { extension, ttl, secret }: SourceOptions, onUnreadable: (id: string, failure: unknown) => void): FileStore {
  const options = {
    extension,
    ttl,
    secret,
    // Each session is read once or twice and then never again, and pruning is not the task of a copy.
    cacheSize: 0,
    pruneInterval: 0,
    onFailure: (failure: StoreFailure) => {
      if (!('file' in failure)) return
      const name = basename(failure.file)
      onUnreadable(sessionId(name, extension === undefined ? {} : { extension }) ?? name, failure)
    }
  }
  return new FileStore(directory, options as StoreOptions)
}

async function * listStore (store: ListableStore): AsyncGenerator<SourceSession, void, undefined> {
  if (typeof store.ids === 'function') {
    for (const id of await call<string[]>(callback => store.ids?.(callback)) ?? []) {
      const session = isEndedNote(id) ? null : await getSession(store, id)
      if (session !== null) yield { id, session }
    }
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
    if (!isEndedNote(id)) yield { id, session }
  }
}

/** Whether a session of the source has expired. */
export function hasExpired ({ session, expiresAt }: SourceSession): boolean {
  return (expiresAt?.getTime() ?? expiryOf(session) ?? Infinity) <= Date.now()
}
