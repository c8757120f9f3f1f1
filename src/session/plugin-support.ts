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
