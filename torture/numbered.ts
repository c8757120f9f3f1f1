/** A session that is told by its number, and whose every character is known: half of one is none. */
export function sessionOf (number: number, seed: number): { readonly number: number, readonly seed: number, readonly cookie: object, readonly filler: string } {
  const cookie = { originalMaxAge: 3_600_000, expires: new Date(Date.now() + 3_600_000), path: '/' }
  // Up to some 30,000 characters: several pages.
  return { number, seed, cookie, filler: `${number} of ${seed}, `.repeat((number * 7919 + seed) % 2_000) }
}

/** Whether a session is one of those, whole. */
export function isWhole (session: any): boolean {
  return session !== null && session.filler === sessionOf(session.number, session.seed).filler && session.cookie?.originalMaxAge === 3_600_000
}
