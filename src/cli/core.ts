// What the command needs from the store that its public functions do not give yet, and the names that they are about
// to get. Everything here goes when they do.
import { createHash, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Result } from 'neverthrow'
import { Cipher, Disk, pruneSessions as prune, readSession as read, removeSession, FileStore, type StoredSession } from '../index.ts'

export { Cipher, Disk, removeSession }
export type { StoredSession }

export interface ReadFailure {
  readonly type: 'read-failed' | 'malformed' | 'decrypt-failed' | 'not-encrypted'
  readonly cause?: unknown
}

export interface ReadOptions {
  readonly extension: string
  readonly ttl?: number | undefined
  readonly secret?: Cipher | undefined
  readonly requireEncryption?: boolean
  readonly disk?: Disk
}

/** `readSession` for sessions of any age, with the failures' new names. */
export async function readSession (file: string, options: ReadOptions): Promise<Result<StoredSession | null, ReadFailure>> {
  const result = await read(file, { ...definedOf(options), clock: () => -Infinity })
  return result.mapErr(failure => ({ ...failure, type: newTypes[failure.type] }))
}

const newTypes = { sealed: 'decrypt-failed', unsealed: 'not-encrypted', malformed: 'malformed', 'read-failed': 'read-failed' } as const

export interface PruneReport {
  readonly scanned: number
  readonly removed: number
  readonly kept: number
  readonly unreadable: number
  readonly foreign: number
  readonly temporary: number
  readonly durationMs: number
}

export interface PruneOptions extends Omit<ReadOptions, 'disk' | 'requireEncryption'> {
  readonly signal: AbortSignal
  readonly dryRun: boolean
  readonly onProgress: (scanned: number) => void
  readonly onFailure: (failure: { readonly file: string, readonly cause: unknown }) => void
}

/** `pruneSessions` with `dryRun` and `onProgress`. Rejects with the error of the file system. */
export async function pruneSessions (directory: string, { dryRun, onProgress, ...options }: PruneOptions): Promise<PruneReport> {
  let count = 0
  const disk = new class extends Disk {
    override stat (file: string) {
      onProgress(++count)
      return super.stat(file)
    }

    override async remove (file: string) {
      return dryRun || await super.remove(file)
    }
  }('auto')
  const result = await prune(directory, { ...definedOf(options), disk })
  if (result.isErr()) throw result.error.cause
  const { looked, took, ...counts } = result.value
  return { foreign: 0, ...counts, scanned: looked, durationMs: took }
}

/** The warnings of `FileStore#check`. */
export async function checkDirectory (directory: string, options: { readonly extension: string }): Promise<readonly string[]> {
  const store = new FileStore(directory, { extension: options.extension, pruneInterval: 0 }) as FileStore & { check?: () => Promise<readonly string[]> }
  try {
    return await store.check?.() ?? []
  } finally {
    await store.close()
  }
}

export interface RecodeOptions {
  readonly id: string
  /** Its first secret encrypts, all decrypt. */
  readonly cipher: Cipher
  readonly to: 'encrypted' | 'plain'
  /** Whether the file holds an encrypted session. */
  readonly isEncrypted: boolean
  /** What the file was when that was found out. */
  readonly expected: fs.Stats
}

/**
 * Replaces an encrypted file by the plain one or the other way, if it is still as expected: content, last use, mode
 * and owner stay. `false` when it is not, or nothing can decrypt it. Rejects with the error of the file system.
 */
export async function recodeSession (file: string, { id, cipher, to, isEncrypted, expected }: RecodeOptions): Promise<boolean> {
  const text = fs.readFileSync(file, 'utf8')
  const plain = isEncrypted ? cipher.open(text, id)?.text : text
  if (plain === undefined) return false
  const temporary = join(dirname(file), `.${tag}-${(count++).toString(36)}.tmp`)
  const descriptor = fs.openSync(temporary, 'wx', expected.mode & 0o777)
  try {
    try {
      // Whoever runs this, the server has to be able to read it afterwards.
      const { uid, gid } = fs.fstatSync(descriptor)
      if (uid !== expected.uid || gid !== expected.gid) fs.fchownSync(descriptor, expected.uid, expected.gid)
      fs.writeFileSync(descriptor, to === 'plain' ? plain : cipher.seal(plain, id))
      fs.futimesSync(descriptor, expected.atimeMs / 1000, (expected.mtimeMs + 0.0005) / 1000)
    } finally {
      fs.closeSync(descriptor)
    }
    const now = fs.statSync(file, { throwIfNoEntry: false })
    if (now !== undefined && now.ino === expected.ino && now.ctimeMs === expected.ctimeMs && now.mtimeMs === expected.mtimeMs && now.size === expected.size) {
      fs.renameSync(temporary, file)
      return true
    }
    fs.unlinkSync(temporary)
    return false
  } catch (cause) {
    fs.rmSync(temporary, { force: true })
    throw cause
  }
}

const tag = createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 12)
let count = 0

function definedOf<T extends object> (options: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [Name in keyof T]: Exclude<T[Name], undefined> }
}
