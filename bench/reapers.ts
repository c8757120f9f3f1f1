import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { loadLibrary } from './load.ts'
import { maxAge } from './sessions.ts'

/** Who prunes: this store, `session-file-store`, or a walk that does the least, and does it without a pause. */
export type Reaper = 'ours' | 'sessionFileStore' | 'raw'

/** What there is to prune: a directory whose sessions have all expired, or none. */
export interface PruneTask {
  readonly reaper: Reaper
  readonly directory: string
  readonly isExpired: boolean
}

/** What a prune took, in milliseconds: in all, and of the event loop; and how many sessions it left. */
export interface PruneTime {
  readonly took: number
  readonly delay99: number
  readonly delayMost: number
  readonly left: number
}

/** How long ago the sessions of a directory were used that have all expired, in milliseconds. */
export const longAgo = 10 * maxAge

// In milliseconds: what a timer shows without any delay.
const resolution = 1

/** Has a directory pruned, and looks at the event loop meanwhile. */
export async function measurePrune ({ reaper, directory, isExpired }: PruneTask): Promise<PruneTime> {
  const run = await reapers[reaper](directory, isExpired)
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  // It counts from its first tick; and only the one after a walk without any pause shows that.
  await setTimeout(20)
  const start = performance.now()
  await run()
  const took = performance.now() - start
  await setTimeout(20)
  delay.disable()
  const inMilliseconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)
  const left = fs.readdirSync(directory).filter(name => name.endsWith('.json')).length
  return { took, delay99: inMilliseconds(delay.percentile(99)), delayMost: inMilliseconds(delay.max), left }
}

type Prepare = (directory: string, isExpired: boolean) => Promise<() => unknown>

const reapers: Readonly<Record<Reaper, Prepare>> = {
  async ours (directory, isExpired) {
    const { pruneSessions } = await loadLibrary()
    // It goes by the files' times, which are those of their making.
    const ahead = isExpired ? longAgo : 0
    return async () => await pruneSessions(directory, { clock: () => Date.now() + ahead })
  },

  async sessionFileStore (directory) {
    const helpers = createRequire(import.meta.url)('session-file-store/lib/session-file-helpers.js') as {
      defaults: (options: object) => object
      reap: (options: object, done: (error: unknown) => void) => void
    }
    const options = helpers.defaults({ path: directory, logFn: () => {} })
    return async () => await promisify(helpers.reap)(options)
  },

  async raw (directory, isExpired) {
    return () => {
      const walk = fs.opendirSync(directory, { bufferSize: 256 })
      for (let entry = walk.readSync(); entry !== null; entry = walk.readSync()) {
        const file = join(directory, entry.name)
        if (fs.statSync(file).isFile() && isExpired) fs.unlinkSync(file)
      }
      walk.closeSync()
    }
  }
}
