import { createHash, randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { longestName } from './path.ts'

// One tag a process (and a worker thread), then a count: no two writers, on any machine, meet.
const tag = randomBytes(6).toString('hex')
let count = 0

// What ends the name of a file that a prune has in its hands.
const suffix = '.pruning'

/**
 * A new name beside `file` to write under before it is renamed over it. It is
 * hidden, and begins with a dot, which no session's name does.
 */
export function temporaryFile (file: string): string {
  return join(dirname(file), `.${tag}-${(count++).toString(36)}.tmp`)
}

/**
 * The one temporary file of `file`, the same in all processes: who makes it has
 * `file` to itself, and who misses `file` finds it there. Of a name that is too
 * long to be added to it has a digest; no session's name has a tilde.
 */
export function asideOf (file: string): string {
  const name = basename(file)
  const own = name.length <= longestName - 1 - suffix.length ? name : `~${createHash('sha256').update(name).digest('hex')}`
  return join(dirname(file), `.${own}${suffix}`)
}

/** Whether a file of this name is one that was named here, in any process. */
export function isTemporary (name: string): boolean {
  return /^\.[0-9a-f]{12}-[0-9a-z]+\.tmp$/.test(name) || (name.startsWith('.') && name.endsWith(suffix))
}
