import type { FastifyInstance, FastifyReply } from 'fastify'
import { showPage } from '../pages.ts'
import { startSession } from '../session.ts'

interface RegistrationForm {
  readonly name: string
  readonly password: string
}

const registrationForm = {
  type: 'object',
  required: ['name', 'password'],
  properties: { name: { type: 'string' }, password: { type: 'string' } }
}

/** Getting an account. */
export async function registrationRoutes (app: FastifyInstance): Promise<void> {
  function showForm (reply: FastifyReply, data: object = {}): FastifyReply {
    return showPage(reply, 'register', { title: 'Create an account', name: '', complaints: {}, ...data })
  }

  app.get('/register', async (request, reply) => {
    return request.session.account === undefined ? showForm(reply) : reply.redirect('/', 303)
  })

  app.post<{ Body: RegistrationForm }>('/register', {
    schema: { body: registrationForm },
    config: { rateLimit: { max: 20, timeWindow: '1 hour' } }
  }, async (request, reply) => {
    const { name, password } = request.body
    const complaints = complaintsAbout(request.body)
    if (Object.keys(complaints).length > 0) return showForm(reply.code(400), { name, complaints })

    const user = await app.users.add({ name, password })
    if (user === null) return showForm(reply.code(409), { name, complaints: { name: 'Somebody has this name already. Choose another one.' } })
    await startSession(request, user, false)
    request.flash('message', `Your account is ready, ${user.name}.`)
    return reply.redirect('/', 303)
  })
}

// Length is what makes a password strong. Rules about digits and signs make it worse (NIST SP 800-63B).
function complaintsAbout ({ name, password }: RegistrationForm): { name?: string, password?: string } {
  const length = name.trim().length
  return {
    ...(length === 0 && { name: 'Enter a name.' }),
    ...(length > 40 && { name: 'Enter a name of at most 40 characters.' }),
    ...(password.length < 12 && { password: 'Enter a password of at least 12 characters. A few words are fine.' }),
    ...(password.length > 200 && { password: 'Enter a password of at most 200 characters.' })
  }
}
