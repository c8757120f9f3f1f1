import { join } from 'node:path'
import type { ResultAsync } from 'neverthrow'
import { settledErr, settledOk } from './async/result.ts'
import type { CheckFailed } from './errors.ts'
import { whileBusy } from './fs/busy.ts'
import { makeDirectory } from './fs/directory.ts'
import { Disk } from './fs/disk.ts'
import { errorCode } from './fs/errno.ts'
import { temporaryFile } from './fs/temporary.ts'

/** How a directory is checked. */
export interface CheckOptions {
  /**
   * The mode of a directory that is made. One that exists keeps its mode.
   * @default 0o700
   */
  readonly directoryMode?: number
  /**
   * Whether flushing the directory to the device is tried as well.
   * @default false
   */
  readonly durable?: boolean
  /**
   * Makes the calls to the disk.
   * @default a new `Disk` that uses the thread pool
   */
  readonly disk?: Disk
}

/**
 * Checks whether `directory` can hold sessions: makes it if it is missing, reads it, and writes, renames and removes a
 * temporary file in it. The value is a list of warnings, each a sentence, empty when all is well.
 *
 * Fails with `check-failed`, whose `reason` is a sentence that says what is wrong and what to do.
 */
export function checkDirectory (directory: string, { directoryMode = 0o700, durable = false, disk = new Disk() }: CheckOptions = {}): ResultAsync<readonly string[], CheckFailed> {
  const failed = (what: string, advice: string) => (cause: unknown): CheckFailed => {
    const code = errorCode(cause)
    return { type: 'check-failed', directory, reason: `The session directory ${directory} ${what}${code === undefined ? '' : ` (${code})`}: ${advice}`, cause }
  }
  return disk.directoryMode(directory).mapErr(failed('is not a directory or cannot be accessed', 'give the path of a directory that this process may read and write'))
    .andThen((mode): ResultAsync<number, CheckFailed> => mode === null
      ? makeDirectory(directory, { directoryMode, durable }, disk)
        .map(() => directoryMode)
        .mapErr(failed('does not exist and cannot be made', 'make it, and give it to the user that runs this process'))
      : settledOk(mode))
    .andThen(mode => tryReading(directory, disk)
      .mapErr(failed('cannot be read', `let ${user()} read and enter it`))
      .andThen(() => tryWriting(directory, disk).mapErr(failed('cannot be written', `let ${user()} write to it, and see that the disk is neither full nor read-only`)))
      .andThen(() => durable
        ? disk.flushDirectory(directory).mapErr(failed('cannot be flushed to the device', 'do without the option durable; node --permission refuses fsync'))
        : settledOk(true))
      .map(() => warningsOf(directory, mode)))
}

function tryReading (directory: string, disk: Disk): ResultAsync<unknown, unknown> {
  return disk.openDirectory(directory)
}

function tryWriting (directory: string, disk: Disk): ResultAsync<unknown, unknown> {
  const [first, second] = [temporaryFile(join(directory, 'check')), temporaryFile(join(directory, 'check'))]
  const now = Date.now()
  return disk.create(first, { text: '{}', mode: 0o600, times: { atimeMs: now, mtimeMs: now }, flush: false })
    .andThen(() => whileBusy(() => disk.rename(first, second)))
    .andThen(() => disk.remove(second))
    .orElse(cause => disk.remove(first).orElse(() => settledOk(false)).andThen(() => settledErr(cause)))
}

function warningsOf (directory: string, mode: number): string[] {
  // Windows has no such modes.
  if (process.platform === 'win32' || (mode & 0o077) === 0) return []
  return [`The session directory ${directory} can be entered by other users (mode ${(mode & 0o777).toString(8)}), who see the ids of all sessions: chmod 700 ${directory}`]
}

function user (): string {
  return process.getuid === undefined ? 'the user that runs this process' : `the user that runs this process (uid ${process.getuid()})`
}
