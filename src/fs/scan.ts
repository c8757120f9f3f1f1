import type { FsCalls } from './node.ts'
import { isNotFound } from './errno.ts'

// Names that one trip to the thread pool brings.
const batchSize = 256

/**
 * The names of the regular files in `directory`, in batches; symbolic links are left out. A missing directory has none.
 * Throws the system's error when the directory cannot be read.
 */
export async function * scanDirectory (directory: string, calls: Pick<FsCalls, 'openDirectory'>): AsyncGenerator<readonly string[], void, undefined> {
  try {
    const entries = await calls.openDirectory(directory, batchSize)
    let names: string[] = []
    for await (const entry of entries) {
      if (entry.isFile()) names.push(entry.name)
      if (names.length < batchSize) continue
      yield names
      names = []
    }
    if (names.length > 0) yield names
  } catch (cause) {
    if (!isNotFound(cause)) throw cause
  }
}
