import type { TimeSlice } from './time-slice.ts'

const digitBits = 16
const radix = 2 ** digitBits
// In entries: some 0.2 ms of work.
const blockSize = 16_384

/**
 * The numbers from 0 to `count - 1` in ascending order of `keyOf`, whole numbers from 0 to 2 ** 48. Equal keys keep
 * their order.
 *
 * A radix sort, because its passes can be interrupted anywhere: `Array.prototype.sort` of a million entries holds up
 * the event loop for half a second.
 */
export async function sortedByKey (count: number, keyOf: (entry: number) => number, slice: TimeSlice): Promise<Uint32Array> {
  let order = new Uint32Array(count)
  let target = new Uint32Array(count)
  for (let entry = 0; entry < count; entry++) order[entry] = entry
  for (let divisor = 1; divisor < 2 ** 48; divisor *= radix) {
    const digitOf = (entry: number) => Math.floor(keyOf(entry) / divisor) % radix
    const starts = new Uint32Array(radix + 1)
    await inBlocks(count, slice, position => { starts[digitOf(position) + 1]!++ })
    for (let digit = 0; digit < radix; digit++) starts[digit + 1]! += starts[digit]!
    const source = order
    await inBlocks(count, slice, position => {
      const entry = source[position]!
      target[starts[digitOf(entry)]!++] = entry
    })
    order = target
    target = source
  }
  return order
}

async function inBlocks (count: number, slice: TimeSlice, visit: (position: number) => void): Promise<void> {
  for (let start = 0; start < count; start += blockSize) {
    const end = Math.min(start + blockSize, count)
    for (let position = start; position < end; position++) visit(position)
    if (slice.isOver) await slice.rest()
  }
}
