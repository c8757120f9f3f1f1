import { sortedByKey } from './sort.ts'
import type { TimeSlice } from './time-slice.ts'

/** A session file as the index knows it. */
export interface Entry {
  /** Its name without the extension: ASCII, since the store encodes everything else. */
  readonly name: string
  /** In whole milliseconds since 1970. */
  readonly lastUsedAt: number
}

// 2 ** 13 entries per chunk. Closing a chunk joins their names, which takes 0.3 ms.
const chunkBits = 13
const chunkSize = 2 ** chunkBits

interface Chunk {
  /** The names, one after the other, without separators. */
  readonly names: Buffer
  /** Where each name ends. */
  readonly ends: Uint32Array
  readonly lastUsedAt: Float64Array
}

/** Collects entries for a `Snapshot`. */
export class SnapshotBuilder {
  readonly #chunks: Chunk[] = []
  readonly #limit: number
  #count = 0
  #names: string[] = []
  #times = new Float64Array(chunkSize)

  /** Entries past `limit` are left out. */
  constructor (limit: number) {
    this.#limit = limit
  }

  add (name: string, lastUsedAt: number): void {
    if (this.#count === this.#limit) return
    this.#times[this.#names.length] = lastUsedAt
    this.#names.push(name)
    this.#count++
    if (this.#names.length === chunkSize) this.#close()
  }

  /** What was added, newest first. */
  async build (slice: TimeSlice): Promise<Snapshot> {
    this.#close()
    const chunks = this.#chunks
    const keyOf = (entry: number) => Math.max(0, timeOf(chunks, entry))
    return new Snapshot(chunks, await sortedByKey(this.#count, keyOf, slice))
  }

  #close (): void {
    const ends = new Uint32Array(this.#names.length)
    let end = 0
    for (const [index, name] of this.#names.entries()) ends[index] = end += name.length
    this.#chunks.push({ names: Buffer.from(this.#names.join(''), 'latin1'), ends, lastUsedAt: this.#times.slice(0, ends.length) })
    this.#names = []
    this.#times = new Float64Array(chunkSize)
  }
}

/**
 * The session files of a directory at one moment, in order of their last use. A million of them with ids of 32
 * characters take 48 MB, outside of the heap that the garbage collector goes through.
 */
export class Snapshot {
  readonly #chunks: readonly Chunk[]
  readonly #order: Uint32Array

  constructor (chunks: readonly Chunk[], order: Uint32Array) {
    this.#chunks = chunks
    this.#order = order
  }

  get count (): number {
    return this.#order.length
  }

  /** The entry of this rank; 0 is the one that was used last. */
  at (rank: number): Entry {
    return this.#entry(this.#order[this.count - 1 - rank]!)
  }

  /** How many entries were used later than `time`: the rank of the first that was not. */
  rankOf (time: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (timeOf(this.#chunks, this.#order[this.count - 1 - middle]!) > time) low = middle + 1
      else high = middle
    }
    return low
  }

  /** At most `limit` entries whose names contain `text`, in no order. */
  async search (text: string, limit: number, slice: TimeSlice): Promise<Entry[]> {
    const found: Entry[] = []
    const wanted = Buffer.from(text, 'latin1')
    for (const [number, chunk] of this.#chunks.entries()) {
      for (const index of matches(chunk, wanted)) {
        if (found.length === limit) return found
        found.push(this.#entry((number << chunkBits) + index))
      }
      if (slice.isOver) await slice.rest()
    }
    return found
  }

  #entry (entry: number): Entry {
    const { names, ends } = this.#chunks[entry >>> chunkBits]!
    const index = entry & (chunkSize - 1)
    const name = names.toString('latin1', index === 0 ? 0 : ends[index - 1]!, ends[index]!)
    return { name, lastUsedAt: timeOf(this.#chunks, entry) }
  }
}

function timeOf (chunks: readonly Chunk[], entry: number): number {
  return chunks[entry >>> chunkBits]!.lastUsedAt[entry & (chunkSize - 1)]!
}

function * matches ({ names, ends }: Chunk, wanted: Buffer): Generator<number, void, undefined> {
  let index = 0
  for (let at = names.indexOf(wanted); at !== -1; at = names.indexOf(wanted, at)) {
    while (ends[index]! <= at) index++
    // A match must not reach from one name into the next.
    if (at + wanted.length <= ends[index]!) {
      yield index
      at = ends[index]!
    } else {
      at++
    }
  }
}
