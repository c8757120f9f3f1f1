import { promisify } from 'node:util'
import { idOf } from '../fixtures/population.ts'
import { importLibrary } from '../machine/modules.ts'

/** How long a new process takes until it has the first session of a directory, in milliseconds: import, store, `get`. */
export async function measureStart ({ directory }: { readonly directory: string }): Promise<number> {
  const start = performance.now()
  const { FileStore } = await importLibrary()
  const store = new FileStore(directory)
  const session = await promisify(store.get.bind(store))(idOf(0))
  const time = performance.now() - start
  if (!session) throw new Error('The first session is missing')
  return time
}
