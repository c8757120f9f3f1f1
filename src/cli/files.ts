import * as fs from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { sessionId } from '../index.ts'
import { CommandError, reasonOf } from './exit.ts'

// The names that one call through the thread pool reads, and the files that are checked before the event loop continues.
const namesPerRead = 512

/** A file that has a session's name. */
export interface SessionName {
  readonly id: string
  readonly name: string
}

/** A file that has a session's name, and what its metadata say. */
export interface SessionEntry extends SessionName {
  /** When the session was last used, in milliseconds since 1970. */
  readonly lastUsedAt: number
  readonly size: number
}

/** The text of a file. Throws the error of the file system. */
export function readText (file: string): string {
  return fs.readFileSync(file, 'utf8')
}

/** The content of a file, or `null` when there is none. Throws every other error of the file system. */
export function readBytes (file: string): Buffer | null {
  try {
    return fs.readFileSync(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cause
  }
}

/** The permission bits of a file. Throws the error of the file system. */
export function modeOf (file: string): number {
  return fs.statSync(file).mode & 0o777
}

/** The metadata of a file, or `null` when there is none. */
export function statOf (file: string): fs.Stats | null {
  return fs.statSync(file, { throwIfNoEntry: false }) ?? null
}

/** When a file was last used as its modification time says it: whole milliseconds, which `utimes` may have cut by a microsecond. */
export function lastUseOf ({ mtimeMs }: fs.Stats): number {
  return Math.floor(mtimeMs + 0.0012)
}

/** Whether this process may create files in a directory. */
export function canWrite (directory: string): boolean {
  try {
    fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Throws a `CommandError` unless `directory` is one that can be read. */
export function requireDirectory (directory: string): void {
  try {
    if (!fs.statSync(directory).isDirectory()) throw new CommandError(`${directory} is not a directory; name the one that the server keeps its sessions in.`)
    fs.accessSync(directory, fs.constants.R_OK | fs.constants.X_OK)
  } catch (cause) {
    throw cause instanceof CommandError ? cause : directoryError(directory, cause)
  }
}

/** The names of the regular files in a directory, hidden ones too, some at a time. */
export async function * fileNames (directory: string): AsyncGenerator<readonly string[], void, undefined> {
  try {
    const entries = await opendir(directory, { bufferSize: namesPerRead })
    try {
      for (let first = await entries.read(); first !== null; first = await entries.read()) yield restOf(entries, first)
    } finally {
      await entries.close()
    }
  } catch (cause) {
    throw cause instanceof CommandError ? cause : directoryError(directory, cause)
  }
}

/** The files in a directory that have a session's name, some at a time. */
export async function * sessionNames (directory: string, options: { readonly extension: string }): AsyncGenerator<readonly SessionName[], void, undefined> {
  for await (const names of fileNames(directory)) {
    const found = []
    for (const name of names) {
      const id = sessionId(name, options)
      if (id !== null) found.push({ id, name })
    }
    yield found
  }
}

/** The same with their metadata; what goes away meanwhile is left out. */
export async function * sessionEntries (directory: string, options: { readonly extension: string }): AsyncGenerator<readonly SessionEntry[], void, undefined> {
  const start = join(directory, sep)
  for await (const names of fileNames(directory)) {
    const found = []
    for (const name of names) {
      const id = sessionId(name, options)
      const stats = id === null ? null : statOf(start + name)
      if (id !== null && stats !== null) found.push({ id, name, lastUsedAt: lastUseOf(stats), size: stats.size })
    }
    yield found
  }
}

/** How many files in a directory have a session's name. */
export async function countSessions (directory: string, options: { readonly extension: string }): Promise<number> {
  let count = 0
  for await (const names of sessionNames(directory, options)) count += names.length
  return count
}

// What one read brought is in memory, and need not be waited for name by name.
function restOf (entries: fs.Dir, first: fs.Dirent): string[] {
  const names = []
  let left = namesPerRead
  for (let entry: fs.Dirent | null = first; entry !== null; entry = --left > 0 ? entries.readSync() : null) {
    if (entry.isFile()) names.push(entry.name)
  }
  return names
}

function directoryError (directory: string, cause: unknown): CommandError {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT': return new CommandError(`There is no directory ${directory}; name the one that the server keeps its sessions in.`)
    case 'ENOTDIR': return new CommandError(`${directory} is not a directory; name the one that the server keeps its sessions in.`)
    case 'EACCES': case 'EPERM': return new CommandError(`The directory ${directory} cannot be read (permission denied); run this as the user of the server.`)
    default: return new CommandError(`The directory ${directory} cannot be read: ${reasonOf(cause)}.`)
  }
}
