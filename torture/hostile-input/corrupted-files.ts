import { readFile, writeFile } from 'node:fs/promises'
import type { StoredSession, StoreOptions } from '../../src/index.ts'
import { defaultTtl, expiryOf } from '../internals.ts'
import { Random } from '../random.ts'
import { openTestedStore } from '../tested-store.ts'
import { ensure, type Progress } from '../trial.ts'
import { mutateBytes } from './mutate-bytes.ts'

const original = {
  cookie: { path: '/', httpOnly: true, secure: true, sameSite: 'lax', expires: new Date(4e12), originalMaxAge: 1e12, originalExpires: new Date(4e12) },
  user: { name: 'Zoë "Ada" \\ 👩‍💻', roles: ['admin', 'user'], id: 12345.678e-5 },
  cart: [{ item: 'ünï', count: 3 }, null, true, false, -0.5],
  csrf: 'p'.repeat(64)
}

interface Corruptions {
  readonly options: StoreOptions
  readonly count: number
  readonly seed: number
  readonly progress: Progress
}

/** The file of a session is mutated at random: it is read as what it says, or reported, and never changed by reading. */
export async function corruptedFiles (directory: string, { options, count, seed, progress }: Corruptions): Promise<number> {
  const random = new Random(seed)
  const { store, get, set, takeFailures } = openTestedStore(directory, options)
  await set('a', original)
  const file = store.sessionFile('a')
  const intact = await readFile(file)
  for (let number = 0; number < count; number++) {
    progress(number / count)
    const bytes = mutateBytes(intact, random)
    await writeFile(file, bytes)
    const session = await get('a')
    const failures = await takeFailures()
    const description = () => `${JSON.stringify(bytes.toString('latin1'))} gave ${JSON.stringify(session)} and ${failures.length} failures`
    ensure(Buffer.compare(await readFile(file), bytes) === 0, 'a file was changed by reading it')
    const expected = expectedOf(bytes)
    if (expected === 'invalid') {
      ensure(session === null && failures.length === 1, description)
    } else if (isEnvelope(expected)) {
      ensure(session === null ? failures.length === 1 : session.csrf === original.csrf && session.cart.length === 5, description)
    } else if (expected !== 'expired') {
      ensure(session !== null && failures.length === 0 && areSameButCookie(session, expected), description)
    }
    ensure(({} as { admin?: unknown }).admin === undefined, 'Object.prototype was changed')
    if (number % 100 === 0) {
      for await (const { id } of store.list()) ensure(id === 'a', 'another session is listed')
      await store.prune()
      await set('a', original)
      ensure((await get('a'))?.csrf === original.csrf, 'it does not work again')
      await takeFailures()
    }
  }
  return count
}

/** What the bytes should be read as, determined without the code of the store that reads files. */
function expectedOf (bytes: Buffer): Record<string, unknown> | 'expired' | 'invalid' {
  try {
    // A byte order mark is allowed.
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value !== 'object' || value === null || Array.isArray(value) || hasForbiddenKey(value)) return 'invalid'
    return expiryOf(value as StoredSession, Date.now(), defaultTtl) < Date.now() + 10_000 ? 'expired' : value as Record<string, unknown>
  } catch {
    return 'invalid'
  }
}

function hasForbiddenKey (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Object.hasOwn(value, '__proto__')) return true
  if (Object.hasOwn(value, 'constructor') && typeof value.constructor === 'object' && value.constructor !== null && Object.hasOwn(value.constructor, 'prototype')) return true
  return Object.values(value).some(hasForbiddenKey)
}

// The four keys of an encrypted session, of which one may be damaged.
function isEnvelope (session: object | string): boolean {
  const { encrypted } = session as { readonly encrypted?: unknown }
  return typeof encrypted === 'string' && encrypted.startsWith('fastify-file-session-store/')
}

function areSameButCookie (one: object, other: object): boolean {
  return JSON.stringify({ ...one, cookie: 0 }) === JSON.stringify({ ...other, cookie: 0 })
}
