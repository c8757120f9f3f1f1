/** A session that `get` gave. */
export interface LoadedSession {
  readonly cookie?: unknown
  readonly [key: string]: unknown
}

/** The fields of the plugin's cookie, as its `toJSON` gives them. */
export interface PluginCookie {
  expires: Date | null
  originalMaxAge: number | null
  originalExpires?: Date
  sameSite: unknown
  secure: unknown
  path: unknown
  httpOnly: unknown
  domain: unknown
}

/** A session as a request has it: the object that it changes and sets. */
export type PluginSession = Record<string | symbol, unknown> & { cookie: PluginCookie }

/**
 * A loaded session as the `Session` of `@fastify/session` takes it over at
 * `now`: with a new cookie, whose expiry counts from now, and with the options
 * of the loaded one, symbols included, under a symbol of the session.
 */
export function asPluginSession ({ cookie, ...fields }: LoadedSession, now: number): PluginSession {
  const options: Record<string | symbol, any> = typeof cookie === 'object' && cookie !== null ? { ...cookie } : {}
  return { cookie: pluginCookie(options, now), ...fields, [Symbol('cookieOpts')]: options }
}

// As the constructor of the plugin's Cookie.
function pluginCookie (options: Readonly<Record<string, any>>, now: number): PluginCookie {
  const maxAge = options['originalMaxAge'] || options['maxAge'] || null
  const given = options['expires'] ? new Date(options['expires']) : null
  return {
    expires: maxAge ? new Date(now + maxAge) : given,
    originalMaxAge: maxAge,
    ...(given !== null && { originalExpires: given }),
    sameSite: options['sameSite'] || null,
    secure: options['secure'] ?? null,
    path: options['path'] || '/',
    httpOnly: options['httpOnly'] ?? true,
    domain: options['domain'] || null
  }
}
