import type { FastifyInstance, FastifyReply } from 'fastify'
import { showPage } from '../pages.ts'
import { startSession } from '../session.ts'
import { userId, type NewUser } from '../users.ts'

interface SignInForm {
  readonly name: string
  readonly password: string
  readonly remember?: 'yes'
}

const signInForm = {
  type: 'object',
  required: ['name', 'password'],
  properties: {
    // Longer texts than anybody has would only cost time to hash.
    name: { type: 'string', maxLength: 200 },
    password: { type: 'string', maxLength: 200 },
    remember: { const: 'yes' }
  }
}

/** Signing in and out. */
export async function accountRoutes (app: FastifyInstance, { demoUsers }: { readonly demoUsers: readonly NewUser[] }): Promise<void> {
  // Besides the limit per address below: five wrong passwords for one account from one address.
  // Not from all addresses, or anybody could lock others out of their accounts.
  const countMistake = app.createRateLimit({
    max: 5,
    timeWindow: '15 minutes',
    keyGenerator: ({ ip, body }) => `${ip} ${userId((body as SignInForm).name)}`
  })

  function showForm (reply: FastifyReply, data: object): FastifyReply {
    return showPage(reply, 'sign-in', { title: 'Sign in', demoUsers, name: '', remember: false, complaint: '', ...data })
  }

  app.get<{ Querystring: { ended?: string, bye?: string } }>('/sign-in', async (request, reply) => {
    if (request.session.account !== undefined) return reply.redirect('/', 303)
    const { ended, bye } = request.query
    if (ended !== undefined) return showForm(reply, { messages: ['Your session has ended. Please sign in again.'] })
    return showForm(reply, bye === undefined ? {} : { messages: ['You are signed out.'] })
  })

  app.post<{ Body: SignInForm }>('/sign-in', {
    schema: { body: signInForm },
    config: { rateLimit: { max: 20, timeWindow: '1 minute' } }
  }, async (request, reply) => {
    const { name, password, remember } = request.body
    const mistakes = await countMistake(request, { increment: false })
    if (!mistakes.isAllowed && mistakes.remaining === 0) {
      const minutes = Math.ceil(mistakes.ttlInSeconds / 60)
      return showForm(reply.code(429).header('retry-after', mistakes.ttlInSeconds), { name, complaint: `Too many wrong passwords. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.` })
    }

    const user = await app.users.verify(name, password)
    if (user === null) {
      await countMistake(request)
      // Which of the two is wrong is nobody's business.
      return showForm(reply.code(401), { name, remember: remember === 'yes', complaint: 'This name and password do not belong together.' })
    }
    await startSession(request, user, remember === 'yes')
    request.flash('message', `Welcome back, ${user.name}.`)
    return reply.redirect('/', 303)
  })

  app.post('/sign-out', async (request, reply) => {
    await request.session.destroy()
    return reply.clearCookie('sessionId', { path: '/' }).redirect('/sign-in?bye', 303)
  })
}
