import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { begin, sizes } from './sessions.ts'

/** The id of a large directory's session of this number: as random as the plugin's, and known to every process. */
export function idOf (number: number): string {
  return createHash('sha256').update(String(number)).digest('base64url').slice(0, 32)
}

/** How long ago the sessions of a directory were used, in milliseconds. */
export interface Population {
  readonly directory: string
  readonly sessions: number
  readonly usedAgo: number
}

/** Fills a directory with sessions as if the stores had written them; gives how long that took, in milliseconds. */
export function populate ({ directory, sessions, usedAgo }: Population): number {
  const start = performance.now()
  mkdirSync(directory, { recursive: true })
  const usedAt = Date.now() - usedAgo
  // session-file-store goes by its own field, this store by the file's time or by a clock that is put forward.
  const text = JSON.stringify({ ...begin('', sizes['400 bytes'], usedAt), __lastAccess: usedAt })
  for (let number = 0; number < sessions; number++) writeFileSync(join(directory, `${idOf(number)}.json`), text, { mode: 0o600 })
  return performance.now() - start
}
