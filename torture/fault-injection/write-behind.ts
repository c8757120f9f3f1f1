import { fileURLToPath } from 'node:url'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ensure } from '../trial.ts'
import type { WriteBehindOrders, WriteBehindResult } from './write-behind-process.ts'

const run = promisify(execFile)

// In bytes. The store's bound for pending changes is 16 MiB, and so is that of its cache; the rest is the price of measuring.
const memoryBound = 64 * 1024 * 1024

// Each attempt is given up after three failures, and the pauses between attempts grow: a few in the seconds of this trial.
const mostReports = 15

/**
 * With `acknowledge: 'memory'` the disk refuses every write for a while: memory
 * and reports are bounded, a session whose `set` was acknowledged is there and
 * reaches the disk in the end, and one whose `set` failed is not written later.
 */
export async function refusingDisk (directory: string, orders: Omit<WriteBehindOrders, 'directory'>): Promise<number> {
  const file = fileURLToPath(new URL('write-behind-process.ts', import.meta.url))
  const { FORCE_COLOR, ...env } = process.env
  const { stdout } = await run(process.execPath, ['--expose-gc', '--import', 'tsx', file, JSON.stringify({ directory, ...orders })], { env, maxBuffer: 1e8 })
  const result: WriteBehindResult = JSON.parse(stdout)
  const shown = JSON.stringify(result)
  ensure(result.acknowledged + result.failed === orders.sessions, `not every set has called back: ${shown}`)
  ensure(result.bytes < memoryBound, `${result.bytes} bytes are in use: ${shown}`)
  ensure(result.reports <= mostReports, `${result.reports} failures were reported: ${shown}`)
  ensure(orders.isFailing === (result.reports > 0), `${result.reports} failures were reported: ${shown}`)
  ensure(result.missing === 0, `${result.missing} acknowledged sessions were missing before they were written: ${shown}`)
  ensure(result.lost === 0, `${result.lost} acknowledged sessions never reached the disk: ${shown}`)
  ensure(result.untrue === 0, `${result.untrue} sessions were written although their set had failed: ${shown}`)
  return orders.sessions
}
