import type { Store } from './stores.ts'

/** A `Map` of JSON strings: the least that a store can do which gives out what it was given. */
export function mapStore (texts = new Map<string, string>()): Store {
  return {
    get (id, done) {
      const text = texts.get(id)
      done(null, text === undefined ? null : JSON.parse(text))
    },
    set (id, session, done) {
      texts.set(id, JSON.stringify(session))
      done()
    },
    destroy (id, done) {
      texts.delete(id)
      done()
    }
  }
}
