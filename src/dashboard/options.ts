import { inspect } from 'node:util'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { FileStore } from '../index.ts'

/** A `preHandler` of Fastify that decides who may see the dashboard: it returns a promise, or calls `done`. */
export type DashboardGuard = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => unknown

/** The options of `app.register(dashboard, options)`. */
export interface DashboardOptions {
  /** The store whose sessions are shown. */
  readonly store: FileStore
  /**
   * Lets operators in and sends everybody else away. It runs before each answer of the dashboard, style sheets and
   * scripts included. Registering without one fails: the page shows and ends everybody's sessions.
   */
  readonly preHandler: DashboardGuard | readonly DashboardGuard[]
  /**
   * Names of fields whose values are never shown nor searched, at any depth, in upper or lower case.
   * @default names that usually hold secrets: `password`, `token`, `_csrf`, …
   */
  readonly redact?: readonly string[]
  /**
   * The heading of each page.
   * @default 'Sessions'
   */
  readonly title?: string
  /**
   * How often the sessions are counted for the charts while no page is open, in milliseconds. In a large directory they
   * are counted less often, so that it takes at most a hundredth of the process's time. 0 counts only while a page
   * is open.
   * @default 60_000 (a minute)
   */
  readonly sampleInterval?: number
}

/** The options with every default in its place. */
export interface ResolvedDashboardOptions {
  readonly store: FileStore
  readonly preHandler: DashboardGuard[]
  readonly redact: readonly string[]
  readonly title: string
  readonly sampleInterval: number
}

/** What `redact` hides by default. `_csrf` is where `@fastify/csrf-protection` keeps its secret. */
export const defaultRedact: readonly string[] = [
  '_csrf', 'csrfSecret', 'password', 'passwordHash', 'secret', 'token', 'accessToken', 'refreshToken', 'idToken', 'apiKey'
]

const defaults = { redact: defaultRedact, title: 'Sessions', sampleInterval: 60_000 }

// The last three are those of Fastify's `register`.
const names: readonly string[] = ['store', 'preHandler', 'redact', 'title', 'sampleInterval', 'prefix', 'logLevel', 'logSerializers']

const isText = (value: unknown) => typeof value === 'string'

/**
 * The options with their defaults. Throws a `TypeError` that names the first option that is not as expected, a missing
 * `preHandler` included.
 */
export function resolveDashboardOptions (options: DashboardOptions): ResolvedDashboardOptions {
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) throw new TypeError(`The dashboard has no option ${inspect(unknown)}; it has ${names.join(', ')}`)
  const { store, redact = defaults.redact, title = defaults.title, sampleInterval = defaults.sampleInterval } = options
  const preHandler = [options.preHandler ?? []].flat() as DashboardGuard[]
  if (preHandler.length === 0) {
    throw new TypeError('The dashboard shows and ends the sessions of all users: it needs a preHandler that lets only operators in')
  }
  check('preHandler', preHandler.every(guard => typeof guard === 'function'), options.preHandler, 'a function or an array of functions')
  check('store', typeof store?.sessionFile === 'function' && typeof store.list === 'function', store, 'a FileStore')
  check('redact', Array.isArray(redact) && redact.every(isText), redact, 'an array of field names')
  check('title', isText(title) && title.trim() !== '', title, 'a text that is not empty')
  // setInterval takes no more.
  check('sampleInterval', Number.isInteger(sampleInterval) && sampleInterval >= 0 && sampleInterval < 2 ** 31, sampleInterval, 'a whole number of milliseconds below 2 ** 31, or 0')
  return { store, preHandler, redact, title, sampleInterval }
}

function check (name: string, isExpected: boolean, value: unknown, expectation: string): void {
  if (!isExpected) throw new TypeError(`The dashboard's option ${name} is ${inspect(value, { depth: 0 })}; expected ${expectation}`)
}
