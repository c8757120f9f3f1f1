// What the command needs beyond the store's public functions. To be removed when they provide it.
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Result } from 'neverthrow'
import { readSession, type Cipher, type Disk, type ReadFailure, type StoredSession } from '../index.ts'
import { readBytes } from './files.ts'

/** A session of any age, and when it expires. */
export interface DescribedSession {
  readonly session: StoredSession
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/** How a session is described. */
export interface DescribeOptions {
  readonly extension: string
  readonly ttl: number
  readonly disk: Disk
  readonly secret?: Cipher
  readonly requireEncryption?: boolean
}

// The earliest moment of a `Date`: nothing has expired by then.
const beforeEverything = -8.64e15

/** The session in `file`, last used at `lastUsedAt`, whether it has expired or not; `null` when there is none. Fails as `readSession` does. */
export async function describeSession (file: string, lastUsedAt: number, options: DescribeOptions): Promise<Result<DescribedSession | null, ReadFailure>> {
  const result = await readSession(file, { ...options, clock: () => beforeEverything })
  return result.map(session => session && withExpiry(session, Math.min(lastUsedAt, Date.now()), options.ttl))
}

// The rules of the README's table "Life of a session". The session is the caller's own.
function withExpiry (session: StoredSession, lastUsedAt: number, ttl: number): DescribedSession {
  const { cookie } = session
  const hasCookie = typeof cookie === 'object' && cookie !== null
  if (hasCookie && typeof cookie.originalMaxAge === 'number' && cookie.originalMaxAge !== 0 && cookie.fixedExpiry !== true) {
    const expiresAt = lastUsedAt + cookie.originalMaxAge
    cookie.expires = new Date(expiresAt)
    return { session, expiresAt }
  }
  return { session, expiresAt: hasCookie && cookie.expires instanceof Date ? cookie.expires.getTime() : lastUsedAt + ttl }
}

/** How a session is rewritten. */
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
 * Replaces an encrypted file by the plain one or the other way, if it is still as expected: content, times, mode and
 * owner stay. `false` when it is not, or is gone, or nothing decrypts it. Throws the error of the file system.
 */
export function recodeSession (file: string, { id, cipher, to, isEncrypted, expected }: RecodeOptions): boolean {
  const text = readBytes(file)?.toString()
  if (text === undefined) return false
  const plain = isEncrypted ? cipher.decrypt(text, id)?.text : text
  if (plain === undefined) return false
  const temporary = join(dirname(file), `.${tag}-${(count++).toString(36)}.tmp`)
  try {
    writeLike(expected, temporary, to === 'plain' ? plain : cipher.encrypt(plain, id))
    if (!isSame(expected, fs.statSync(file, { throwIfNoEntry: false }))) {
      fs.unlinkSync(temporary)
      return false
    }
    fs.renameSync(temporary, file)
    return true
  } catch (cause) {
    fs.rmSync(temporary, { force: true })
    throw cause
  }
}

// The name of a temporary file of the store: should one be left, a prune removes it.
const tag = randomBytes(6).toString('hex')
let count = 0

function writeLike ({ mode, uid, gid, atimeMs, mtimeMs }: fs.Stats, file: string, text: string): void {
  const descriptor = fs.openSync(file, 'wx', 0o600)
  try {
    const own = fs.fstatSync(descriptor)
    // The server has to be able to read it afterwards, whatever user runs this.
    if (own.uid !== uid || own.gid !== gid) fs.fchownSync(descriptor, uid, gid)
    fs.fchmodSync(descriptor, mode & 0o777)
    fs.writeFileSync(descriptor, text)
    // `utimes` truncates to microseconds.
    fs.futimesSync(descriptor, (atimeMs + 0.0005) / 1000, (mtimeMs + 0.0005) / 1000)
  } finally {
    fs.closeSync(descriptor)
  }
}

function isSame (one: fs.Stats, other: fs.Stats | undefined): boolean {
  return other !== undefined && one.ino === other.ino && one.ctimeMs === other.ctimeMs && one.mtimeMs === other.mtimeMs && one.size === other.size
}
