import { inspect } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { SessionError } from './errors.ts'

// So many files at once deserve one look, not one warning each for ever.
const remembered = 1_000

/** A failure as the `Error` that a callback expects; `cause` is the failure. */
export function errorOf (failure: SessionError): Error {
  // No `code`: @fastify/session would read the disk's ENOENT as "no session".
  return new Error(messageOf(failure), { cause: failure })
}

/** Tells failures by `process.emitWarning`, once per kind and file. */
export function warner (): (failure: SessionError) => void {
  const told = new LRUCache<string, true>({ max: remembered })
  return failure => {
    const message = messageOf(failure)
    const key = 'file' in failure ? `${failure.type} ${failure.file}` : message
    if (told.has(key)) return
    told.set(key, true)
    process.emitWarning(message, { type: 'FileStoreWarning', code: failure.type })
  }
}

function messageOf (failure: SessionError): string {
  switch (failure.type) {
    case 'invalid-id': return `The session id ${inspect(failure.id, { maxStringLength: 64 })} cannot name a file: ${failure.reason}`
    case 'read-failed': return `The session file ${failure.file} cannot be read: ${reasonOf(failure.cause)}`
    // JSON.parse quotes the text in its message, and that is somebody's session.
    case 'malformed': return `The file ${failure.file} does not hold a session: it is not a JSON object, or not a harmless one`
    case 'sealed': return `The session file ${failure.file} is sealed and cannot be opened: ${failure.reason}`
    case 'unsealed': return `The session file ${failure.file} is not sealed, and requireEncryption is set`
    case 'not-serializable': return `The session for ${failure.file} cannot be written as JSON: ${reasonOf(failure.cause)}`
    case 'write-failed': return `The session file ${failure.file} cannot be written: ${reasonOf(failure.cause)}`
    case 'remove-failed': return `The session file ${failure.file} cannot be removed: ${reasonOf(failure.cause)}`
    case 'walk-failed': return `The session directory ${failure.directory} cannot be walked through: ${reasonOf(failure.cause)}`
  }
}

function reasonOf (cause: unknown): string {
  return cause instanceof Error ? cause.message : inspect(cause)
}
