/** Decides which fields of sessions are shown. */
export class Redactor {
  readonly #names: ReadonlySet<string>

  constructor (names: readonly string[]) {
    this.#names = new Set(names.map(name => name.toLowerCase()))
  }

  /** Whether the value of a field of this name is hidden, in upper or lower case. */
  hides (name: string): boolean {
    return this.#names.has(name.toLowerCase())
  }

  /** `value` as JSON with `[hidden]` in place of what is hidden, at any depth. */
  toJson (value: unknown, indent = 2): string {
    return JSON.stringify(value, (name, inner) => this.hides(name) ? '[hidden]' : inner, indent) ?? ''
  }
}
