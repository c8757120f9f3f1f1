import type { Random } from '../random.ts'

// Inserted into JSON.
const pieces = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', '.', ' ', '\n', '\0', '\uFEFF', '\\u0000', '"__proto__":', '"constructor":{"prototype":1},', '1e999', 'null', 'NaN', '"sealed":1,']

/** `original` with one to three random mutations: truncated, bits flipped, bytes inserted, removed, repeated or zeroed. */
export function mutateBytes (original: Buffer, random: Random): Buffer {
  let bytes = original
  for (let count = 1 + random.below(3); count > 0; count--) {
    const from = random.below(bytes.length + 1)
    const to = from + random.below(bytes.length - from + 1)
    const parts: Array<Buffer | string> = random.pick([
      () => [bytes.subarray(0, from)],
      () => [bytes.subarray(from)],
      () => [bytes.subarray(0, from), Buffer.from([(bytes[from] ?? 0) ^ 1 << random.below(8)]), bytes.subarray(from + 1)],
      () => [bytes.subarray(0, from), Buffer.from([random.below(256)]), bytes.subarray(from)],
      () => [bytes.subarray(0, from), bytes.subarray(to)],
      () => [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(from, to), bytes.subarray(to)],
      () => [bytes.subarray(0, from), random.pick(pieces), bytes.subarray(from)],
      () => [bytes.subarray(0, from), Buffer.alloc(to - from), bytes.subarray(to)]
    ])()
    bytes = Buffer.concat(parts.map(part => Buffer.from(part)))
  }
  return bytes
}
