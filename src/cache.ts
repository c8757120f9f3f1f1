import { LRUCache } from 'lru-cache'
import { ok } from 'neverthrow'
import { andThen, type Answer } from './answer.ts'
import type { Disk } from './disk.ts'
import type { Unreadable } from './errors.ts'
import { readContent, type SealOptions } from './seal.ts'
import { bears, isSame, isSettled, wholeTime, type Mark, type Stamp } from './stamp.ts'
import type { Content } from './text.ts'

/** The cache's size unless told otherwise: 16 MiB, in bytes. */
export const defaultCacheSize = 16 * 1024 * 1024

// In bytes, about: an entry's objects and lru-cache's own tables (measured).
const overhead = 400

/** A session as it is held somewhere. */
export interface Held {
  readonly content: Content
  /** When it was last used, in milliseconds. */
  readonly usedAt: number
}

/** What a file holds, and the stamp that it was seen with just now. */
export interface Stored extends Held {
  readonly stamp: Stamp
}

interface Entry {
  readonly content: Content
  known: Stamp | Mark
}

/**
 * What files were last seen to hold, bounded in bytes. It is only ever a short
 * cut: the file's stamp is looked at each time, and must be the one that the
 * text was read under, or one that we gave the file ourselves.
 */
export class SessionCache {
  readonly #entries: LRUCache<string, Entry> | null

  /** `size` is in bytes; 0 remembers nothing. */
  constructor (size: number = defaultCacheSize) {
    this.#entries = size > 0 ? new LRUCache({ maxSize: size, sizeCalculation: sizeOf }) : null
  }

  /**
   * What `file` holds at this moment, from memory where its stamp allows it, or
   * `null` when there is no such file. Fails as `readContent` does.
   */
  fetch (file: string, disk: Disk, options: SealOptions = {}): Answer<Stored | null, Unreadable> {
    const takenAt = Date.now()
    return andThen(disk.stat(file).mapErr(cause => ({ type: 'read-failed' as const, file, cause })), stamp => {
      if (stamp === null) return ok(null)
      const content = this.#recall(file, stamp)
      if (content !== null) return ok(storedAs(content, stamp))
      return readContent(file, stamp.size, disk, options).map(content =>
        content === null ? null : this.#learn(file, content, stamp, takenAt))
    })
  }

  /** Remembers what we left in a file ourselves, and the mark that says so. */
  keep (file: string, content: Content, mark: Mark): void {
    this.#entries?.set(file, { content, known: mark })
  }

  /** Forgets a file. */
  forget (file: string): void {
    this.#entries?.delete(file)
  }

  #recall (file: string, stamp: Stamp): Content | null {
    const entry = this.#entries?.get(file)
    if (entry === undefined) return null
    if ('changed' in entry.known) return isSame(entry.known, stamp) ? entry.content : null
    if (!bears(stamp, entry.known)) return null
    entry.known = stamp
    return entry.content
  }

  #learn (file: string, content: Content, stamp: Stamp, takenAt: number): Stored {
    if (isSettled(stamp, takenAt)) this.#entries?.set(file, { content, known: stamp })
    return storedAs(content, stamp)
  }
}

function storedAs (content: Content, stamp: Stamp): Stored {
  return { content, stamp, usedAt: wholeTime(stamp) }
}

// V8 keeps a text of Latin-1 in one byte a character, any other in two.
function sizeOf ({ content }: Entry, file: string): number {
  return 2 * content.length + file.length + overhead
}
