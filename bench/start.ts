import { promisify } from 'node:util'
import { loadLibrary } from './load.ts'
import { idOf } from './population.ts'

/** How long a new process waits for the first session from a directory, in milliseconds: the library loaded, a store made, a `get`. */
export async function measureStart ({ directory }: { readonly directory: string }): Promise<number> {
  const start = performance.now()
  const { FileStore } = await loadLibrary()
  const store = new FileStore(directory)
  const session = await promisify(store.get.bind(store))(idOf(0))
  const time = performance.now() - start
  if (!session) throw new Error('The first session is not there')
  return time
}
