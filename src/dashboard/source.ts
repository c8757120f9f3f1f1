import { basename, dirname, join } from 'node:path'
import { Disk, sessionId, type FileStore } from '../index.ts'

/** What the dashboard shows of a session. */
export interface SessionRow {
  readonly id: string
  readonly lastUsedAt: Date
  /** The size of its file, in bytes. */
  readonly size: number
  /** The session, or `null` when it has expired or its file cannot be read. */
  readonly session: SessionFields | null
  /** `null` when the session's cookie does not say. */
  readonly expiresAt: Date | null
}

/** The fields of a session. */
export type SessionFields = Readonly<Record<string, unknown>>

/** What the metadata of a session file say. */
export interface FileUse {
  /** In whole milliseconds since 1970. */
  readonly lastUsedAt: number
  readonly size: number
}

/** The session files of a store, by the names they have without the extension. */
export class SessionSource {
  readonly directory: string
  readonly #extension: string
  readonly #store: FileStore
  readonly #disk = new Disk('auto')

  constructor (store: FileStore) {
    const file = store.sessionFile('x')
    this.directory = dirname(file)
    this.#extension = basename(file).slice('x'.length)
    this.#store = store
  }

  /** The name of the file of session `id`, or `null` when it cannot be an id. */
  nameOf (id: string): string | null {
    try {
      const file = basename(this.#store.sessionFile(id))
      return file.slice(0, file.length - this.#extension.length)
    } catch {
      return null
    }
  }

  /** The id of the session whose file has this name. */
  idOf (name: string): string {
    return sessionId(name + this.#extension, { extension: this.#extension })!
  }

  /** The name without the extension when a file of this name holds a session, or `null`. */
  nameIn (fileName: string): string | null {
    if (sessionId(fileName, { extension: this.#extension }) === null) return null
    return fileName.slice(0, fileName.length - this.#extension.length)
  }

  /** The names of the directory's session files, some at a time; none when it is missing. */
  async * names (): AsyncGenerator<string[], void, undefined> {
    for await (const fileNames of this.#disk.files(this.directory)) {
      yield fileNames.map(fileName => this.nameIn(fileName)).filter(name => name !== null)
    }
  }

  /** When a session was last used, and its size; `null` when there is no such file or the disk refuses. */
  async stat (name: string): Promise<FileUse | null> {
    const result = await this.#disk.stat(join(this.directory, name + this.#extension))
    const version = result.unwrapOr(null)
    return version === null ? null : { lastUsedAt: Math.floor(version.modified), size: version.size }
  }

  /** What is to be shown of the session of this name, or `null` when there is no such file. */
  async read (name: string): Promise<SessionRow | null> {
    const use = await this.stat(name)
    if (use === null) return null
    const id = this.idOf(name)
    const session = await new Promise<SessionFields | null>(resolve => {
      this.#store.get(id, (_error, found) => resolve((found ?? null) as SessionFields | null))
    })
    return { id, lastUsedAt: new Date(use.lastUsedAt), size: use.size, session, expiresAt: expiryOf(session) }
  }
}

// The store hands out `cookie.expires` as it stands.
function expiryOf (session: SessionFields | null): Date | null {
  const { expires } = (session?.['cookie'] ?? {}) as { readonly expires?: unknown }
  return expires instanceof Date ? expires : null
}
