import fc from 'fast-check'
import type { Fields } from './player.ts'

/** The cookie of a session; `null` for a session that has none. */
export type Cookie = null | {
  /** In milliseconds, as it was set once. */
  readonly maxAge: number | null
  /** How long after now it expires where no `maxAge` rules, in milliseconds. */
  readonly after: number | null
  /** Whether it has the plugin's `originalExpires`. */
  readonly hasOriginal: boolean
}

/** What a file is edited to: a session, or a text that is none. */
export type Content = string | { readonly fields: Fields, readonly cookie: Cookie }

interface Put { readonly type: 'set', readonly id: string, readonly fields: Fields, readonly cookie: Cookie, readonly isThrowing: boolean }
interface Simple { readonly type: 'get' | 'destroy', readonly id: string, readonly isThrowing: boolean }

/** One step of a program, done by one of the players or to the directory itself. */
export type Command = { readonly player: number } & (
  | Simple
  | Put
  | { readonly type: 'revoke', readonly id: string }
  | { readonly type: 'touch', readonly id: string, readonly cookie: Cookie }
  | { readonly type: 'load', readonly id: string, readonly slot: number }
  | { readonly type: 'save', readonly slot: number, readonly changes: Fields, readonly isRolling: boolean }
  | { readonly type: 'list', readonly isExpiredToo: boolean }
  | { readonly type: 'count' | 'prune' | 'restart' }
  | { readonly type: 'together', readonly commands: ReadonlyArray<{ readonly player: number } & (Simple | Put)> }
  | { readonly type: 'pass', readonly time: number }
  | {
    readonly type: 'edit'
    readonly id: string
    readonly other: string
    readonly how: { readonly type: 'remove' } | { readonly type: 'copy' | 'write', readonly content: Content, readonly isInPlace: boolean }
  })

// One of everything that is odd about ids; the same few, so that programs meet.
const ids = ['a', 'b', '../é', 'constructor']

// Around each lifetime, to the millisecond, and the grace that a prune leaves.
const lifetimes = [-1, 1, 1_000, 60_000, 100_000]
const times = [1, 999, 1_000, 60_000, 100_000, 160_000]

const nothings = ['', '5', 'null', '[]', '"a"', '{"user":', '{"__proto__":{"admin":true}}', '\0\0\0\0', '{}{}']

const id = fc.constantFrom(...ids)
const player = fc.nat({ max: 2 })
const slot = fc.nat({ max: 1 })
const isThrowing = fc.nat({ max: 9 }).map(number => number === 0)

const value = fc.oneof(
  fc.integer(),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
  fc.record({ name: fc.string({ unit: 'binary', maxLength: 3 }) })
)
const name = fc.constantFrom('user', 'cart', 'count', 'length', 'ünï')
const fields: fc.Arbitrary<Fields> = fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true })
const changes: fc.Arbitrary<Fields> = fc.dictionary(name, fc.oneof(value, fc.constant(undefined)), { maxKeys: 2, noNullPrototype: true })

const someCookie = fc.oneof(
  fc.record({ maxAge: fc.constantFrom(...lifetimes), after: fc.constant(null), hasOriginal: fc.boolean() }),
  fc.record({ maxAge: fc.constant(null), after: fc.option(fc.constantFrom(...lifetimes)), hasOriginal: fc.boolean() })
)
const cookie: fc.Arbitrary<Cookie> = fc.option(someCookie, { freq: 5 })
const session = fc.record({ fields, cookie })
const content: fc.Arbitrary<Content> = fc.oneof(session, fc.constantFrom(...nothings))

const simple = (type: 'get' | 'destroy') => fc.record({ type: fc.constant(type), player, id, isThrowing })
const set = fc.record({ type: fc.constant('set' as const), player, id, fields, cookie, isThrowing })
const calm = { isThrowing: false }

// Of calls at once those that change come first: a `get` may see what is set after it, not what was set before it.
const together = fc.record({
  type: fc.constant('together' as const),
  player,
  changes: fc.array(fc.oneof(set, simple('destroy')), { maxLength: 6 }),
  looks: fc.array(simple('get'), { maxLength: 2 })
}).map(({ changes, looks, ...rest }) => ({ ...rest, commands: [...changes, ...looks].map(command => ({ ...command, ...calm })) }))

const edit = fc.record({
  type: fc.constant('edit' as const),
  player,
  id,
  other: id,
  how: fc.oneof(
    fc.record({ type: fc.constant('remove' as const) }),
    fc.record({ type: fc.constantFrom('copy' as const, 'write' as const), content, isInPlace: fc.boolean() })
  )
})

const inside: ReadonlyArray<fc.WeightedArbitrary<Command>> = [
  { weight: 6, arbitrary: simple('get') },
  { weight: 6, arbitrary: set },
  { weight: 2, arbitrary: simple('destroy') },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('revoke' as const), player, id }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('touch' as const), player, id, cookie: someCookie }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('load' as const), player, id, slot }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('save' as const), player, slot, changes, isRolling: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('list' as const), player, isExpiredToo: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('count' as const, 'prune' as const, 'restart' as const), player }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('prune' as const), player }) },
  { weight: 2, arbitrary: together },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('pass' as const), player, time: fc.constantFrom(...times) }) }
]

/** Programs for the stores of a directory; with `isAlone`, nobody else touches its files. */
export function programs (isAlone: boolean): fc.Arbitrary<Command[]> {
  const command = isAlone ? fc.oneof(...inside) : fc.oneof(...inside, { weight: 3, arbitrary: edit })
  return fc.array(command, { minLength: 1, maxLength: 40, size: 'max' })
}
