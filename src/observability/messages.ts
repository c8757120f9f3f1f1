import { inspect, types } from 'node:util'
import type { SessionFailure } from '../errors.ts'
import { errorCode } from '../fs/errno.ts'

/** A failure as an `Error`, for logs and for `onFailure`: with the failure's fields, a message and the system's code. */
export type StoreError = Error & SessionFailure & { readonly code: string }

/**
 * A failure as the `Error` that is passed to a callback. Fastify sends the message of an error to the client: it says what
 * failed, and neither the path nor the id. Its `cause` is the failure as `operatorError` gives it, which loggers show.
 */
export function callbackError (failure: SessionFailure): Error {
  const code = 'cause' in failure ? errorCode(failure.cause) : undefined
  // No property `code`: @fastify/session would take the disk's ENOENT for "no session".
  return new Error(`${summaries[failure.type]}${code === undefined ? '' : ` (${code})`}`, { cause: operatorError(failure) })
}

/** A failure as an `Error` for the operator, who may see paths. */
export function operatorError (failure: SessionFailure): StoreError {
  const cause = 'cause' in failure ? failure.cause : undefined
  const error = new Error(operatorMessage(failure), { cause })
  return Object.assign(error, failure, { code: errorCode(cause) ?? failure.type })
}

/** A failure in one sentence for the operator. */
export function operatorMessage (failure: SessionFailure): string {
  switch (failure.type) {
    case 'invalid-id': return `The session id ${inspect(failure.id, { maxStringLength: 64 })} cannot name a file: ${failure.reason}`
    case 'read-failed': return `The session file ${failure.file} cannot be read: ${reasonOf(failure.cause)}`
    case 'malformed': return `The file ${failure.file} does not hold a session: ${reasonOf(failure.cause)}`
    case 'decrypt-failed': return `The session file ${failure.file} is encrypted and cannot be decrypted: ${failure.reason}`
    case 'not-encrypted': return `The session file ${failure.file} is not encrypted, and requireEncryption is set`
    case 'not-serializable': return `The session for ${failure.file} cannot be written as JSON: ${reasonOf(failure.cause)}`
    case 'write-failed': return `The session file ${failure.file} cannot be written: ${reasonOf(failure.cause)}`
    case 'touch-failed': return `The last use of the session in ${failure.file} cannot be recorded: ${reasonOf(failure.cause)}`
    case 'remove-failed': return `The session file ${failure.file} cannot be removed: ${reasonOf(failure.cause)}`
    case 'index-failed': return `The index of owners lacks the session in ${failure.file}: ${reasonOf(failure.cause)}`
    case 'scan-failed': return `The session directory ${failure.directory} cannot be read: ${reasonOf(failure.cause)}`
    case 'check-failed':
    case 'directory-exposed': return failure.reason
    case 'disk-slow': return `The disk of the session directory ${failure.directory} is slow (a call took ${Math.round(failure.durationMs)} ms): for a second, changes go through the thread pool, and handlers that do not return their reply fail`
    case 'unsupported-plugin': return 'This version of @fastify/session is not supported: requests that overlap can undo logouts and lose changes; install @fastify/session 11.1.2 or later'
  }
}

const summaries: Readonly<Record<SessionFailure['type'], string>> = {
  'invalid-id': 'The session id cannot name a file',
  'read-failed': 'The session could not be read',
  malformed: 'The session could not be read',
  'decrypt-failed': 'The session could not be read',
  'not-encrypted': 'The session could not be read',
  'not-serializable': 'The session cannot be serialized as JSON',
  'write-failed': 'The session could not be written',
  'touch-failed': 'The use of the session could not be recorded',
  'remove-failed': 'The session could not be removed',
  'index-failed': 'The index of owners could not be changed',
  'scan-failed': 'The sessions could not be listed',
  'check-failed': 'The session directory cannot be used',
  'directory-exposed': 'The session directory can be entered by other users',
  'disk-slow': 'The session directory is slow',
  'unsupported-plugin': 'The version of @fastify/session is not supported'
}

function reasonOf (cause: unknown): string {
  return types.isNativeError(cause) ? cause.message : inspect(cause)
}
