import { inspect } from 'node:util'

/** Throws a `TypeError` unless `owner` is what an owner is in the index: a string that is not empty. */
export function requireOwner (owner: unknown): void {
  if (typeof owner !== 'string' || owner === '') throw new TypeError(`An owner is a string that is not empty, and not ${inspect(owner, { depth: 0 })}`)
}

/** Throws a `TypeError` for options of a method that are no object, or have other names than these. */
export function requireNames (options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError(`The options are ${inspect(options)}; expected an object with ${names.join(', ')}`)
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) throw new TypeError(`There is no option ${inspect(unknown)}; expected ${names.join(', ')}`)
}
