import { inspect } from 'node:util'

/** Called when an operation has ended, with an `Error` (whose `cause` is the failure) when it failed. */
export type Callback<T = void> = (error?: any, value?: T) => void

/** The callback, which must be a function. Throws a `TypeError` that says so. */
export function requiredCallback<T extends Function> (callback: T): T {
  if (typeof callback !== 'function') throw new TypeError(`FileStore needs a callback: a function, not ${inspect(callback, { depth: 0 })}`)
  return callback
}

/** The callback, if there is one. Throws a `TypeError` for anything else. */
export function optionalCallback<T extends Function> (callback: T | null | undefined): T | undefined {
  return callback === undefined || callback === null ? undefined : requiredCallback(callback)
}

/** Calls back when the promise has ended; outside of it, so that what `callback` throws is its caller's exception. */
export function callBackLater<T> (promise: Promise<T>, callback: Callback<T>): void {
  promise.then(
    value => process.nextTick(callback, null, value),
    (cause: unknown) => process.nextTick(callback, cause)
  )
}
