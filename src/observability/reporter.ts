import type { SessionFailure } from '../errors.ts'
import { operatorError, type StoreError } from './messages.ts'

/** A logger such as pino's or Fastify's `app.log`. */
export interface Logger {
  /** For `write-failed`, `remove-failed`, `scan-failed`, `check-failed` and `unsupported-plugin`. */
  error (properties: object, message: string): void
  /** For every other failure. */
  warn (properties: object, message: string): void
}

/** Where failures that are not passed to a callback are reported. */
export interface ReportOptions {
  /**
   * Logs each kind of failure at most once a minute, with `err` and the number of those in between.
   * @default a `process.emitWarning`, unless there is an `onFailure`
   */
  readonly log?: Logger
  /**
   * Called with each failure, an `Error` that has the failure's fields too. For programs.
   * @default nothing is called
   */
  readonly onFailure?: (failure: StoreError) => void
}

type Kind = SessionFailure['type']

// In milliseconds. A damaged directory is reported once, not once for each file.
const quietMs = 60_000

const seriousKinds: ReadonlySet<Kind> = new Set(['write-failed', 'remove-failed', 'scan-failed', 'check-failed', 'unsupported-plugin'])

/** Reports failures to the operator, in a turn of its own, so that nothing the operator's code does affects a request. */
export class Reporter {
  readonly #log: (error: StoreError, suppressed: number) => void
  readonly #onFailure: ((failure: StoreError) => void) | undefined
  readonly #quiet = new Map<Kind, { suppressed: number, last: SessionFailure | null }>()

  constructor ({ log, onFailure }: ReportOptions) {
    this.#onFailure = onFailure
    if (log !== undefined) this.#log = logWith(log)
    else this.#log = onFailure === undefined ? warn : () => {}
  }

  /** Reports a failure. */
  readonly report = (failure: SessionFailure): void => {
    process.nextTick(() => {
      safely(() => this.#onFailure?.(operatorError(failure)))
      this.#limit(failure)
    })
  }

  #limit (failure: SessionFailure): void {
    const quiet = this.#quiet.get(failure.type)
    if (quiet !== undefined) {
      quiet.suppressed++
      quiet.last = failure
      return
    }
    this.#tell(failure, 0)
  }

  #tell (failure: SessionFailure, suppressed: number): void {
    safely(() => this.#log(operatorError(failure), suppressed))
    const quiet: { suppressed: number, last: SessionFailure | null } = { suppressed: 0, last: null }
    this.#quiet.set(failure.type, quiet)
    const timer = setTimeout(() => {
      this.#quiet.delete(failure.type)
      if (quiet.last !== null) this.#tell(quiet.last, quiet.suppressed - 1)
    }, quietMs)
    // A number in Jest's jsdom environment.
    timer.unref?.()
  }
}

function logWith (log: Logger) {
  return (err: StoreError, suppressed: number) =>
    log[seriousKinds.has(err.type) ? 'error' : 'warn'](suppressed > 0 ? { err, suppressed } : { err }, messageOf(err, suppressed))
}

function warn (error: StoreError, suppressed: number): void {
  process.emitWarning(messageOf(error, suppressed), { type: 'FileStoreWarning', code: error.type })
}

function messageOf ({ message }: StoreError, suppressed: number): string {
  return suppressed > 0 ? `${message} (and ${suppressed} more of this kind in the last minute)` : message
}

// A logger or listener that throws, or rejects, must not end the process.
function safely (call: () => unknown): void {
  const warnOf = (cause: unknown) => process.emitWarning(`The store's log or onFailure has thrown: ${textOf(cause)}`, { type: 'FileStoreWarning' })
  try {
    Promise.resolve(call()).catch(warnOf)
  } catch (cause) {
    warnOf(cause)
  }
}

// Not everything that can be thrown can be made a text.
function textOf (cause: unknown): string {
  try {
    return String(cause)
  } catch {
    return 'something that cannot be shown'
  }
}
