import type { Store } from './side.ts'

/** A `Map` of JSON strings: the least work that keeps the application's objects apart from the store's. */
export function mapStore (): Store {
  const texts = new Map<string, string>()
  return {
    get (id, callback) {
      const text = texts.get(id)
      callback(null, text === undefined ? null : JSON.parse(text))
    },
    set (id, session, callback) {
      texts.set(id, JSON.stringify(session))
      callback()
    },
    destroy (id, callback) {
      texts.delete(id)
      callback()
    }
  }
}
