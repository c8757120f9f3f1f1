// What an error of the disk says, by its code.

// Windows refuses to rename over a file that a virus scanner or an indexer holds open for a moment.
const heldOpen = new Set(['EPERM', 'EACCES', 'EBUSY'])

/** Whether a call failed because there is no such file. */
export function isAbsent (cause: unknown): boolean {
  const code = codeOf(cause)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Whether a call failed because there is such a file already. */
export function isTaken (cause: unknown): boolean {
  return codeOf(cause) === 'EEXIST'
}

/** Whether a call may have failed because somebody holds the file open for a moment. */
export function mayBeHeldOpen (cause: unknown): boolean {
  return heldOpen.has(codeOf(cause))
}

function codeOf (cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
