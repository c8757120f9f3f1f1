// An id of `@fastify/session` has 32 characters; 8 of them tell millions of sessions apart, nearly always.
const lengths = [8, 12, 16, 24]

// A power of two: with 1,000,000 ids one slot in nine is taken, and 8 characters are enough for nearly all of them.
const slots = 2 ** 24

// The slots of a prefix are in one line of the processor's cache: most of the time goes into fetching them.
const slotsPerLine = 256

/**
 * Shortens ids as git does: to as many characters as no other id begins with. It sees each id once and remembers none: for
 * each length it has a counting Bloom filter of the prefixes, with two slots a prefix. Where the slots of two prefixes are the
 * same, an id is longer than it needs to be; it is never ambiguous.
 */
export class Abbreviator {
  readonly #filters = lengths.map(() => new Uint8Array(slots / 4))

  /** Takes note of an id: all have to be known before the first is shortened. */
  add (id: string): void {
    this.#eachPrefix(id, (filter, first, second) => {
      count(filter, first)
      count(filter, second)
      return false
    })
  }

  /** The shortest beginning of `id` that is known to be of no other. */
  shorten (id: string): string {
    let short = id
    this.#eachPrefix(id, (filter, first, second, length) => {
      const isUnique = !isShared(filter, first) || !isShared(filter, second)
      if (isUnique) short = id.slice(0, length)
      return isUnique
    })
    return short
  }

  // FNV-1a; stops when `visit` has what it wants.
  #eachPrefix (id: string, visit: (filter: Uint8Array, first: number, second: number, length: number) => boolean): void {
    let hash = 0x811C9DC5
    let at = 0
    for (let index = 0; index < lengths.length; index++) {
      const length = lengths[index]!
      if (id.length < length) return
      for (; at < length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
      const first = hash >>> 8
      // Another slot of the same line.
      const second = first ^ (1 + (Math.imul(hash, 0x9E3779B1) >>> 8) % (slotsPerLine - 1))
      if (visit(this.#filters[index]!, first, second, length)) return
    }
  }
}

// A slot has two bits: it counts to two.
function count (filter: Uint8Array, slot: number): void {
  const byte = slot >>> 2
  const shift = (slot & 3) * 2
  const value = filter[byte]!
  if ((value >>> shift & 2) === 0) filter[byte] = value + (1 << shift)
}

function isShared (filter: Uint8Array, slot: number): boolean {
  return (filter[slot >>> 2]! >>> (slot & 3) * 2 & 2) !== 0
}
