import { sep } from 'node:path'
import { err, ok, type Result } from 'neverthrow'
import type { InvalidId } from './errors.ts'

/** How sessions are named on disk. */
export interface PathOptions {
  /**
   * What ends the name of each session file: letters, digits, `.`, `_` and `-`, or nothing.
   * @default '.json'
   */
  readonly extension?: string
}

/** The ending of session files unless told otherwise. */
export const defaultExtension = '.json'

// The characters of an id that are not encoded in a file name.
const plain = /^[\w-]+$/

/** The most characters of a file's name: what ext4, XFS, Btrfs, APFS and NTFS allow. */
const longestName = 255

/**
 * The file that holds the session `id`: `<directory>/<encoded id><extension>`.
 *
 * Letters, digits, `_` and `-` are kept, every other byte is percent-encoded (a dot too), so that no id
 * leaves the directory, no two ids have the same name, and `sessionId` can turn the name back. (Names that differ only in
 * case are one file on macOS and Windows by default.)
 *
 * Fails with `invalid-id` when the id is not a string, is empty, is not well-formed Unicode, or makes a name of more than
 * 255 bytes.
 */
export function sessionFile (directory: string, id: string, options: PathOptions = {}): Result<string, InvalidId> {
  const { extension = defaultExtension } = options
  if (typeof id !== 'string') return refuse(id, 'it is not a string')
  if (id === '') return refuse(id, 'it is empty')
  if (!id.isWellFormed()) return refuse(id, 'it is not well-formed Unicode')
  const name = encode(id) + extension
  if (name.length > longestName) return refuse(id, `its file name would have more than ${longestName} bytes`)
  return ok(directory === '' || directory.endsWith(sep) ? directory + name : directory + sep + name)
}

/**
 * The id of the session that a file of this name holds, or `null` when `sessionFile` makes no such name: a temporary
 * file, or a file that is not the store's.
 */
export function sessionId (name: string, options: PathOptions = {}): string | null {
  const { extension = defaultExtension } = options
  if (!name.endsWith(extension)) return null
  const encoded = name.slice(0, name.length - extension.length)
  if (plain.test(encoded)) return encoded
  const id = decode(encoded)
  return id !== '' && id !== null && encode(id) === encoded ? id : null
}

function refuse (id: unknown, reason: string) {
  return err({ type: 'invalid-id' as const, id, reason })
}

function encode (id: string): string {
  return plain.test(id) ? id : encodeURIComponent(id).replace(/[.!~*'()]/g, percent)
}

function percent (character: string): string {
  return '%' + character.charCodeAt(0).toString(16).toUpperCase()
}

function decode (encoded: string): string | null {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}
