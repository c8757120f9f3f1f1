import { createRequire } from 'node:module'

/** A session as `@fastify/session` hands it to a store. */
export interface BenchSession {
  count: number
  cookie: { expires: Date | null, originalExpires?: Date, originalMaxAge: number | null }
  [key: string]: unknown
}

/** What the JSON of a session takes on disk, in bytes: one that holds who is signed in, and one that holds much. */
export const sizes = { '400 bytes': 400, '8 KB': 8192 } as const

export type Size = keyof typeof sizes

/** How long the benchmark's sessions live, in milliseconds: a day, so that none expires meanwhile. */
export const maxAge = 86_400_000

// The plugin's own class: its cookie's toJSON and its symbols are part of what a store serialises.
const Session = createRequire(import.meta.url)('@fastify/session/lib/session.js') as new (
  store: object, request: object, generateId: () => string, cookie: object, signer: object, previous: object | undefined, id: string
) => BenchSession

const contents = new Map<number, Readonly<Record<string, unknown>>>()

/** What an application keeps in a session, so that the whole has about `size` bytes; the same object each time. */
export function contentOf (size: number): Readonly<Record<string, unknown>> {
  const content = contents.get(size) ?? fill(size)
  contents.set(size, content)
  return content
}

/** A session as the plugin makes it for a request of one who is not known yet. */
export function begin (id: string, size: number, time: number): BenchSession {
  return dated(Object.assign(make(id, undefined), contentOf(size)), new Date(time + maxAge), undefined)
}

/** A session as the plugin restores it for a request at `time`, from what the store gave. */
export function restore (id: string, stored: BenchSession, time: number): BenchSession {
  const session = make(id, stored)
  return dated(session, new Date(time + maxAge), session.cookie.originalExpires)
}

/** The same, with nothing moved: equal to what was stored to the last letter. */
export function restoreUnmoved (id: string, stored: BenchSession): BenchSession {
  const { expires, originalExpires } = stored.cookie
  return dated(make(id, stored), new Date(expires ?? NaN), originalExpires && new Date(originalExpires))
}

function fill (size: number): Record<string, unknown> {
  const content = {
    user: { id: 4711, name: 'Ada Lovelace', roles: ['author', 'editor'] },
    signedInAt: '2025-06-01T08:30:00.000Z',
    count: 0,
    items: [] as object[],
    note: ''
  }
  // About what the cookie, its dates and its attributes take.
  const room = size - 191
  for (let item = 1; length(content) + 80 < room; item++) {
    content.items.push({ article: `article-${10_000 + item}`, quantity: item % 7, price: 19.99 + item, gift: item % 2 === 0 })
  }
  content.note = 'n'.repeat(Math.max(0, room - length(content)))
  return content
}

function make (id: string, previous: object | undefined): BenchSession {
  return new Session({}, {}, () => id, { secure: false, maxAge }, { sign: (value: string) => value }, previous, id)
}

function dated (session: BenchSession, expires: Date, originalExpires: Date | undefined): BenchSession {
  Object.assign(session.cookie, { expires, originalExpires })
  return session
}

function length (value: unknown): number {
  return JSON.stringify(value).length
}
