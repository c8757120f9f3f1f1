import { randomBytes } from 'node:crypto'
import { dirname, sep } from 'node:path'

// A random tag per process (and worker thread, and copy of this module), then a counter: no two writers choose the same name.
const tag = randomBytes(6).toString('hex')
let count = 0

/** A new name beside `file` for its next content, before it is renamed. It is hidden, and cannot be the name of a session. */
export function temporaryFile (file: string): string {
  return `${dirname(file)}${sep}.${tag}-${(count++).toString(36)}.tmp`
}

/** Whether this is the name of a temporary file of this library, of any process. */
export function isTemporary (name: string): boolean {
  return /^\.[0-9a-f]{12}-[0-9a-z]+\.tmp$/.test(name)
}
