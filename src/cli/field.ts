import { isDeepStrictEqual } from 'node:util'
import { usageError } from './exit.ts'
import { printable } from './text.ts'

/** A place in a session: the keys on the way to it. */
export type Path = readonly string[]

/** What a session must be like to be shown. */
export type Condition = (session: unknown) => boolean

/** The path that a text such as `user.name` or `cart.0` says; `\.` is a dot within a key. */
export function parsePath (text: string): Path {
  const keys = text.split(/(?<!\\)\./).map(key => key.replaceAll('\\.', '.'))
  if (keys.includes('')) throw usageError(`The field '${printable(text)}' has an empty part; write it as in user.name.`)
  return keys
}

/** What a session holds at `path`; `undefined` when there is nothing. Only its own properties count. */
export function valueAt (session: unknown, path: Path): unknown {
  let value = session
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** A value as a table shows it and a condition compares it: a text as it is, everything else as JSON. */
export function textOf (value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * The condition that an expression says: `user.name=Ada`, `user.name!=Ada`, `user.name~^A` (a regular expression),
 * `user` (there is one), `!user` (there is none). An array matches when one of its elements does.
 */
export function parseCondition (expression: string): Condition {
  const [, path = '', operator, operand = ''] = /^(.*?)(?:(!=|=|~)(.*))?$/s.exec(expression) ?? []
  if (operator === undefined) {
    const isNegated = path.startsWith('!')
    const keys = parsePath(isNegated ? path.slice(1) : path)
    return session => (valueAt(session, keys) === undefined) === isNegated
  }
  const keys = parsePath(path)
  const isMatch = operator === '~' ? matching(operand) : (value: unknown) => isEqual(value, operand)
  return session => {
    const value = valueAt(session, keys)
    const isFound = value !== undefined && (isMatch(value) || (Array.isArray(value) && value.some(isMatch)))
    return isFound !== (operator === '!=')
  }
}

/** The paths that an expression speaks of, to show what it found. */
export function pathOf (expression: string): string {
  return /^!?(.*?)(?:(?:!=|=|~).*)?$/s.exec(expression)?.[1] ?? expression
}

function matching (pattern: string): (value: unknown) => boolean {
  try {
    const expression = new RegExp(pattern, 'u')
    return value => expression.test(textOf(value))
  } catch {
    throw usageError(`'${printable(pattern)}' is not a regular expression; quote special characters with a backslash.`)
  }
}

// `{"a": 1}` and `{"a":1}` are one value.
function isEqual (value: unknown, operand: string): boolean {
  if (textOf(value) === operand) return true
  if (typeof value !== 'object') return false
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), JSON.parse(operand))
  } catch {
    return false
  }
}
