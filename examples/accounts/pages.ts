import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import fastifyView from '@fastify/view'
import { Eta } from 'eta'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { cartCount } from './products.ts'
import { tokenOwner } from './security.ts'
import { timeAgo } from './times.ts'

const euros = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })

/** Templates from `pages/`, and what they link to from `public/` and from the packages of the two fonts. */
export async function addPages (app: FastifyInstance): Promise<void> {
  await app.register(fastifyView, {
    engine: { eta: new Eta() },
    root: join(import.meta.dirname, 'pages'),
    layout: 'layout',
    viewExt: 'eta',
    defaultContext: { price: (cents: number) => euros.format(cents / 100), timeAgo }
  })
  const roots = { '/public/': join(import.meta.dirname, 'public'), '/fonts/inter/': packageDirectory('inter'), '/fonts/fraunces/': packageDirectory('fraunces') }
  for (const [prefix, root] of Object.entries(roots)) {
    await app.register(fastifyStatic, { prefix, root, decorateReply: false, maxAge: '1 hour' })
  }
}

/**
 * Answers with a page. `data` is what its template shows; what every page shows is added here.
 *
 * Messages of the previous request ("added to your cart") are shown once.
 */
export function showPage<Data extends { readonly title: string }> (reply: FastifyReply, page: string, data: Data): FastifyReply {
  const { session, url, server } = reply.request
  return reply.view(page, {
    path: url.split('?')[0],
    user: session?.account === undefined ? null : server.users.find(session.account),
    cartCount: cartCount(session?.cart ?? {}),
    messages: session?.flash?.['message'] === undefined ? [] : reply.flash('message'),
    csrfToken: reply.generateCsrf({ userInfo: tokenOwner(reply.request) }),
    ...data
  })
}

function packageDirectory (font: string): string {
  return dirname(fileURLToPath(import.meta.resolve(`@fontsource-variable/${font}/package.json`)))
}
