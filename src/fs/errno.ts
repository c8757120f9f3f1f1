import { types } from 'node:util'
import { Result } from 'neverthrow'

// What a file system's error says, by its code.

/**
 * The codes of calls that may have failed because another program has the file open for a moment. Windows answers with
 * any of these while a virus scanner or an indexer has it open. Elsewhere EPERM and EACCES are there to stay (a directory
 * with the sticky bit); an SMB share answers with one of the other two.
 */
export function busyCodesOn (platform: NodeJS.Platform): ReadonlySet<string> {
  return new Set(platform === 'win32' ? ['EPERM', 'EACCES', 'EBUSY'] : ['EBUSY', 'ETXTBSY'])
}

/** Those of this platform. */
export const busyCodes = busyCodesOn(process.platform)

/** Whether a call failed because there is no such file or directory. */
export function isNotFound (cause: unknown): boolean {
  const code = errorCode(cause)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Whether a call failed because this user may not do it. */
export function isNotPermitted (cause: unknown): boolean {
  const code = errorCode(cause)
  return code === 'EACCES' || code === 'EPERM'
}

/** Whether a call failed because the file exists already. */
export function isAlreadyExists (cause: unknown): boolean {
  return errorCode(cause) === 'EEXIST'
}

/** Whether a directory was not removed because there is something in it. POSIX allows EEXIST: illumos gives that. */
export function isNotEmpty (cause: unknown): boolean {
  const code = errorCode(cause)
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}

/** Whether a call failed with one of `busyCodes`, and may succeed in a moment. */
export function isBusy (cause: unknown): boolean {
  return busyCodes.has(errorCode(cause) ?? '')
}

/**
 * The system's code of an error, such as `ENOSPC`, or `undefined` when it has none. Not by `instanceof`: Jest runs this
 * module in a context of its own, whose `Error` is not that of `node:fs`.
 */
export function errorCode (cause: unknown): string | undefined {
  return safeCode(cause).unwrapOr(undefined)
}

// An error that is not the system's may have a getter that throws.
const safeCode = Result.fromThrowable((cause: unknown): string | undefined => {
  return types.isNativeError(cause) && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
})
