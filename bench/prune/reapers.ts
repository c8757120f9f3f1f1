import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { importLibrary } from '../machine/modules.ts'

/** Who prunes: this store, `session-file-store`, or a synchronous scan that does the least and never yields. */
export type Reaper = 'ours' | 'sessionFileStore' | 'raw'

/** What is pruned by whom. */
export interface PruneTask {
  readonly reaper: Reaper
  readonly directory: string
}

/** How long a prune took, in milliseconds, the event loop's delay meanwhile, and how many sessions it left. */
export interface PruneTime {
  readonly duration: number
  readonly delay99: number
  readonly delayMax: number
  readonly left: number
}

// In milliseconds: the shortest interval that the monitor supports. An idle event loop shows about this.
const resolution = 1

/** Prunes a directory and measures the event loop's delay meanwhile. */
export async function measurePrune ({ reaper, directory }: PruneTask): Promise<PruneTime> {
  const run = await reapers[reaper](directory)
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  // The monitor counts from its first tick, and sees a scan without a pause only in the tick after it.
  await setTimeout(20)
  const start = performance.now()
  await run()
  const duration = performance.now() - start
  await setTimeout(20)
  delay.disable()
  const inMilliseconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)
  const left = fs.readdirSync(directory).filter(name => name.endsWith('.json')).length
  return { duration, delay99: inMilliseconds(delay.percentile(99)), delayMax: inMilliseconds(delay.max), left }
}

type Prepare = (directory: string) => Promise<() => unknown>

const reapers: Readonly<Record<Reaper, Prepare>> = {
  async ours (directory) {
    const { pruneSessions } = await importLibrary()
    return async () => await pruneSessions(directory)
  },

  async sessionFileStore (directory) {
    const helpers = createRequire(import.meta.url)('session-file-store/lib/session-file-helpers.js') as {
      defaults: (options: object) => object
      reap: (options: object, callback: (error: unknown) => void) => void
    }
    const options = helpers.defaults({ path: directory, logFn: () => {} })
    return async () => await promisify(helpers.reap)(options)
  },

  // The access time is the expiry, as `populate` sets it.
  async raw (directory) {
    return () => {
      const now = Date.now()
      const entries = fs.opendirSync(directory, { bufferSize: 256 })
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        const file = join(directory, entry.name)
        const stats = fs.statSync(file)
        if (stats.isFile() && stats.atimeMs <= now) fs.unlinkSync(file)
      }
      entries.closeSync()
    }
  }
}
