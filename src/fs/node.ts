import { isUtf8 } from 'node:buffer'
import * as fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { versionOf, type FileVersion } from './version.ts'

/** The access and modification time to give a file, in milliseconds since 1970. */
export interface FileTimes { readonly atimeMs: number, readonly mtimeMs: number }

/** What a new file is to be. */
export interface NewFile {
  readonly text: string
  /** The mode, whatever the umask. At no moment is it wider than this. */
  readonly mode: number
  readonly times: FileTimes
  /** Whether the content is flushed to the device. */
  readonly flush: boolean
}

/** The calls to `node:fs`: where a test makes the disk slow or broken. */
export type FsCalls = typeof nodeFs

/** The content of a file is not valid UTF-8. */
export class NotUtf8 extends TypeError {}

const open = promisify(fs.open)
const close = promisify(fs.close)
const write = promisify(fs.writeFile)
const stat = promisify(fs.stat)
const fstat = promisify(fs.fstat)
const read = promisify(fs.readFile)
const utimes = promisify(fs.utimes)
const futimes = promisify(fs.futimes)
const fchmod = promisify(fs.fchmod)
const chmod = promisify(fs.chmod)
const fsync = promisify(fs.fsync)
const mkdir = promisify(fs.mkdir)
const rmdir = promisify(fs.rmdir)
const opendir = promisify(fs.opendir)
const statfs = promisify(fs.statfs)

/** All calls that a store makes to the file system, each synchronously and through the thread pool. */
export const nodeFs = {
  // An exception for each absent session would cost more than the call.
  statSync (file: string): FileVersion | null {
    const stats = fs.statSync(file, { throwIfNoEntry: false })
    return stats === undefined ? null : versionOf(stats)
  },
  stat: async (file: string): Promise<FileVersion | null> => versionOf(await stat(file)),
  readSync: (file: string): string => decodeUtf8(fs.readFileSync(file)),
  read: async (file: string): Promise<string> => decodeUtf8(await read(file)),
  setTimesSync: (file: string, { atimeMs, mtimeMs }: FileTimes): void => fs.utimesSync(file, atimeMs / 1000, mtimeMs / 1000),
  setTimes: (file: string, { atimeMs, mtimeMs }: FileTimes): Promise<void> => utimes(file, atimeMs / 1000, mtimeMs / 1000),
  openNewSync: (file: string, mode: number): number => fs.openSync(file, 'wx', mode),
  openNew: (file: string, mode: number): Promise<number> => open(file, 'wx', mode),
  /** Writes to a file that was just opened, gives it its times and mode, and closes it. */
  fillSync (file: string, descriptor: number, { text, mode, times }: NewFile): FileVersion {
    try {
      fs.writeFileSync(descriptor, text)
      // Refused under `node --permission`, as is `fchmod`; some file systems refuse to set any time.
      if (!tries(() => fs.futimesSync(descriptor, times.atimeMs / 1000, times.mtimeMs / 1000))) {
        tries(() => nodeFs.setTimesSync(file, times))
      }
      const stats = fs.fstatSync(descriptor)
      if (lacksMode(stats, mode) && !tries(() => fs.fchmodSync(descriptor, mode))) fs.chmodSync(file, mode)
      return versionOf(stats)
    } finally {
      fs.closeSync(descriptor)
    }
  },
  async fill (file: string, descriptor: number, { text, mode, times, flush }: NewFile): Promise<FileVersion> {
    try {
      await write(descriptor, text)
      if (!await triesAsync(() => futimes(descriptor, times.atimeMs / 1000, times.mtimeMs / 1000))) {
        await triesAsync(() => nodeFs.setTimes(file, times))
      }
      const stats = await fstat(descriptor)
      if (lacksMode(stats, mode) && !await triesAsync(() => fchmod(descriptor, mode))) await chmod(file, mode)
      if (flush) await fsync(descriptor)
      return versionOf(stats)
    } finally {
      await close(descriptor)
    }
  },
  renameSync: fs.renameSync,
  rename: promisify(fs.rename),
  removeSync: fs.unlinkSync,
  remove: promisify(fs.unlink),
  /**
   * Makes a directory and those above it that are missing, with this mode whatever the umask, and gives the first one made.
   * Another process may have removed it by then.
   */
  makeDirectorySync (directory: string, mode: number): string | undefined {
    const first = fs.mkdirSync(directory, { recursive: true, mode })
    for (const made of directoriesBetween(first, directory)) {
      tries(() => {
        const stats = fs.statSync(made)
        if (lacksMode(stats, mode)) fs.chmodSync(made, stats.mode | mode)
      })
    }
    return first
  },
  async makeDirectory (directory: string, mode: number): Promise<string | undefined> {
    const first = await mkdir(directory, { recursive: true, mode })
    for (const made of directoriesBetween(first, directory)) {
      await triesAsync(async () => {
        const stats = await stat(made)
        if (lacksMode(stats, mode)) await chmod(made, stats.mode | mode)
      })
    }
    return first
  },
  removeDirectorySync: (directory: string): void => fs.rmdirSync(directory),
  removeDirectory: (directory: string): Promise<void> => rmdir(directory),
  async flushDirectory (directory: string): Promise<void> {
    const descriptor = await open(directory, 'r')
    try {
      await fsync(descriptor)
    } finally {
      await close(descriptor)
    }
  },
  directoryModeSync: (directory: string): number => modeOfDirectory(fs.statSync(directory)),
  directoryMode: async (directory: string): Promise<number> => modeOfDirectory(await stat(directory)),
  openDirectory: (directory: string, bufferSize: number): Promise<fs.Dir> => opendir(directory, { bufferSize }),
  /** The number by which the system knows the kind of the file system, as of statfs(2). */
  fileSystemType: async (directory: string): Promise<number> => (await statfs(directory)).type,
  /** A monotonic clock, in milliseconds. */
  now: (): number => performance.now()
}

// Decoding alone would replace the invalid bytes, and the next write would keep the replacements.
function decodeUtf8 (bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new NotUtf8('it is not valid UTF-8')
  return bytes.toString()
}

function modeOfDirectory (stats: fs.Stats): number {
  if (!stats.isDirectory()) throw new Error('it is not a directory')
  return stats.mode
}

// From the first directory that was made, if one was, to the last.
function directoriesBetween (first: string | undefined, last: string): string[] {
  const directories: string[] = []
  if (first === undefined) return directories
  for (let made = resolve(last), top = dirname(resolve(first)); made !== top; made = dirname(made)) directories.push(made)
  return directories
}

// The umask has taken some of the mode's bits. On Windows a file has more bits than it was given, never fewer.
function lacksMode (stats: fs.Stats, mode: number): boolean {
  return (stats.mode & mode) !== mode
}

function tries (call: () => void): boolean {
  try {
    call()
    return true
  } catch {
    return false
  }
}

async function triesAsync (call: () => Promise<void>): Promise<boolean> {
  try {
    await call()
    return true
  } catch {
    return false
  }
}
