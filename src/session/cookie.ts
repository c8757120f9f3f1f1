import { types } from 'node:util'

// What the package `cookie` accepts in an attribute, as of RFC 6265; for anything else it throws. Its years are those from
// 1601 to 9999: one year less lets a lifetime be counted from a later moment than now.
const earliest = Date.UTC(1601, 0)
const latest = Date.UTC(9999, 0)
const pathCharacters = /^[\u0020-\u003A\u003D-\u007E]*$/
const domainName = /^\.?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i
const sameSites = new Set<unknown>([true, 'lax', 'strict', 'none'])

const isSendable = (time: number) => time >= earliest && time <= latest
const isMaxAge = (value: unknown) => typeof value === 'number' && isSendable(Date.now() + value)

const checks: ReadonlyArray<readonly [name: string, canBeSent: (value: unknown) => boolean]> = [
  ['originalMaxAge', isMaxAge],
  ['maxAge', isMaxAge],
  ['expires', value => isSendable(timeOf(value) ?? NaN)],
  ['path', value => typeof value === 'string' && pathCharacters.test(value)],
  ['domain', value => typeof value === 'string' && domainName.test(value)],
  ['sameSite', value => sameSites.has(typeof value === 'string' ? value.toLowerCase() : value)]
]

/**
 * Removes the attributes of a stored cookie that cannot be sent to a browser, such as a path with a line break in a file
 * that was edited. `@fastify/session` finds out when the response is about to end, and throws in the callback of `set`:
 * one that comes later ends the process then.
 */
export function removeUnsendable (cookie: Record<string, unknown>): void {
  for (const name of unsendableIn(cookie)) delete cookie[name]
}

/** The names of the attributes of a cookie that cannot be sent to a browser. */
export function unsendableIn (cookie: Record<string, unknown>): string[] {
  // The plugin takes what is not truthy for absent.
  return checks.filter(([name, canBeSent]) => cookie[name] && !canBeSent(cookie[name])).map(([name]) => name)
}

/** The time of a cookie's date, in milliseconds since 1970, or `null` when it has none or an invalid one. */
export function timeOf (date: unknown): number | null {
  const time = typeof date === 'string' ? Date.parse(date) : types.isDate(date) ? date.getTime() : date
  return typeof time === 'number' && Number.isFinite(time) ? time : null
}
