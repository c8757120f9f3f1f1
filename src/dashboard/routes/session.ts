import type { FastifyInstance } from 'fastify'
import { messagePage } from '../pages/layout.ts'
import { sessionPage } from '../pages/session.ts'
import { ownSessionId, sendPage, type DashboardParts } from './parts.ts'

/** `GET /session?id=…`: one session. In the query, because Fastify limits the length of parameters in paths. */
export function sessionRoutes (app: FastifyInstance, { source, redactor, site }: DashboardParts): void {
  app.get('/session', async (request, reply) => {
    const { id } = request.query as { readonly id?: unknown }
    const name = typeof id === 'string' ? source.nameOf(id) : null
    const row = name === null ? null : await source.read(name)
    if (row === null) {
      return sendPage(reply.code(404), messagePage(site, 'No such session', 'It has been ended, or it never was.'))
    }
    return sendPage(reply, sessionPage(site, { row, isOwn: row.id === ownSessionId(request), redactor, now: Date.now() }))
  })
}
