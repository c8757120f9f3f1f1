import { err, ok, ResultAsync, type Result } from 'neverthrow'

// Makes a promise only when `then` is called: each call of the store composes dozens of results synchronously, and needs a
// promise for none of them. neverthrow calls no other method.
class KnownPromise<T> implements PromiseLike<T> {
  readonly #value: T

  constructor (value: T) {
    this.#value = value
  }

  then<U = T, F = never> (onValue?: ((value: T) => U | PromiseLike<U>) | null, onReason?: ((reason: unknown) => F | PromiseLike<F>) | null): Promise<U | F> {
    return Promise.resolve(this.#value).then(onValue, onReason)
  }
}

/**
 * A `ResultAsync` whose result is already known. It can be awaited and composed like any other, but `map`, `mapErr`,
 * `andThen` and `orElse` run their function immediately, and `toCallback` calls back synchronously. `@fastify/session`
 * needs that: see fastify/session issues 99, 184 and 254.
 */
class SettledResult<T, E> extends ResultAsync<T, E> {
  readonly result: Result<T, E>

  constructor (result: Result<T, E>) {
    super(new KnownPromise(result) as PromiseLike<Result<T, E>> as Promise<Result<T, E>>)
    this.result = result
  }

  override map<U> (change: (value: T) => U | Promise<U>): ResultAsync<U, E> {
    if (this.result.isErr()) return this as unknown as ResultAsync<U, E>
    const value = change(this.result.value)
    return value instanceof Promise ? pending(value.then(value => ok(value))) : settled(ok(value))
  }

  override mapErr<F> (change: (error: E) => F | Promise<F>): ResultAsync<T, F> {
    if (this.result.isOk()) return this as unknown as ResultAsync<T, F>
    const error = change(this.result.error)
    return error instanceof Promise ? pending(error.then(error => err(error))) : settled(err(error))
  }

  override andThen (next: (value: T) => any): any {
    return this.result.isOk() ? toResultAsync(next(this.result.value)) : this
  }

  override orElse (next: (error: E) => any): any {
    return this.result.isErr() ? toResultAsync(next(this.result.error)) : this
  }
}

/**
 * A `ResultAsync` whose result comes later. What a function gives that is composed with it is not awaited when it is known
 * by then: neverthrow's own methods take three promises and a generator for each.
 */
class PendingResult<T, E> extends ResultAsync<T, E> {
  override map<U> (change: (value: T) => U | Promise<U>): ResultAsync<U, E> {
    return this.#compose(result => result.map(change))
  }

  override mapErr<F> (change: (error: E) => F | Promise<F>): ResultAsync<T, F> {
    return this.#compose(result => result.mapErr(change))
  }

  override andThen (next: (value: T) => any): any {
    return this.#compose(result => result.andThen(next))
  }

  override orElse (next: (error: E) => any): any {
    return this.#compose(result => result.orElse(next))
  }

  #compose<U, F> (step: (result: ResultAsync<T, E>) => ResultAsync<U, F>): ResultAsync<U, F> {
    return pending(this.then(result => {
      const next = step(settled(result))
      return settledResult(next) ?? next
    }))
  }
}

/** A `ResultAsync` with a result that is known now. */
export function settled<T, E> (result: Result<T, E>): ResultAsync<T, E> {
  return new SettledResult(result)
}

/** A `ResultAsync` with a result that comes later. */
export function pending<T, E> (promise: PromiseLike<Result<T, E>>): ResultAsync<T, E> {
  return new PendingResult(promise as Promise<Result<T, E>>)
}

/** A known success. */
export function settledOk<T> (value: T): ResultAsync<T, never> {
  return new SettledResult<T, never>(ok(value))
}

/** A known failure. */
export function settledErr<E> (error: E): ResultAsync<never, E> {
  return new SettledResult<never, E>(err(error))
}

/** The result if it is known now, `undefined` if it comes later. */
export function settledResult<T, E> (result: ResultAsync<T, E>): Result<T, E> | undefined {
  return result instanceof SettledResult ? result.result as Result<T, E> : undefined
}

/**
 * Hands the result to `receive`: synchronously when it is known, otherwise outside of any promise, so that an
 * exception thrown by `receive` is its caller's and not an unhandled rejection.
 */
export function toCallback<T, E> (result: ResultAsync<T, E>, receive: (result: Result<T, E>) => void): void {
  const known = settledResult(result)
  if (known === undefined) void result.then(result => process.nextTick(receive, result))
  else receive(known)
}

/** The result as a native promise, which never rejects. */
export async function promiseOf<T, E> (result: ResultAsync<T, E>): Promise<Result<T, E>> {
  return await result
}

/** Calls a promise-based `call`; what it rejects with is the failure. */
export function attemptAsync<T> (call: () => Promise<T>): ResultAsync<T, unknown> {
  return pending(call().then(value => ok(value), cause => err(cause)))
}

/** Calls a synchronous `call`; what it throws is the failure. */
export function attempt<T> (call: () => T): ResultAsync<T, unknown> {
  try {
    return settledOk(call())
  } catch (cause) {
    return settledErr(cause)
  }
}

/** Calls what gives a result; should it throw or reject nevertheless, that is a failure too, made by `failureOf`. */
export function guarded<T, E> (call: () => ResultAsync<T, E>, failureOf: (cause: unknown) => E): ResultAsync<T, E> {
  try {
    const result = call()
    return settledResult(result) === undefined ? pending(result.then(result => result, cause => err(failureOf(cause)))) : result
  } catch (cause) {
    return settledErr(failureOf(cause))
  }
}

function toResultAsync<T, E> (result: Result<T, E> | ResultAsync<T, E>): ResultAsync<T, E> {
  return result instanceof ResultAsync ? result : settled(result)
}
