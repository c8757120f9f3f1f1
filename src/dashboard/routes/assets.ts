import type { FastifyInstance } from 'fastify'
import { assets } from '../assets.ts'

/** The address of a style sheet or script. It changes with the content, so that browsers may keep it. */
export function assetAddress (prefix: string, name: string): string {
  return `${prefix === '/' ? '' : prefix}/assets/${name}?v=${assets[name]!.version}`
}

/** `GET /assets/…`: style sheets, scripts and the icon. */
export function assetRoutes (app: FastifyInstance): void {
  for (const [name, { type, content, version }] of Object.entries(assets)) {
    app.get<{ Querystring: { v?: string } }>(`/assets/${name}`, async (request, reply) => reply
      .header('content-type', `${type}; charset=utf-8`)
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', request.query.v === version ? 'private, max-age=31536000, immutable' : 'no-cache')
      .send(content))
  }
}
