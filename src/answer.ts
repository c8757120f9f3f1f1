import { err, ok, ResultAsync, type Result } from 'neverthrow'

/**
 * A result that is here at once, or one that comes later. Both can be awaited,
 * and `map`, `mapErr` and `match` work on either.
 */
export type Answer<T, E> = Result<T, E> | ResultAsync<T, E>

/** `andThen` for either kind of answer: at once while everything is there at once. `next` must not throw. */
export function andThen<T, E, U, F> (answer: Answer<T, E>, next: (value: T) => Answer<U, F>): Answer<U, E | F> {
  if (answer instanceof ResultAsync) return answer.andThen<U, F>(next as (value: T) => ResultAsync<U, F>)
  return answer.isOk() ? next(answer.value) : err(answer.error)
}

/** The answer, or `value` where it is a failure. */
export function recover<T, E, const U> (answer: Answer<T, E>, value: U): Answer<T | U, never> {
  return answer instanceof ResultAsync ? answer.orElse(() => ok(value)) : answer.orElse(() => ok(value))
}

/**
 * Hands the result to `receive`: at once when it is there, else from outside
 * any promise, so that what `receive` throws is its caller's exception and not
 * an unhandled rejection of ours.
 */
export function deliver<T, E> (answer: Answer<T, E>, receive: (result: Result<T, E>) => void): void {
  if (answer instanceof ResultAsync) {
    void answer.then(result => process.nextTick(receive, result))
  } else {
    receive(answer)
  }
}
