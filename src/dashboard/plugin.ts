import type { FastifyInstance, preHandlerHookHandler } from 'fastify'
import { Recorder } from './activity/recorder.ts'
import { SessionIndex } from './index/session-index.ts'
import { resolveDashboardOptions, type DashboardOptions } from './options.ts'
import { Redactor } from './redact.ts'
import { activityRoutes } from './routes/activity.ts'
import { assetAddress, assetRoutes } from './routes/assets.ts'
import { endRoutes } from './routes/end.ts'
import { listRoutes } from './routes/list.ts'
import { sessionRoutes } from './routes/session.ts'
import { FieldSearches } from './search/field-searches.ts'
import { SessionSource } from './source.ts'

/**
 * A page for operators: a live list of all sessions with search, the content of each, ways to end them, and charts.
 *
 * ```ts
 * app.register(dashboard, { store, prefix: '/admin/sessions', preHandler: operatorsOnly })
 * ```
 *
 * Rejects with a `TypeError` when an option is not as expected, and without a `preHandler`.
 */
export async function dashboard (app: FastifyInstance, options: DashboardOptions): Promise<void> {
  const { store, preHandler, redact, title, sampleInterval } = resolveDashboardOptions(options)
  const source = new SessionSource(store)
  const redactor = new Redactor(redact)
  const index = new SessionIndex(source)
  const searches = new FieldSearches({ source, redactor })
  const recorder = new Recorder(store, index, sampleInterval)
  const site = { title, prefix: app.prefix === '/' ? '' : app.prefix, asset: (name: string) => assetAddress(app.prefix, name) }
  const parts = { source, redactor, index, searches, history: recorder.history, site }

  for (const guard of preHandler) app.addHook('preHandler', guard as preHandlerHookHandler)
  app.addHook('onReady', async () => recorder.start())
  app.addHook('onClose', async () => {
    recorder.stop()
    searches.close()
    index.close()
  })

  assetRoutes(app)
  listRoutes(app, parts)
  sessionRoutes(app, parts)
  activityRoutes(app, parts)
  endRoutes(app, parts)
}
