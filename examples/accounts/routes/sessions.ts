import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { membersOnly } from '../members.ts'
import { showPage } from '../pages.ts'

const endForm = { type: 'object', required: ['session'], properties: { session: { type: 'string' } } }

/** "My sessions": where somebody is signed in, and signing out there. */
export async function sessionRoutes (app: FastifyInstance): Promise<void> {
  membersOnly(app)

  app.get('/sessions', async (request, reply) => {
    const { account = '', sessionId } = request.session
    const sessions = []
    for await (const { id, session, lastUsedAt } of app.sessions.listOwner(account)) {
      const { device, signedInAt, cookie } = session
      sessions.push({ handle: handleOf(id), device, signedInAt, lastUsedAt, isRemembered: cookie.originalMaxAge !== null, isThis: id === sessionId })
    }
    // This one first, then the latest.
    sessions.sort((one, other) => Number(other.isThis) - Number(one.isThis) || Number(other.lastUsedAt) - Number(one.lastUsedAt))
    return showPage(reply, 'sessions', { title: 'My sessions', sessions })
  })

  app.post<{ Body: { session: string } }>('/sessions/end', { schema: { body: endForm } }, async (request, reply) => {
    const { account = '', sessionId } = request.session
    // Among this person's sessions only: a handle of somebody else's session finds nothing.
    for await (const { id, session } of app.sessions.listOwner(account)) {
      if (id === sessionId || handleOf(id) !== request.body.session) continue
      await app.sessions.revoke(id)
      request.flash('message', `${session.device?.name ?? 'The browser'} is signed out.`)
    }
    return reply.redirect('/sessions#sessions', 303)
  })

  app.post('/sessions/end-others', async (request, reply) => {
    const { account = '', sessionId } = request.session
    const count = await app.sessions.revokeOwner(account, { except: sessionId })
    request.flash('message', count === 1 ? 'One other browser is signed out.' : `${count} other browsers are signed out.`)
    return reply.redirect('/sessions#sessions', 303)
  })
}

/** What a page calls a session. Its id is as good as a password, and has no business there. */
function handleOf (id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
