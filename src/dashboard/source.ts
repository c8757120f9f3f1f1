import { basename, join } from 'node:path'
import { Disk, readSession, sessionId, type FileStore, type ReadFailure, type StoredSession } from '../index.ts'
import { ownerOf } from './owner.ts'

/** What the dashboard shows of a session. */
export interface SessionRow {
  readonly id: string
  readonly lastUsedAt: Date
  /** The size of its file, in bytes. */
  readonly size: number
  /** The session, `'expired'`, or why its file cannot be read. */
  readonly session: StoredSession | 'expired' | ReadFailure['type']
  /** `null` when the session has expired or cannot be read. */
  readonly expiresAt: Date | null
  /** `null` when it has none, and when the store does not know owners. */
  readonly owner: string | null
}

/** Whether a session file may be removed: it is certainly a session. What is not is never deleted. */
export function canEnd ({ session }: SessionRow): boolean {
  return typeof session !== 'string' || session === 'expired' || session === 'decrypt-failed'
}

/** What the metadata of a session file say. */
export interface FileUse {
  /** In whole milliseconds since 1970. */
  readonly lastUsedAt: number
  readonly size: number
}

/**
 * The session files of a store, by the names they have without the extension. Sessions are read without the store's
 * cache, which is the application's, and without counting as a `get`.
 */
export class SessionSource {
  readonly store: FileStore
  readonly #extension: string
  readonly #disk = new Disk('auto')

  constructor (store: FileStore) {
    this.store = store
    this.#extension = store.options.extension
  }

  get directory (): string {
    return this.store.directory
  }

  /** The name of the file of session `id`, or `null` when it cannot be an id. */
  nameOf (id: string): string | null {
    try {
      return basename(this.store.sessionFile(id), this.#extension)
    } catch {
      return null
    }
  }

  /** The name without the extension when a file of this name holds a session, or `null`. */
  nameIn (fileName: string): string | null {
    if (sessionId(fileName, { extension: this.#extension }) === null) return null
    return fileName.slice(0, fileName.length - this.#extension.length)
  }

  /** The names of the directory's session files, some at a time; none when it is missing. */
  async * names (): AsyncGenerator<string[], void, undefined> {
    for await (const fileNames of this.#disk.listFiles(this.directory)) {
      yield fileNames.map(fileName => this.nameIn(fileName)).filter(name => name !== null)
    }
  }

  /** When a session was last used, and its size; `null` when there is no such file or the disk refuses. */
  async stat (name: string): Promise<FileUse | null> {
    const version = await this.#disk.stat(this.#fileOf(name)).unwrapOr(null)
    return version === null ? null : { lastUsedAt: Math.floor(version.mtimeMs), size: version.size }
  }

  /** What is to be shown of the session of this name, or `null` when there is no such file. */
  async read (name: string): Promise<SessionRow | null> {
    const use = await this.stat(name)
    if (use === null) return null
    const id = sessionId(name, { extension: '' })!
    const lastUsedAt = new Date(use.lastUsedAt)
    const { options } = this.store
    const result = await readSession(this.#fileOf(name), { ...options, disk: this.#disk })
    const session = result.match(found => found ?? 'expired' as const, ({ type }) => type)
    if (typeof session === 'string') return { id, lastUsedAt, size: use.size, session, expiresAt: null, owner: null }
    return {
      id,
      lastUsedAt,
      size: use.size,
      session,
      expiresAt: expiryOf(session) ?? new Date(use.lastUsedAt + options.ttl),
      owner: ownerOf(this.store, session)
    }
  }

  #fileOf (name: string): string {
    return join(this.directory, name + this.#extension)
  }
}

// `readSession` gives `cookie.expires` as it stands; a cookie without it lives for the store's `ttl`.
function expiryOf ({ cookie }: StoredSession): Date | null {
  const { expires } = (cookie ?? {}) as { readonly expires?: unknown }
  return expires instanceof Date ? expires : null
}
