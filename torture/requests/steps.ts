import fc from 'fast-check'
import type { Fields } from './live-session.ts'

/** What one request does at a time, to the one session that there is. */
export type Step =
  | { readonly type: 'load' | 'save', readonly request: number }
  | { readonly type: 'change', readonly request: number, readonly key: string, readonly value: number | undefined }
  | { readonly type: 'login', readonly session: Fields }
  | { readonly type: 'logout' | 'turn' | 'flush' }

const request = fc.nat({ max: 3 })
const key = fc.constantFrom('a', 'b', 'c')
const value = fc.integer({ min: 0, max: 2 })

/** A random step; `turn` lets one turn of the event loop pass, `flush` waits until everything is written. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom('load' as const, 'save' as const), request }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('change' as const), request, key, value: fc.option(value, { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('login' as const), session: fc.dictionary(key, value) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('turn' as const, 'turn' as const, 'turn' as const, 'flush' as const, 'logout' as const) }) }
)
