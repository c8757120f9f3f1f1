/** A session of this number, whose every character follows from number and seed: a torn one is recognized. */
export function numberedSession (number: number, seed: number): { readonly number: number, readonly seed: number, readonly cookie: object, readonly filler: string } {
  const cookie = { originalMaxAge: 3_600_000, expires: new Date(Date.now() + 3_600_000), path: '/' }
  // Up to about 30,000 characters: several pages.
  return { number, seed, cookie, filler: `${number} of ${seed}, `.repeat((number * 7919 + seed) % 2_000) }
}

/** Whether a session is complete: exactly what `numberedSession` gave for its number and seed. */
export function isComplete (session: any): boolean {
  return session !== null && session.filler === numberedSession(session.number, session.seed).filler && session.cookie?.originalMaxAge === 3_600_000
}
