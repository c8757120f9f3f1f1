/** What `@fastify/session` keeps about a session's cookie, as far as the session's expiry depends on it. */
export interface StoredCookie {
  /** How long after its last use the session expires, in milliseconds. */
  originalMaxAge?: number | null
  /** When the session expires, unless `originalMaxAge` says so. */
  expires?: Date | string | number | null
  /** Written by the store when the application has set `expires` itself beside a `maxAge`: then `expires` decides. */
  fixedExpiry?: boolean
  [key: string]: unknown
}

/** A session as it is stored: a JSON object, with or without a cookie. */
export interface StoredSession {
  cookie?: StoredCookie
  [key: string]: unknown
}

/**
 * How deep a session may be nested. `JSON.stringify`, the plugin's hash and comparison recurse, and some thousand
 * levels overflow their stack; every supported version of Node.js and the plugin handles this many at any point of
 * their call stack.
 */
export const maxDepth = 256

/** Whether `value` is what JSON calls an object. */
export function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a session is certainly one: it has the cookie that every session of the plugin has. Other files may not be the store's. */
export function hasCookie (session: StoredSession): boolean {
  return isObject(session.cookie)
}

/** Whether a JSON text is nested deeper than `maxDepth`. */
export function isTooDeep (json: string): boolean {
  // Each level takes two characters at least, one of which opens it. To search for these is many times faster than to read all.
  if (json.length <= 2 * maxDepth || !opensMoreThan(maxDepth, json)) return false
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at)
    if (character === quote) at = endOfString(json, at)
    else if (character === openBrace || character === openBracket) {
      if (++depth > maxDepth) return true
    } else if (character === closeBrace || character === closeBracket) depth--
  }
  return false
}

function opensMoreThan (limit: number, json: string): boolean {
  let count = 0
  for (const opening of ['{', '[']) {
    for (let at = json.indexOf(opening); at !== -1; at = json.indexOf(opening, at + 1)) if (++count > limit) return true
  }
  return false
}

const quote = 0x22
const openBrace = 0x7B
const closeBrace = 0x7D
const openBracket = 0x5B
const closeBracket = 0x5D
const backslash = 0x5C

// The index of the quote that ends the string that begins at `start`.
function endOfString (json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let backslashes = 0
    while (json.charCodeAt(end - 1 - backslashes) === backslash) backslashes++
    if (backslashes % 2 === 0) return end
  }
  return json.length
}
