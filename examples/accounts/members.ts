import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { countVisit } from './visits.ts'

/** Lets only those who are signed in use the routes that are added to `app` afterwards. */
export function membersOnly (app: FastifyInstance): void {
  app.addHook('preHandler', async (request, reply) => {
    if (!isMember(request)) return askToSignIn(request, reply)
    countVisit(request.session)
    return undefined
  })
}

/** A `preHandler` that lets only administrators pass. */
export async function adminsOnly (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (!isMember(request)) return askToSignIn(request, reply)
  // Looked up each time, not remembered in the session: who is no longer an administrator loses access at once.
  const { role } = request.server.users.find(request.session.account ?? '') ?? {}
  if (role !== 'admin') throw Object.assign(new Error('For administrators only'), { statusCode: 403 })
  return undefined
}

// A session may outlive its account.
function isMember ({ session, server }: FastifyRequest): boolean {
  return session.account !== undefined && server.users.find(session.account) !== null
}

function askToSignIn (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // A cookie without a session: it has expired, or was ended from elsewhere.
  const isEnded = request.cookies['sessionId'] !== undefined
  return reply.clearCookie('sessionId', { path: '/' }).redirect(isEnded ? '/sign-in?ended' : '/sign-in', 303)
}
