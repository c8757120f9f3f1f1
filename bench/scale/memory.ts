import { idOf } from '../fixtures/population.ts'
import { importLibrary } from '../machine/modules.ts'
import { drive } from '../measure/drive.ts'

/** Resident memory of a process that gets each session of a directory once through the default cache, in bytes. */
export interface Memory {
  /** The memory of a server that few visitors have used for a while. */
  readonly before: number
  /** The most that was added to `before` meanwhile. */
  readonly peak: number
  /** What was left of that after garbage collection. */
  readonly left: number
}

// Enough for everything to be compiled, and for V8 to grow its young generation to its full size.
const warmUp = 50_000

// So few that the cache is almost empty.
const few = 1_000

/** Gets each session of a directory once. */
export async function measureMemory ({ directory, sessions }: { readonly directory: string, readonly sessions: number }): Promise<Memory> {
  const { FileStore } = await importLibrary()
  const store = new FileStore(directory, { pruneInterval: 0 })
  let missing = 0
  let peak = 0
  const getAll = (count: number, among: number) => {
    let number = 0
    return drive(callback => {
      if (number % 1_000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
      store.get(idOf(number++ % among), (_error, session) => {
        if (!session) missing++
        callback()
      })
    }, count, 1)
  }
  await getAll(warmUp, few)
  gc?.()
  const before = peak = process.memoryUsage.rss()
  await getAll(sessions, sessions)
  gc?.()
  if (missing > 0) throw new Error(`${missing} sessions are missing`)
  return { before, peak: peak - before, left: process.memoryUsage.rss() - before }
}
