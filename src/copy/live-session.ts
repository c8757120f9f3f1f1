import { Result } from 'neverthrow'
import type { StoredSession } from '../session/session.ts'

/**
 * The session of a request as it is at the moment of a `set`: what it holds is taken now, since other calls to the stores
 * come first, and may have changed by then.
 *
 * By what is under the session's symbols `FileStore` finds what the request has loaded or saved, and so what it has
 * changed. That is asked for when the session is saved: a save that was called before may have put it there.
 */
export class LiveSession {
  readonly #live: object
  readonly #json

  constructor (live: object) {
    this.#live = live
    this.#json = safeStringify(live)
  }

  /**
   * Calls `save` with a copy of the session, symbols included. What a store attaches to the copy under a symbol is there
   * on the live session afterwards, also if the store fails, unless that is sealed or frozen.
   *
   * Rejects with the error of `save`, and with what the session threw when it was serialized.
   */
  async save (save: (copy: StoredSession) => Promise<void>): Promise<void> {
    if (this.#json.isErr()) throw this.#json.error
    const before = symbolsOf(this.#live)
    const copy: StoredSession = Object.assign(JSON.parse(this.#json.value), before)
    try {
      await save(copy)
    } finally {
      this.#attach(before, symbolsOf(copy))
    }
  }

  // What the plugin has put under its own symbols in the meantime stays.
  #attach (before: Symbols, after: Symbols): void {
    for (const symbol of Object.getOwnPropertySymbols(after)) {
      const value = after[symbol]
      if (value !== before[symbol]) Reflect.defineProperty(this.#live, symbol, { value, enumerable: false, configurable: true, writable: true })
    }
  }
}

type Symbols = Readonly<Record<symbol, unknown>>

function symbolsOf (session: object): Symbols {
  return Object.fromEntries(Object.getOwnPropertySymbols(session).map(symbol => [symbol, (session as Symbols)[symbol]])) as Symbols
}

// A result, since the error may be read much later.
const safeStringify = Result.fromThrowable((session: object) => JSON.stringify(session))
