import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { knowsOwners } from '../owner.ts'
import { endPage } from '../pages/end.ts'
import { messagePage } from '../pages/layout.ts'
import { isSameOrigin } from '../same-origin.ts'
import { formatListQuery, parseListQuery } from '../search/query.ts'
import { canEnd } from '../source.ts'
import { ownSessionId, sendPage, type DashboardParts } from './parts.ts'

const formType = 'application/x-www-form-urlencoded'

// In bytes: the ids of a page, were each as long as a file name can be.
const bodyLimit = 64 * 1024

/** `POST /end`: asks first, and ends sessions when the form says `confirmed`: these ids, or all of an owner. */
export function endRoutes (app: FastifyInstance, parts: DashboardParts): void {
  const { source, site } = parts
  const { store } = source
  // Within the dashboard only: the application may parse forms in its own way, or not at all.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(formType, { parseAs: 'string' }, (_request, body, done) => done(null, new URLSearchParams(body as string)))

  app.post('/end', { bodyLimit, onRequest: refuseOtherOrigins }, async (request, reply) => {
    const form = request.body as URLSearchParams | undefined ?? new URLSearchParams()
    const ids = form.getAll('id').filter(id => source.nameOf(id) !== null)
    const owner = knowsOwners(store) ? form.get('owner') || null : null
    if (ids.length === 0 && owner === null) {
      return sendPage(reply.code(400), messagePage(site, 'Nothing to end', 'The form names no session.'))
    }
    const back = formatListQuery(parseListQuery(Object.fromEntries(new URLSearchParams(form.get('back') ?? ''))))
    if (form.get('confirmed') !== 'yes') return ask(request, reply, { ids, owner, back })
    let count = 0
    for (const id of ids) {
      const row = await source.read(source.nameOf(id)!)
      if (row === null || !canEnd(row)) continue
      await store.revoke(id)
      count++
    }
    if (owner !== null) count += await store.revokeOwner(owner)
    request.log.info({ count, ...(owner !== null && { owner }) }, 'sessions ended from the dashboard')
    return reply.redirect(`${site.prefix || '/'}${back}${back === '' ? '?' : '&'}ended=${count}`, 303)
  })

  async function ask (request: FastifyRequest, reply: FastifyReply, { ids, owner, back }: { ids: string[], owner: string | null, back: string }) {
    const own = ownSessionId(request)
    let includesOwn = own !== null && ids.includes(own)
    let count = 0
    for await (const { id } of owner === null ? [] : store.listOwner(owner)) {
      count++
      includesOwn ||= id === own
    }
    return sendPage(reply, endPage(site, { ids, owner, count, includesOwn, back }))
  }

  async function refuseOtherOrigins (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    if (isSameOrigin(request)) return undefined
    return sendPage(reply.code(403), messagePage(site, 'Refused', 'This form was not sent from the dashboard.'))
  }
}
