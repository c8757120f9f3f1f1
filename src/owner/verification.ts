// Each hour of the day another part of the sessions is due to be verified: the prunes of a day, whatever their interval,
// read each session once.
const parts = 24
const hourMs = 60 * 60 * 1000

/**
 * Which names, of sessions or of other things, are due to be verified at `now` when some were verified at `verifiedAt` last:
 * a twenty-fourth for each hour that has begun since, and all after a day. Times are in milliseconds since 1970.
 */
export function dueSince (verifiedAt: number, now: number): (name: string) => boolean {
  const [last, current] = [Math.floor(verifiedAt / hourMs), Math.floor(now / hourMs)]
  // A time in the future is from a clock that was ahead.
  const due = last > current ? parts : current - last
  return name => (partOf(name) + parts - (last + 1) % parts) % parts < due
}

// Ids may begin or end alike: all characters count.
function partOf (name: string): number {
  let hash = 0
  for (let at = 0; at < name.length; at++) hash = (hash * 31 + name.charCodeAt(at)) >>> 0
  return hash % parts
}
