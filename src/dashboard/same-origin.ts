import type { FastifyRequest } from 'fastify'

/**
 * Whether a form was sent from one of this server's own pages, so that another site's page cannot end sessions with
 * the operator's cookie.
 *
 * It needs no token, no cookie and no session of its own, and so works in every application. Each browser since 2023
 * sends `Sec-Fetch-Site`, which no page can change. It is not sent over plain HTTP (except to
 * localhost); there `Origin` must be this server. A request with neither does not come from a current browser, and is
 * refused. The rule is that of Go's `net/http.CrossOriginProtection`, and stricter than it in the last case.
 */
export function isSameOrigin ({ headers, host }: Pick<FastifyRequest, 'headers' | 'host'>): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  if (!URL.canParse(headers.origin ?? '')) return false
  const origin = new URL(headers.origin!)
  // With the origin's own scheme, so that a default port is left out of both.
  return URL.canParse(`${origin.protocol}//${host}`) && new URL(`${origin.protocol}//${host}`).origin === origin.origin
}
