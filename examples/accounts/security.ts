import { createHmac } from 'node:crypto'
import fastifyCsrfProtection from '@fastify/csrf-protection'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Security headers for each answer, a limit of requests for each address, and the tokens that `protectForms` asks for,
 * which are signed with `secret`.
 */
export async function addSecurity (app: FastifyInstance, secret: string): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        fontSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"]
      }
    },
    referrerPolicy: { policy: 'same-origin' }
  })

  // Pages that only one person may see do not belong in a cache.
  app.addHook('onRequest', async (_request, reply) => { void reply.header('cache-control', 'no-store') })

  // In memory, so for each process by itself; `@fastify/rate-limit` can also count in Redis.
  await app.register(fastifyRateLimit, { max: 300, timeWindow: '1 minute' })

  await app.register(fastifyCsrfProtection, {
    // Behind HTTPS call the cookie `__Host-csrf`: then no other host of your domain can set it.
    cookieKey: 'csrf',
    // Not in the session: each visitor of the sign-in page would then leave a session file.
    sessionPlugin: '@fastify/cookie',
    cookieOpts: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto' },
    // The token belongs to the session. One that somebody got for himself is of no use against others.
    csrfOpts: { hmacKey: createHmac('sha256', secret).update('csrf').digest('base64url'), userInfo: true },
    getUserInfo: tokenOwner,
    // Of the form alone: not of a header, nor of anything that is not a text.
    getToken: ({ body }) => isForm(body) ? body._csrf : undefined
  })
}

/**
 * Refuses every form without its token, for the routes of `app`.
 *
 * A form of another site must not act for who is signed in here, and must not sign anybody in as somebody else (login
 * CSRF). That site cannot know the token, which `showPage` gives to our own pages.
 */
export function protectForms (app: FastifyInstance): void {
  // Before each handler, also of routes that are added later: none can forget it.
  app.addHook('preValidation', (request, reply, done) => {
    if (request.method === 'GET' || request.method === 'HEAD') done()
    else app.csrfProtection(request, reply, done)
  })
}

/** Whom a form's token is for: this session, or a visitor who has not signed in. */
export function tokenOwner ({ session }: FastifyRequest): string {
  return session?.account === undefined ? 'visitor' : session.sessionId
}

function isForm (body: unknown): body is { _csrf: string } {
  return typeof body === 'object' && body !== null && '_csrf' in body && typeof body._csrf === 'string'
}
