/** The exit statuses of the command. `interrupted` is what shells expect after Ctrl-C: 128 + SIGINT. */
export const status = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const

/** One of the exit statuses. */
export type Status = typeof status[keyof typeof status]

/** A failure that ends the command: its message is one sentence that says what to do. */
export class CommandError extends Error {
  readonly status: Status

  constructor (message: string, exitStatus: Status = status.failed) {
    super(message)
    this.status = exitStatus
  }
}

/** A command line that cannot be carried out as it is. */
export function usageError (message: string): CommandError {
  return new CommandError(message, status.wrongUsage)
}

/** What an error of the file system means to an operator. */
export function reasonOf (cause: unknown): string {
  const { code, message } = cause as { code?: string, message?: string }
  switch (code) {
    case 'EACCES': case 'EPERM': return 'permission denied'
    case 'ENOENT': return 'no such file or directory'
    case 'ENOTDIR': return 'not a directory'
    case 'ENOSPC': return 'no space left on the device'
    case 'EROFS': return 'the file system is read-only'
    case 'EMFILE': case 'ENFILE': return 'too many open files'
    case 'EIO': return 'the device reports an input/output error'
    default: return message ?? String(cause)
  }
}
