import { inspect } from 'node:util'

/** What an option has to be, how that is said, and how a value that is something else is shown. */
export type Validator = readonly [isValid: (value: unknown) => boolean, expectation: string, show?: (value: unknown) => string]

const optional = (isValid: (value: unknown) => boolean, expectation: string): Validator => [value => value === undefined || isValid(value), expectation]

const hasMethods = (value: unknown, names: readonly string[]) =>
  typeof value === 'object' && value !== null && names.every(name => typeof (value as Record<string, unknown>)[name] === 'function')

const inspected = (value: unknown) => inspect(value, { depth: 0 })

/** `true` or `false`. */
export const boolean = optional(value => typeof value === 'boolean', 'true or false')
/** A function. */
export const func = optional(value => typeof value === 'function', 'a function')
/** How many at the same time. */
export const positiveInteger = optional(value => Number.isSafeInteger(value) && value as number > 0, 'a whole number above 0')
/** A time, which may be 0. */
export const milliseconds = optional(value => Number.isFinite(value) && value as number >= 0, 'a number of milliseconds, 0 or more')
/** An `AbortSignal`, also one of another realm. */
export const abortSignal = optional(value => typeof (value as { aborted?: unknown } | null)?.aborted === 'boolean', 'an AbortSignal')
/** A `KeyedStore`, which has to be given. Only the type of another value is shown: an address may have a password in it. */
export const keyedStore: Validator = [value => hasMethods(value, ['get', 'set', 'destroy']), 'a store with the methods get, set and destroy', value => `of type ${typeof value}`]
/** What is checked where it is used. */
export const unchecked: Validator = [() => true, '']

/** Throws a `TypeError` that names the first of the `options` of `owner` that is not as expected, or that it does not have. */
export function validateOptions<Options extends object> (owner: string, options: Options, validators: { readonly [Name in keyof Options]-?: Validator }): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(validators, name)) throw new TypeError(`${owner} has no option ${inspect(name)}; it has ${Object.keys(validators).join(', ')}`)
  }
  for (const [name, [isValid, expectation, show = inspected]] of Object.entries<Validator>(validators)) {
    const value = options[name as keyof Options]
    if (!isValid(value)) throw new TypeError(`The option ${name} of ${owner} is ${show(value)}; expected ${expectation}`)
  }
}
