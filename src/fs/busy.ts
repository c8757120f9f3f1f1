import { setTimeout as delay } from 'node:timers/promises'
import { err, type ResultAsync } from 'neverthrow'
import { attemptAsync } from '../async/result.ts'
import { isBusy } from './errno.ts'

// In milliseconds: a second in all.
const delaysMs: readonly number[] = [5, 10, 20, 40, 80, 160, 320, 365]

/**
 * Makes a call, and makes it again for a second while it fails because another program has the file open for a moment.
 * Whatever has to hold when the file changes must be checked by `call` itself: others may change the file meanwhile.
 */
export function whileBusy<T> (call: () => ResultAsync<T, unknown>, delays = delaysMs): ResultAsync<T, unknown> {
  return call().orElse(cause => {
    const [delayMs, ...further] = delays
    return delayMs === undefined || !isBusy(cause) ? err(cause) : attemptAsync(() => delay(delayMs)).andThen(() => whileBusy(call, further))
  })
}
