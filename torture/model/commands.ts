import fc from 'fast-check'
import type { Fields } from './driver.ts'
import { damages, type Damage } from '../index-files.ts'

/** The cookie of a session; `null` for a session without one. */
export type Cookie = null | {
  /** In milliseconds. */
  readonly maxAge: number | null
  /** In how many milliseconds it expires, where there is no `maxAge`. */
  readonly expiresIn: number | null
  /** Whether it has the plugin's `originalExpires`. */
  readonly hasOriginalExpires: boolean
}

/** What is written into a file from outside: a session, or a text that is not one. */
export type Content = string | { readonly fields: Fields, readonly cookie: Cookie }

/** What a request does to its cookie, with the time from now at which it is to expire, in milliseconds. */
export type RelativeCookieChange =
  | { readonly type: 'touch' }
  | { readonly type: 'maxAge' | 'expires', readonly milliseconds: number }

interface SetCommand { readonly type: 'set', readonly id: string, readonly fields: Fields, readonly cookie: Cookie, readonly isThrowing: boolean }
interface PlainCommand { readonly type: 'get' | 'destroy', readonly id: string, readonly isThrowing: boolean }

/** One step of a sequence: done by the store of one driver, or to the directory from outside. */
export type Command = { readonly driver: number } & (
  | PlainCommand
  | SetCommand
  | { readonly type: 'revoke', readonly id: string }
  | { readonly type: 'touch', readonly id: string, readonly cookie: Cookie }
  | { readonly type: 'load', readonly id: string, readonly slot: number }
  | { readonly type: 'create', readonly id: string, readonly slot: number, readonly fields: Fields, readonly maxAge: number | null }
  | { readonly type: 'save', readonly slot: number, readonly changes: Fields, readonly cookieChange: RelativeCookieChange | null }
  | { readonly type: 'list', readonly isExpiredToo: boolean }
  | { readonly type: 'count' | 'prune' | 'clear' | 'restart' }
  | { readonly type: 'concurrent', readonly commands: ReadonlyArray<{ readonly driver: number } & (PlainCommand | SetCommand)> }
  | { readonly type: 'advance', readonly milliseconds: number }
  | {
    readonly type: 'edit'
    readonly id: string
    readonly other: string
    readonly how: { readonly type: 'remove' } | { readonly type: 'copy' | 'write', readonly content: Content, readonly isInPlace: boolean }
  }
  | { readonly type: 'list-owner', readonly owner: string }
  | { readonly type: 'revoke-owner', readonly owner: string, readonly except: string | null }
  | { readonly type: 'damage', readonly damage: Damage, readonly which: number })

// One of each kind of unusual id. Few, so that commands meet on one session.
const ids = ['a', 'b', '../é', 'constructor']

/** Whose sessions may be in owned sequences. */
export const ownerNames = ['ada', 'bob', '../é'] as const

// In milliseconds: before, at and after each lifetime, and the grace period of pruning.
const lifetimes = [-1, 1, 1_000, 60_000, 100_000]
const steps = [1, 999, 1_000, 60_000, 100_000, 160_000]

const invalidTexts = ['', '5', 'null', '[]', '"a"', '{"user":', '{"__proto__":{"admin":true}}', '\0\0\0\0', '{}{}']

const id = fc.constantFrom(...ids)
const driver = fc.nat({ max: 2 })
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
  fc.record({ maxAge: fc.constantFrom(...lifetimes), expiresIn: fc.constant(null), hasOriginalExpires: fc.boolean() }),
  fc.record({ maxAge: fc.constant(null), expiresIn: fc.option(fc.constantFrom(...lifetimes)), hasOriginalExpires: fc.boolean() })
)
const cookie: fc.Arbitrary<Cookie> = fc.option(someCookie, { freq: 5 })

// `expires` within a lifetime from now, and beyond it.
const cookieChange: fc.Arbitrary<RelativeCookieChange> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'touch' as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('maxAge' as const, 'expires' as const), milliseconds: fc.constantFrom(...lifetimes, -100_000, 30_000, 500_000) }) }
)

const plain = (type: 'get' | 'destroy') => fc.record({ type: fc.constant(type), driver, id, isThrowing })
const notThrowing = { isThrowing: false }

