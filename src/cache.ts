import { LRUCache } from 'lru-cache'
import { isSameVersion, matches, type ExpectedVersion, type FileVersion } from './fs/version.ts'
import type { SessionText } from './session/session-text.ts'

/** The size of the cache unless told otherwise: 16 MiB, in bytes. */
export const defaultCacheSize = 16 * 1024 * 1024

// In bytes, about: an entry's objects and lru-cache's tables (measured).
const entryOverhead = 400

/** A text, and what proves that it is the content of its file. */
export interface CacheEntry {
  readonly text: SessionText
  validator: FileVersion | ExpectedVersion
}

/**
 * The texts of session files, bounded in bytes. A text is used only while the file's version proves that it is current:
 * the version under which it was read, or the one that this process gave the file itself.
 */
export class SessionCache {
  readonly #records: LRUCache<string, CacheEntry> | null

  /** `size` is in bytes; with 0 nothing is remembered. */
  constructor (size: number = defaultCacheSize) {
    this.#records = size > 0 ? new LRUCache({ maxSize: size, sizeCalculation: sizeOf }) : null
  }

  /** The text of `file`, which has this version now, or `null` when it is not known. */
  lookup (file: string, version: FileVersion): SessionText | null {
    const record = this.#records?.get(file)
    if (record === undefined || !isCurrent(record, version)) return null
    // A file that this process wrote or touched has a time of its own: no other version can be taken for it.
    record.validator = version
    return record.text
  }

  /** The record of `file` as it was last seen. Its validator must be compared with the file's version before the text is relied on. */
  peek (file: string): CacheEntry | undefined {
    return this.#records?.peek(file)
  }

  /** Remembers the text of `file`. */
  remember (file: string, text: SessionText, validator: FileVersion | ExpectedVersion): void {
    this.#records?.set(file, { text, validator })
  }

  /** Forgets `file`. */
  delete (file: string): void {
    this.#records?.delete(file)
  }
}

/** Whether a file that has `version` holds the text of `record`. */
export function isCurrent ({ validator }: CacheEntry, version: FileVersion): boolean {
  return 'latestCtimeMs' in validator ? matches(version, validator) : isSameVersion(validator, version)
}

// V8 keeps a Latin-1 text in one byte a character, any other in two, and the canonical JSON may be kept beside it.
function sizeOf ({ text }: CacheEntry, file: string): number {
  return 2 * text.text.length + file.length + entryOverhead
}
