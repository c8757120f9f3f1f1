import { Result } from 'neverthrow'
import { unsendableIn } from './cookie.ts'
import { findMergeBase, isPluginSession } from './merge-base.ts'

// Bounds what is remembered until the first save decides.
const maxLoaded = 1_000

/**
 * Finds out whether the plugin carries the merge base of a session from `get` to `set`, by the first loaded session that
 * is saved. `@fastify/session` does since 11.1.2.
 */
export class PluginSupport {
  readonly #loaded = new Set<string>()
  #isDecided = false

  /** To be called for each session that `get` gives out. */
  loaded (id: string): void {
    if (!this.#isDecided && this.#loaded.size < maxLoaded) this.#loaded.add(id)
  }

  /** Whether this `set` shows that the plugin does not carry it. `true` at most once. */
  detectsUnsupported (id: string, session: object, file: string): boolean {
    if (this.#isDecided || !this.#loaded.delete(id) || !isPluginSession(session)) return false
    this.#isDecided = true
    this.#loaded.clear()
    return findMergeBase(session, file) === null
  }
}

/**
 * Why the plugin will throw in the callback of `set`, or `null`: it sends the cookie there. When the callback comes later,
 * nothing catches that, and the process ends.
 */
export function unsendableCookie (session: object): TypeError | null {
  if (!isPluginSession(session)) return null
  const names = safeUnsendable(session).unwrapOr([])
  return names.length === 0 ? null : new TypeError(`the cookie cannot be sent: its ${names.join(', ')} is not valid`)
}

// What throws when it is read throws again when it is serialized.
const safeUnsendable = Result.fromThrowable((session: { readonly cookie?: any }) => unsendableIn(session.cookie))
