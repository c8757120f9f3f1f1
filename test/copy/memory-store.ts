import type { KeyedStore } from '../../src/copy/keyed-store.ts'

type Callback = (error: any, value?: any) => void

/** A store in memory that holds serialized sessions, as a Redis does, and lists ids. */
export class MemoryStore implements KeyedStore {
  readonly texts = new Map<string, string>()
  /** The error that a verb of an id calls back with instead of doing anything, as in `set a`. */
  readonly errors = new Map<string, unknown>()

  get (id: string, callback: Callback): void {
    this.#unless(`get ${id}`, callback, () => JSON.parse(this.texts.get(id) ?? 'null'))
  }

  set (id: string, session: unknown, callback: Callback): void {
    const text = JSON.stringify(session)
    this.#unless(`set ${id}`, callback, () => { this.texts.set(id, text) })
  }

  destroy (id: string, callback: Callback): void {
    this.#unless(`destroy ${id}`, callback, () => { this.texts.delete(id) })
  }

  ids (callback: Callback): void {
    this.#unless('ids', callback, () => [...this.texts.keys()])
  }

  /** What it holds as `id`. */
  held (id: string): any {
    return JSON.parse(this.texts.get(id) ?? 'null')
  }

  #unless (name: string, callback: Callback, run: () => unknown): void {
    queueMicrotask(() => this.errors.has(name) ? callback(this.errors.get(name)) : callback(null, run()))
  }
}
