// An id of `@fastify/session` has 32 characters; 8 of them tell millions of sessions apart, nearly always.
const lengths = [8, 12, 16, 24]

// A power of two: for 1,000,000 ids one bit in nine is set, and 8 characters are enough for all but 5 in 100.
const bits = 2 ** 24

/**
 * Shortens ids as git does: to as many characters as no other id begins with. It sees each id once and remembers
 * none: per length it has one bit for each hash of a prefix that was met, and one for each that was met again. Where
 * two prefixes have the same hashes, an id is longer than it needs to be; it is never ambiguous.
 */
export class Abbreviator {
  readonly #once = lengths.map(() => new Uint8Array(bits / 8))
  readonly #again = lengths.map(() => new Uint8Array(bits / 8))

  /** Takes note of an id: all have to be known before the first is shortened. */
  add (id: string): void {
    this.#eachPrefix(id, (index, hash) => {
      for (const bit of [hash >>> 8, Math.imul(hash, 0x9E3779B1) >>> 8]) {
        const once = this.#once[index]!
        if (has(once, bit)) set(this.#again[index]!, bit)
        else set(once, bit)
      }
      return false
    })
  }

  /** The shortest beginning of `id` that is known to be of no other. */
  shorten (id: string): string {
    let short = id
    this.#eachPrefix(id, (index, hash) => {
      const again = this.#again[index]!
      const isUnique = !has(again, hash >>> 8) || !has(again, Math.imul(hash, 0x9E3779B1) >>> 8)
      if (isUnique) short = id.slice(0, lengths[index])
      return isUnique
    })
    return short
  }

  // FNV-1a; stops when `visit` has what it wants.
  #eachPrefix (id: string, visit: (index: number, hash: number) => boolean): void {
    let hash = 0x811C9DC5
    let at = 0
    for (let index = 0; index < lengths.length; index++) {
      const length = lengths[index]!
      if (id.length < length) return
      for (; at < length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
      if (visit(index, hash >>> 0)) return
    }
  }
}

function has (set: Uint8Array, bit: number): boolean {
  return (set[bit >>> 3]! & 1 << (bit & 7)) !== 0
}

function set (set: Uint8Array, bit: number): void {
  set[bit >>> 3]! |= 1 << (bit & 7)
}
