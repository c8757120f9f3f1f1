import type { FastifyRequest } from 'fastify'
import { deviceOf, type Device } from './device.ts'
import type { Cart } from './products.ts'
import type { User } from './users.ts'

declare module 'fastify' {
  /** What this application keeps in a session. All of it is optional: a visitor who has not signed in has nothing. */
  interface Session {
    /** The id of the user who signed in. */
    account?: string
    signedInAt?: number
    /** What the browser and the system say they are. */
    device?: Device
    visits?: number
    seenAt?: number
    cart?: Cart
    /** Messages for the next page, kept here by `@fastify/flash`. */
    flash?: Record<string, string[]>
  }
}

const remembered = 30 * 24 * 60 * 60 * 1000

/** Signs `user` in, in this browser: for 30 days after the last visit with `remember`, otherwise until the browser closes. */
export async function startSession (request: FastifyRequest, user: User, remember: boolean): Promise<void> {
  // A new id. Otherwise somebody who planted an id in this browser before would now be signed in, too (session fixation).
  await request.session.regenerate()
  const { session } = request
  session.account = user.id
  session.signedInAt = Date.now()
  session.device = deviceOf(request.headers['user-agent'])
  if (remember) {
    session.cookie.maxAge = remembered
  } else {
    // The new session took these over from the old one.
    session.cookie.expires = null
    session.cookie.originalMaxAge = null
  }
}
