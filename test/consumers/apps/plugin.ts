import Fastify from 'fastify'
import { fileSessions, type FileSessionsOptions } from 'fastify-file-session-store/plugin'

const options: FileSessionsOptions = { directory: './sessions', ttl: 60_000, cookie: { maxAge: 60_000 } }

export async function revokeAll (): Promise<number> {
  const app = Fastify()
  await app.register(fileSessions, options)
  return await app.sessions.revokeWhere(({ id }) => id !== '')
}

// @ts-expect-error: the options are typed
export const refused: FileSessionsOptions = { directory: 5 }
