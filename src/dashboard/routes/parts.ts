import type { FastifyReply, FastifyRequest } from 'fastify'
import type { History } from '../activity/history.ts'
import { pageHeaders } from '../headers.ts'
import type { Html } from '../html.ts'
import type { Site } from '../pages/layout.ts'
import type { Searchable } from '../search/find.ts'

/** What the routes share. */
export interface DashboardParts extends Searchable {
  readonly history: History
  readonly site: Site
}

/** Answers with a page. */
export function sendPage (reply: FastifyReply, page: Html): FastifyReply {
  return reply.headers(pageHeaders).send(page.text)
}

/** The id of the operator's own session, when the application uses `@fastify/session`. */
export function ownSessionId (request: FastifyRequest): string | null {
  const { session } = request as { readonly session?: { readonly sessionId?: unknown } }
  return typeof session?.sessionId === 'string' ? session.sessionId : null
}