// What sessions hold, and what requests change in them.
interface Contents {
  readonly fields: fc.Arbitrary<Fields>
  readonly changes: fc.Arbitrary<Fields>
}

const ownerName = fc.constantFrom(...ownerNames)

const user = fc.oneof(ownerName, fc.record({ name: ownerName, seen: fc.nat(2) }))

// Sessions of a few owners, of none, and of what is not a name.
const owned: Contents = {
  fields: fc.tuple(fields, fc.option(fc.oneof({ weight: 6, arbitrary: user }, { weight: 1, arbitrary: fc.constant('') }), { freq: 5 })).map(([fields, user]) => ({ ...fields, ...(user !== null && { user }) })),
  changes: fc.oneof(
    { weight: 2, arbitrary: fc.tuple(changes, fc.option(user, { nil: undefined, freq: 4 })).map(([changes, user]) => ({ ...changes, user })) },
    { weight: 1, arbitrary: changes }
  )
}

function storeCommands ({ fields, changes }: Contents): ReadonlyArray<fc.WeightedArbitrary<Command>> {
  const set = fc.record({ type: fc.constant('set' as const), driver, id, fields, cookie, isThrowing })
  // Of concurrent calls the changes come first: a `get` may see a change that is called after it.
  const concurrent = fc.record({
    type: fc.constant('concurrent' as const),
    driver,
    changes: fc.array(fc.oneof(set, plain('destroy')), { maxLength: 6 }),
    reads: fc.array(plain('get'), { maxLength: 2 })
  }).map(({ changes, reads, ...rest }) => ({ ...rest, commands: [...changes, ...reads].map(command => ({ ...command, ...notThrowing })) }))
  return [
    { weight: 6, arbitrary: plain('get') },
    { weight: 6, arbitrary: set },
    { weight: 2, arbitrary: plain('destroy') },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('revoke' as const), driver, id }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('touch' as const), driver, id, cookie: someCookie }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('load' as const), driver, id, slot }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('save' as const), driver, slot, changes, cookieChange: fc.option(cookieChange, { nil: null }) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('create' as const), driver, id, slot, fields, maxAge: fc.option(fc.constantFrom(1_000, 60_000, 100_000), { nil: null }) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('list' as const), driver, isExpiredToo: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('count' as const, 'prune' as const, 'clear' as const, 'restart' as const), driver }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('prune' as const), driver }) },
    { weight: 2, arbitrary: concurrent },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('advance' as const), driver, milliseconds: fc.constantFrom(...steps) }) }
  ]
}

const ownerCommands: ReadonlyArray<fc.WeightedArbitrary<Command>> = [
  { weight: 6, arbitrary: fc.record({ type: fc.constant('list-owner' as const), driver, owner: ownerName }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('revoke-owner' as const), driver, owner: ownerName, except: fc.option(id, { nil: null }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('prune' as const), driver }) }
]

const damage: fc.WeightedArbitrary<Command> = {
  weight: 3, arbitrary: fc.record({ type: fc.constant('damage' as const), driver, damage: fc.constantFrom(...damages), which: fc.nat() })
}

// What others do to the files of sessions.
function edits ({ fields }: Contents): fc.WeightedArbitrary<Command> {
  const content: fc.Arbitrary<Content> = fc.oneof(fc.record({ fields, cookie }), fc.constantFrom(...invalidTexts))
  const how = fc.oneof(
    fc.record({ type: fc.constant('remove' as const) }),
    fc.record({ type: fc.constantFrom('copy' as const, 'write' as const), content, isInPlace: fc.boolean() })
  )
  return { weight: 3, arbitrary: fc.record({ type: fc.constant('edit' as const), driver, id, other: id, how }) }
}

/**
 * Random sequences of commands for the stores of a directory. With `isExclusive` nothing but the store changes its files;
 * with `isOwned` it has the option `owner`.
 */
export function commandSequences ({ isExclusive, isOwned }: { readonly isExclusive: boolean, readonly isOwned: boolean }): fc.Arbitrary<Command[]> {
  const contents = isOwned ? owned : { fields, changes }
  const command = fc.oneof(
    ...storeCommands(contents),
    ...(isExclusive ? [] : [edits(contents)]),
    ...(isOwned ? [...ownerCommands, damage] : [])
  )
  return fc.array(command, { minLength: 1, maxLength: 40, size: 'max' })
}
