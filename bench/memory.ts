import { drive } from './drive.ts'
import { loadLibrary } from './load.ts'
import { idOf } from './population.ts'

/** Resident memory of a process while sessions pass through the default cache, each of them once; in bytes. */
export interface Memory {
  /** What it had before: after as many sessions as warm up the code. */
  readonly before: number
  /** The most that it had meanwhile, beyond `before`. */
  readonly most: number
  /** What was left afterwards, beyond `before`, when garbage was collected. */
  readonly left: number
}

// So many that everything is compiled, and the cache has hardly begun to fill.
const warmUp = 1_000

/** Gets each session of a directory once. */
export async function measureMemory ({ directory, sessions }: { readonly directory: string, readonly sessions: number }): Promise<Memory> {
  const { FileStore } = await loadLibrary()
  const store = new FileStore(directory, { pruneInterval: 0 })
  let number = 0
  let missing = 0
  let most = 0
  const operation = (done: () => void) => {
    if (number % 1_000 === 0) most = Math.max(most, process.memoryUsage.rss())
    store.get(idOf(number++), (_error, session) => {
      if (!session) missing++
      done()
    })
  }
  await drive(operation, warmUp, 1)
  gc?.()
  const before = process.memoryUsage.rss()
  await drive(operation, sessions - warmUp, 1)
  gc?.()
  if (missing > 0) throw new Error(`${missing} sessions are missing`)
  return { before, most: most - before, left: process.memoryUsage.rss() - before }
}
