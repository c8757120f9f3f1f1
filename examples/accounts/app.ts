import { createHash } from 'node:crypto'
import fastifyCookie from '@fastify/cookie'
import fastifyFormbody from '@fastify/formbody'
import fastifySession from '@fastify/session'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import { FileStore } from 'fastify-file-session-store'
import { browserOf } from './browser.ts'
import { errorPage, homePage, placesPage, signInPage } from './pages.ts'
import { changed, productNames, type Cart } from './shop.ts'
import { style } from './style.ts'

declare module 'fastify' {
  /** What this application keeps in a session. */
  interface Session {
    /** The name that was signed in with; none while nobody has. */
    account?: string
    /** How often the first page was looked at since then. */
    visits?: number
    cart?: Cart
    /** What the browser that signed in calls itself. */
    browser?: string
  }
}

/** What the application needs to be told. */
export interface AppOptions {
  /** Where the sessions are. */
  readonly sessionsDirectory: string
  /** What cookies are signed with: 32 characters or more. */
  readonly secret: string
  /**
   * Fastify's own log.
   * @default none
   */
  readonly logger?: FastifyServerOptions['logger']
}

const days = 24 * 60 * 60 * 1000

const cookieName = 'sessionId'

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'", `style-src 'sha256-${createHash('sha256').update(style.text).digest('base64')}'`, 'img-src data:',
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"
  ].join('; '),
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff'
}

const nameForm = form('name', { type: 'string' })
const placeForm = form('place', { type: 'string' })
const productForm = form('product', { type: 'string', enum: productNames })

/** A little shop in which people sign in. It listens when it is told to. */
export async function buildApp ({ sessionsDirectory, secret, logger = false }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger })
  const store = new FileStore(sessionsDirectory)

  app.addHook('onClose', () => store.close())
  await app.register(fastifyCookie)
  await app.register(fastifyFormbody)
  await app.register(fastifySession, {
    secret,
    store,
    cookieName,
    cookie: {
      // Out of reach of scripts, and not sent along with another site's forms:
      // as all changes are POST requests, those cannot make any.
      httpOnly: true,
      sameSite: 'lax',
      // This server speaks plain HTTP on loopback, and over that a browser
      // would not send a secure cookie back. Behind HTTPS it must be true.
      secure: false,
      // Counted from the last visit, as each answer sets the cookie anew (`rolling`).
      maxAge: 7 * days
    },
    // Those who never sign in leave no file.
    saveUninitialized: false
  })

  app.setErrorHandler(showError)
  app.setNotFoundHandler((_request, reply) => show(reply.code(404), errorPage('Not found', 'There is no such page.')))

  app.get('/', async (request, reply) => {
    const { session } = request
    const { account, visits = 0, cart = {} } = session
    if (account === undefined) return show(reply, signInPage())
    session.visits = visits + 1
    return show(reply, homePage({ account, visits: session.visits, cart }))
  })

  app.post<{ Body: { name: string } }>('/sign-in', nameForm, async (request, reply) => {
    const account = request.body.name.normalize().trim()
    if (account === '' || account.length > 40) return show(reply.code(400), signInPage('Please give a name of up to 40 letters.'))
    // A new id: one that somebody planted in this browser must not become a signed-in one.
    await request.session.regenerate()
    request.session.account = account
    request.session.browser = browserOf(request.headers['user-agent'])
    return reply.redirect('/', 303)
  })

  await app.register(async members => {
    members.addHook('preHandler', signedInOnly)

    members.post<{ Body: { product: string } }>('/cart/add', productForm, async (request, reply) => {
      request.session.cart = changed(request.session.cart ?? {}, request.body.product, 1)
      return reply.redirect('/', 303)
    })

    members.post<{ Body: { product: string } }>('/cart/remove', productForm, async (request, reply) => {
      request.session.cart = changed(request.session.cart ?? {}, request.body.product, -1)
      return reply.redirect('/', 303)
    })

    members.get('/places', async (request, reply) => {
      const { account = '', sessionId } = request.session
      const places = []
      for await (const { id, session, usedAt } of store.list()) {
        if (session.account === account) places.push({ handle: handleOf(id), browser: session.browser ?? browserOf(), usedAt, isHere: id === sessionId })
      }
      return show(reply, placesPage(account, places.sort((one, other) => other.usedAt.getTime() - one.usedAt.getTime())))
    })

    members.post<{ Body: { place: string } }>('/places/end', placeForm, async (request, reply) => {
      const { account, sessionId } = request.session
      await store.revokeWhere(({ id, session }) =>
        session.account === account && id !== sessionId && handleOf(id) === request.body.place)
      return reply.redirect('/places', 303)
    })

    members.post('/places/end-others', async (request, reply) => {
      const { account, sessionId } = request.session
      await store.revokeWhere(({ id, session }) => session.account === account && id !== sessionId)
      return reply.redirect('/places', 303)
    })

    members.post('/sign-out', async (request, reply) => {
      await request.session.destroy()
      return reply.clearCookie(cookieName, { path: '/' }).redirect('/', 303)
    })
  })

  return app
}

// A session's id has no business in a page: this tells sessions apart as well.
function handleOf (id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}

async function signedInOnly (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  return request.session.account === undefined ? reply.redirect('/', 303) : undefined
}

function showError (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { statusCode = 500 } = error
  if (statusCode < 500) return show(reply.code(statusCode), errorPage('That did not work', error.message))
  request.log.error(error)
  return show(reply.code(500), errorPage('Something broke', 'It is our fault, and it is in the log.'))
}

function show (reply: FastifyReply, page: string): FastifyReply {
  return reply.headers(securityHeaders).type('text/html; charset=utf-8').send(page)
}

function form (field: string, expected: object) {
  return { schema: { body: { type: 'object', required: [field], properties: { [field]: expected } } } }
}
