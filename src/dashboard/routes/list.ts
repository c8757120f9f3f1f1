import type { FastifyInstance } from 'fastify'
import { knowsOwners } from '../owner.ts'
import { listPage } from '../pages/list.ts'
import { find } from '../search/find.ts'
import { readPage } from '../search/listing.ts'
import { parseListQuery } from '../search/query.ts'
import { ownSessionId, sendPage, type DashboardParts } from './parts.ts'

/** `GET /`: the list of sessions, or what a search found. */
export function listRoutes (app: FastifyInstance, parts: DashboardParts): void {
  const { source, index, redactor, site } = parts
  app.get('/', async (request, reply) => {
    const query = parseListQuery(request.query)
    await index.refresh()
    const found = await find(query, parts)
    const page = await readPage(source, query.cursor, found.entries)
    return sendPage(reply, listPage(site, {
      query,
      page,
      found,
      counts: index.counts,
      reading: index.isReady || index.error !== null ? null : index.progress,
      hasFailed: index.error !== null,
      isPartial: index.isPartial,
      knowsOwners: knowsOwners(source.store),
      ownId: ownSessionId(request),
      ended: endedIn(request.query),
      redactor,
      now: Date.now()
    }))
  })
}

function endedIn (query: unknown): number | null {
  const { ended } = query as { readonly ended?: unknown }
  return typeof ended === 'string' && /^\d{1,9}$/.test(ended) ? Number(ended) : null
}
