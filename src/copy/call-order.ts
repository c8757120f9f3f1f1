/** Runs the tasks of each key one after the other, in the order of the calls; those of different keys side by side. */
export class CallOrder {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `task` once the tasks of `key` before it have ended, however they did. Resolves and rejects as it does. */
  run<T> (key: string, task: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(key) ?? Promise.resolve()).then(task)
    const ended = result.then(() => {}, () => {}).then(() => {
      if (this.#last.get(key) === ended) this.#last.delete(key)
    })
    this.#last.set(key, ended)
    return result
  }
}
