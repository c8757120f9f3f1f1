/** A session that `get` gave. */
export interface LoadedSession {
  readonly cookie?: Readonly<Record<string, unknown>>
  readonly [key: string]: unknown
}

/** A session as a request has it: the object that it changes and sets. */
export type PluginSession = Record<string | symbol, unknown> & { cookie?: Record<string, unknown> }

// What the plugin's Cookie class keeps, besides its dates.
const cookieFields = ['originalMaxAge', 'sameSite', 'secure', 'path', 'httpOnly', 'domain', 'partitioned']

/**
 * A loaded session as `@fastify/session` takes it over at `now`: with a new
 * cookie, whose expiry counts from now, and with the options of the loaded one,
 * symbols included, under a symbol of the session.
 */
export function asPluginSession ({ cookie, ...fields }: LoadedSession, now: number): PluginSession {
  if (typeof cookie !== 'object' || cookie === null) return { ...fields, ...(cookie !== undefined && { cookie }) }
  const known: Record<string, unknown> = Object.fromEntries(cookieFields.filter(name => name in cookie).map(name => [name, cookie[name]]))
  const maxAge = cookie['originalMaxAge']
  if (typeof maxAge === 'number' && maxAge !== 0) known['expires'] = new Date(now + maxAge)
  else if ('expires' in cookie) known['expires'] = cookie['expires']
  if (cookie['expires']) known['originalExpires'] = cookie['expires']
  return { ...fields, cookie: known, [Symbol('cookieOpts')]: { ...cookie } }
}
