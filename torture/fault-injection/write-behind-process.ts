import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { FileStore } from '../../src/index.ts'
import { called } from '../../test/support.ts'
import { withFailingCalls } from '../failing-calls.ts'

/** What the process is told to do, as JSON in its first parameter. */
export interface WriteBehindOrders {
  readonly directory: string
  readonly sessions: number
  /** The size of each session, in bytes. */
  readonly size: number
  /** Whether the disk refuses to create files at first. */
  readonly isFailing: boolean
}

/** What it prints as JSON. */
export interface WriteBehindResult {
  /** How many `set`s were acknowledged, and how many failed. */
  readonly acknowledged: number
  readonly failed: number
  /** The memory in use after the `set`s, in bytes. */
  readonly bytes: number
  readonly reports: number
  /** Acknowledged sessions that `get` did not give while they were not written. */
  readonly missing: number
  /** Acknowledged sessions that were not on the disk in the end. */
  readonly lost: number
  /** Sessions on the disk in the end whose `set` had failed. */
  readonly untrue: number
}

// A process that write-behind.ts starts, with --expose-gc.
const { directory, sessions, size, isFailing }: WriteBehindOrders = JSON.parse(process.argv[2] ?? '{}')
let reports = 0
const store = new FileStore(directory, { acknowledge: 'memory', pruneInterval: 0, onFailure: () => { reports++ } })
const cookie = { path: '/', originalMaxAge: 3_600_000, expires: new Date(Date.now() + 3_600_000) }
const ids = Array.from({ length: sessions }, (_, number) => `s${number}`)
const acknowledged = new Set<string>()

function memoryInUse (): number {
  global.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

const before = memoryInUse()
let isRefusing = isFailing
let bytes = 0
let missing = 0
await withFailingCalls(call => isRefusing && /^(create|openNew)/.test(call) ? 'ENOSPC' : null, async () => {
  // Each session has a text of its own, as sessions of different users have.
  await Promise.all(ids.map(id => called(callback => store.set(id, { cookie, text: id.padEnd(size, '.') } as never, callback)).then(() => acknowledged.add(id), () => {})))
  await delay(isFailing ? 3_000 : 0)
  bytes = memoryInUse() - before
  for (const id of acknowledged) {
    const session = await called<any>(callback => store.get(id, callback))
    if (session?.text.length !== Math.max(size, id.length)) missing++
  }
  isRefusing = false
  await store.close()
})
const onDisk = (id: string) => existsSync(store.sessionFile(id))
const result: WriteBehindResult = {
  acknowledged: acknowledged.size,
  failed: sessions - acknowledged.size,
  bytes,
  reports,
  missing,
  lost: [...acknowledged].filter(id => !onDisk(id)).length,
  untrue: ids.filter(id => !acknowledged.has(id) && onDisk(id)).length
}
console.log(JSON.stringify(result))
