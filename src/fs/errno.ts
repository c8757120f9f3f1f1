import { types } from 'node:util'

// What a file system's error says, by its code.

// On Windows a rename is refused while a virus scanner or an indexer has the target open.
const busyCodes = new Set(['EPERM', 'EACCES', 'EBUSY'])

/** Whether a call failed because there is no such file or directory. */
export function isNotFound (cause: unknown): boolean {
  const code = errorCode(cause)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Whether a call failed because the file exists already. */
export function isAlreadyExists (cause: unknown): boolean {
  return errorCode(cause) === 'EEXIST'
}

/** Whether a call may have failed because another program has the file open for a moment. */
export function isBusy (cause: unknown): boolean {
  return busyCodes.has(errorCode(cause) ?? '')
}

/**
 * The system's code of an error, such as `ENOSPC`, or `undefined` when it has none. Not by `instanceof`: Jest runs this
 * module in a context of its own, whose `Error` is not that of `node:fs`.
 */
export function errorCode (cause: unknown): string | undefined {
  return types.isNativeError(cause) && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}
