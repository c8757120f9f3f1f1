import type { StoredSession } from '../../index.ts'
import type { Redactor } from '../redact.ts'

/** What a session's field is compared with. */
export interface FieldTest {
  /** The names that lead to the field, from the outside in. */
  readonly path: readonly string[]
  /** `has`: it is there. `equals`: its text is `value`. `contains`: its text contains `value`, in upper or lower case. */
  readonly kind: 'has' | 'equals' | 'contains'
  readonly value: string
}

/** What an operator typed: `user.name=Ada`, `user.name~ad` or `user.name`. `null` when that names no field. */
export function parseFieldTest (text: string): FieldTest | null {
  const match = /^([^=~]+)(?:([=~])(.*))?$/s.exec(text)
  if (match === null) return null
  const [, path, operator, value = ''] = match
  const names = path!.split('.').map(name => name.trim())
  if (names.includes('')) return null
  return { path: names, kind: operator === '=' ? 'equals' : operator === '~' ? 'contains' : 'has', value: value.trim() }
}

/** Whether a field of `session` passes the test. Of a list, one item has to. Hidden fields do not match. */
export function passes (session: StoredSession, { path, kind, value }: FieldTest, redactor: Redactor): boolean {
  if (path.some(name => redactor.hides(name))) return false
  const found = valueAt(session, path)
  if (found === undefined) return false
  if (kind === 'has') return true
  const texts = (Array.isArray(found) ? [...found, found] : [found]).map(item => typeof item === 'string' ? item : redactor.toJson(item, 0))
  return kind === 'equals'
    ? texts.includes(value)
    : texts.some(text => text.toLowerCase().includes(value.toLowerCase()))
}

function valueAt (value: unknown, path: readonly string[]): unknown {
  let inner = value
  for (const name of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, name)) return undefined
    inner = (inner as Record<string, unknown>)[name]
  }
  return inner
}
