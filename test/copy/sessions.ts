import { randomBytes } from 'node:crypto'
import { type KeyedStore, setSession } from '../../src/copy/keyed-store.ts'

const hour = 60 * 60 * 1000

/** The cookies that sessions have: each kind of expiry that there is. */
const cookies: ReadonlyArray<(index: number) => object | undefined> = [
  // The plugin's `maxAge`: the expiry moves with each use.
  index => ({ originalMaxAge: hour + index * 1000, expires: new Date(Date.now() + hour + index * 1000), sameSite: null, secure: false, path: '/', httpOnly: true, domain: null }),
  // The plugin's `expires`.
  index => ({ originalMaxAge: null, expires: new Date(Date.now() + 2 * hour + index * 1000), path: '/' }),
  // A cookie that ends with the browser.
  () => ({ originalMaxAge: null, expires: null, path: '/' }),
  // None, as a script may write it.
  () => undefined
]

/** The session number `index`, with each kind of value that JSON has, and each kind of cookie in turn. */
export function sampleSession (index: number): { readonly [key: string]: unknown } {
  const cookie = cookies[index % cookies.length]!(index)
  return {
    ...(cookie === undefined ? {} : { cookie }),
    user: { id: index, name: `Ada ${index}`, roles: ['admin', null, index % 2 === 0] },
    text: 'žluťoučký kůň "\\ 🐎',
    empty: '',
    zero: 0,
    half: index + 0.5,
    nested: { list: [[], {}, [index]], none: null }
  }
}

/** An id as `@fastify/session` makes it. */
export function sampleId (): string {
  return randomBytes(24).toString('base64url')
}

/** Stores so many sample sessions, and returns their ids. */
export async function fill (store: KeyedStore, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, sampleId)
  // Not all at once: the files would wait in memory.
  for (let index = 0; index < count; index += 500) {
    await Promise.all(ids.slice(index, index + 500).map((id, offset) => setSession(store, id, sampleSession(index + offset))))
  }
  return ids
}
