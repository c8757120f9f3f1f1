import type { FastifyInstance } from 'fastify'
import { activityPage, ageNames, ranges, sizeNames, type ActivityRange } from '../pages/activity.ts'
import { sendPage, type DashboardParts } from './parts.ts'

// As many points as a chart can show.
const points = 360

/** `GET /activity`: charts and counters. `GET /activity/data`: the numbers of the charts. */
export function activityRoutes (app: FastifyInstance, { source, index, history, site }: DashboardParts): void {
  app.get('/activity', async (request, reply) => {
    await index.refresh()
    return sendPage(reply, activityPage(site, { counts: index.counts, stats: source.store.stats(), range: rangeIn(request.query), now: Date.now() }))
  })

  app.get('/activity/data', async (request, reply) => {
    await index.refresh()
    const { counts } = index
    return reply.header('cache-control', 'no-store').send({
      ...history.series(Date.now() - ranges[rangeIn(request.query)], points),
      ages: { names: ageNames, counts: counts?.ages ?? [] },
      sizes: { names: sizeNames, counts: counts?.sizes ?? [] }
    })
  })
}

function rangeIn (query: unknown): ActivityRange {
  const { range } = query as { readonly range?: unknown }
  return range === '6h' || range === '24h' ? range : '1h'
}
