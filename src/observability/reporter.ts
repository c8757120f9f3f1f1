import type { SessionError } from '../errors.ts'
import { operatorError, type StoreFailure } from './messages.ts'

/** A logger such as pino's or Fastify's `app.log`. */
export interface Logger {
  /** Any other failure. */
  warn (properties: object, message: string): void
  /** A change that failed, or a directory that cannot be used. */
  error (properties: object, message: string): void
}

/** Who hears of failures that are passed to no callback. */
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
  readonly onFailure?: (failure: StoreFailure) => void
}

type Kind = SessionError['type']

// In milliseconds. One damaged directory is one message, not one a file.
const quietMs = 60_000

const seriousKinds: ReadonlySet<Kind> = new Set(['write-failed', 'remove-failed', 'scan-failed', 'check-failed', 'unsupported-plugin'])

/** Reports failures to the operator, in a turn of its own, so that nothing the operator's code does affects a request. */
export class Reporter {
  readonly #log: (error: StoreFailure, suppressed: number) => void
  readonly #onFailure: ((failure: StoreFailure) => void) | undefined
  readonly #quiet = new Map<Kind, { suppressed: number, last: SessionError | null }>()

  constructor ({ log, onFailure }: ReportOptions) {
    this.#onFailure = onFailure
    if (log !== undefined) this.#log = logWith(log)
    else this.#log = onFailure === undefined ? warn : () => {}
  }

  /** Reports a failure. */
  readonly report = (failure: SessionError): void => {
    process.nextTick(() => {
      safely(() => this.#onFailure?.(operatorError(failure)))
      this.#limit(failure)
    })
  }

  #limit (failure: SessionError): void {
    const quiet = this.#quiet.get(failure.type)
    if (quiet !== undefined) {
      quiet.suppressed++
      quiet.last = failure
      return
    }
    this.#tell(failure, 0)
  }

  #tell (failure: SessionError, suppressed: number): void {
    safely(() => this.#log(operatorError(failure), suppressed))
    const quiet: { suppressed: number, last: SessionError | null } = { suppressed: 0, last: null }
    this.#quiet.set(failure.type, quiet)
    setTimeout(() => {
      this.#quiet.delete(failure.type)
      if (quiet.last !== null) this.#tell(quiet.last, quiet.suppressed - 1)
    }, quietMs).unref()
  }
}

function logWith (log: Logger) {
  return (err: StoreFailure, suppressed: number) =>
    log[seriousKinds.has(err.type) ? 'error' : 'warn'](suppressed > 0 ? { err, suppressed } : { err }, messageOf(err, suppressed))
}

function warn (error: StoreFailure, suppressed: number): void {
  process.emitWarning(messageOf(error, suppressed), { type: 'FileStoreWarning', code: error.type })
}

function messageOf ({ message }: StoreFailure, suppressed: number): string {
  return suppressed > 0 ? `${message} (and ${suppressed} more of this kind in the last minute)` : message
}

// A logger or listener that throws must not end the process.
function safely (call: () => void): void {
  try {
    call()
  } catch (cause) {
    process.emitWarning(`The store's log or onFailure has thrown: ${String(cause)}`, { type: 'FileStoreWarning' })
  }
}
