import { scrypt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Disk, writeIfChanged } from '../src/index.ts'
import { nodeFs, type FsCalls } from '../src/fs/node.ts'
import { Mutation } from '../src/queue/mutation.ts'
import { SessionText } from '../src/session/session-text.ts'

// Measures the window in which another process could change a file unnoticed: from the answer of the last look at the file
// to the end of the rename over it. `node --import tsx bench/window.ts`, with the thread pool idle, and busy with password
// hashes (scrypt). In microseconds.

const directory = mkdtempSync(join(tmpdir(), 'window-bench-'))
const writes = 200

try {
  for (const io of ['auto', 'async'] as const) {
    for (const isBusy of [false, true]) report(io, isBusy, await measure(io, isBusy))
  }
} finally {
  rmSync(directory, { recursive: true })
}

async function measure (io: 'auto' | 'async', isBusy: boolean): Promise<number[]> {
  // Each call waits for the hashes before it there.
  const times = io === 'async' && isBusy ? 10 : writes
  const windows: number[] = []
  let lookedAt = 0
  const calls: FsCalls = {
    ...nodeFs,
    statSync (file) {
      const version = nodeFs.statSync(file)
      lookedAt = performance.now()
      return version
    },
    async stat (file) {
      const version = await nodeFs.stat(file)
      lookedAt = performance.now()
      return version
    },
    renameSync (from, to) {
      nodeFs.renameSync(from, to)
      windows.push(1000 * (performance.now() - lookedAt))
    },
    async rename (from, to) {
      await nodeFs.rename(from, to)
      windows.push(1000 * (performance.now() - lookedAt))
    }
  }
  const disk = new Disk(io, { calls })
  const file = join(directory, 'session.json')
  const hashing = new AbortController()
  const hashes = Array.from({ length: isBusy ? 8 : 0 }, () => hashWhile(hashing.signal))
  await writeIfChanged(file, { count: 0 })
  for (let count = 1; count <= times; count++) await writeIfChanged(file, change(file, count), { disk })
  hashing.abort()
  await Promise.all(hashes)
  return windows.sort((one, other) => one - other)
}

// As a request saves a session that it has loaded: what others have changed since would be merged.
function change (file: string, count: number): Mutation {
  const now = Date.now()
  const snapshot = { canonical: JSON.stringify({ count }), cookie: null, lastUsedAt: now, takenAt: now }
  const base = { file, text: SessionText.ofCanonical(JSON.stringify({ count: count - 1 })), recordedLastUse: now, loadedAt: now }
  return Mutation.of({ type: 'merge', snapshot, base })
}

async function hashWhile (signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await new Promise<void>((resolve, reject) => scrypt('password', 'salt', 64, error => error ? reject(error) : resolve()))
}

function report (io: string, isBusy: boolean, windows: readonly number[]): void {
  const [middle, high, most] = [0.5, 0.99, 1].map(share => windows[Math.min(windows.length - 1, Math.floor(share * windows.length))]!.toFixed(0))
  console.log(`io: '${io}', thread pool ${isBusy ? 'busy' : 'idle'}: median ${middle}, p99 ${high}, most ${most} µs (rename included)`)
}
