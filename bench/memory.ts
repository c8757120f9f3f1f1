import { drive } from './drive.ts'
import { loadLibrary } from './load.ts'
import { idOf } from './population.ts'

/** Resident memory of a process while sessions pass through the default cache, each of them once; in bytes. */
export interface Memory {
  /** What it had before: a server that was in use for a while, by few. */
  readonly before: number
  /** The most that it had meanwhile, beyond `before`. */
  readonly most: number
  /** What was left afterwards, beyond `before`, when garbage was collected. */
  readonly left: number
}

// So many that everything is compiled, and V8 has as much room for young objects as it will take under such a load.
const warmUp = 50_000

// So few that the cache has hardly begun to fill.
const few = 1_000

/** Gets each session of a directory once. */
export async function measureMemory ({ directory, sessions }: { readonly directory: string, readonly sessions: number }): Promise<Memory> {
  const { FileStore } = await loadLibrary()
  const store = new FileStore(directory, { pruneInterval: 0 })
  let missing = 0
  let most = 0
  const pass = (count: number, among: number) => {
    let number = 0
    return drive(done => {
      if (number % 1_000 === 0) most = Math.max(most, process.memoryUsage.rss())
      store.get(idOf(number++ % among), (_error, session) => {
        if (!session) missing++
        done()
      })
    }, count, 1)
  }
  await pass(warmUp, few)
  gc?.()
  const before = most = process.memoryUsage.rss()
  await pass(sessions, sessions)
  gc?.()
  if (missing > 0) throw new Error(`${missing} sessions are missing`)
  return { before, most: most - before, left: process.memoryUsage.rss() - before }
}
