import type { Dir, Dirent } from 'node:fs'
import type { Calls } from './calls.ts'
import { isAbsent } from './cause.ts'

// A trip to the thread pool brings so many names of a directory.
const namesAtOnce = 256

/** The names of the regular files in a directory (links are none), some at a time; none when it is missing. */
export async function * walk (directory: string, calls: Pick<Calls, 'openDirectory'>): AsyncGenerator<readonly string[], void, undefined> {
  try {
    const entries = await calls.openDirectory(directory, namesAtOnce)
    try {
      for (let first = await entries.read(); first !== null; first = await entries.read()) yield restOf(entries, first)
    } finally {
      await entries.close()
    }
  } catch (cause) {
    if (!isAbsent(cause)) throw cause
  }
}

// What one read brought is in memory, and need not be waited for name by name.
function restOf (entries: Dir, first: Dirent): string[] {
  const names = []
  let left = namesAtOnce
  for (let entry: Dirent | null = first; entry !== null; entry = --left > 0 ? entries.readSync() : null) {
    if (entry.isFile()) names.push(entry.name)
  }
  return names
}
