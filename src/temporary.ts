import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'

// One tag a process (and a worker thread), then a count: no two writers, on any machine, meet.
const tag = randomBytes(6).toString('hex')
let count = 0

/**
 * A new name beside `file` to write under before it is renamed over it. It is
 * hidden, and begins with a dot, which no session's name does.
 */
export function temporaryFile (file: string): string {
  return join(dirname(file), `.${tag}-${(count++).toString(36)}.tmp`)
}

/** Whether a file of this name is one that was named here, in any process. */
export function isTemporary (name: string): boolean {
  return /^\.[0-9a-f]{12}-[0-9a-z]+\.tmp$/.test(name)
}
