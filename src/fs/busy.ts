import { setTimeout as delay } from 'node:timers/promises'
import { err, ok, type Result, type ResultAsync } from 'neverthrow'
import { pending } from '../async/result.ts'
import { isBusy } from './errno.ts'

// In milliseconds: a second in all.
const delaysMs: readonly number[] = [5, 10, 20, 40, 80, 160, 320, 365]

/**
 * Makes a call, and makes it again for a second while it fails because another program has the file open for a moment: when
 * `causeOf` its failure is such an error of the system. Whatever has to hold when the file changes must be checked by `call`
 * itself: others may change the file meanwhile.
 */
export function whileBusy<T, E> (call: () => ResultAsync<T, E>, causeOf: (failure: E) => unknown = cause => cause): ResultAsync<T, E> {
  return retry(call, causeOf, delaysMs)
}

function retry<T, E> (call: () => ResultAsync<T, E>, causeOf: (failure: E) => unknown, [delayMs, ...further]: readonly number[]): ResultAsync<T, E> {
  return call().orElse((failure): Result<T, E> | ResultAsync<T, E> => delayMs === undefined || !isBusy(causeOf(failure))
    ? err(failure)
    : pending<void, E>(delay(delayMs).then(() => ok(undefined))).andThen(() => retry(call, causeOf, further)))
}
