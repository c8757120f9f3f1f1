import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyFlash from '@fastify/flash'
import fastifyFormbody from '@fastify/formbody'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { dashboard } from 'fastify-file-session-store/dashboard'
import { fileSessions } from 'fastify-file-session-store/plugin'
import { addErrorPages } from './errors.ts'
import { adminsOnly } from './members.ts'
import { addPages } from './pages.ts'
import { accountRoutes } from './routes/account.ts'
import { registrationRoutes } from './routes/registration.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { shopRoutes } from './routes/shop.ts'
import { addSecurity, protectForms } from './security.ts'
import { openUsers, type NewUser } from './users.ts'

/** What the application needs to be told. */
export interface AppOptions {
  /** Where it keeps its data: `sessions/`, `users.json`, and `secret`. */
  readonly directory: string
  /**
   * People to add if they are not there yet.
   * @default none
   */
  readonly users?: readonly NewUser[]
  /**
   * Whose names and passwords the sign-in page shows. For a demonstration only.
   * @default none
   */
  readonly demoUsers?: readonly NewUser[]
  /** As in Fastify: which proxies to believe when they say who the client is and that it uses HTTPS. */
  readonly trustProxy?: FastifyServerOptions['trustProxy']
  readonly logger?: FastifyServerOptions['logger']
}

/** A little shop with accounts. `server.ts` makes it listen. */
export async function buildApp ({ directory, users = [], demoUsers = [], trustProxy = false, logger = false }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger, trustProxy })
  const secretFile = join(directory, 'secret')

  // `request.session`, each one a file in `sessions/`; and `app.sessions`, the store.
  await app.register(fileSessions, {
    directory: join(directory, 'sessions'),
    // What the cookies are signed with. The file is made at the first start.
    secretFile,
    // Whose session it is: `app.sessions.listOwner` and `revokeOwner` then find one person's sessions among millions.
    owner: session => session.account ?? null,
    // Without "remember me" the browser forgets the cookie when it closes. The server cannot see that,
    // so it ends such a session a day after its last use.
    ttl: 24 * 60 * 60 * 1000
  })
  app.decorate('users', await openUsers(join(directory, 'users.json'), [...users, ...demoUsers]))

  await app.register(fastifyFormbody)
  await app.register(fastifyFlash)
  // Before the limits: style sheets and pictures do not count.
  await addPages(app)
  addErrorPages(app)
  await addSecurity(app, await readFile(secretFile, 'utf8'))

  // The sessions of everybody, for administrators. The dashboard brings its own headers, and its own check of forms.
  await app.register(dashboard, { prefix: '/admin/sessions', store: app.sessions, preHandler: adminsOnly, title: 'All sessions' })

  await app.register(async shop => {
    protectForms(shop)
    await shop.register(accountRoutes, { demoUsers })
    await shop.register(registrationRoutes)
    await shop.register(shopRoutes)
    await shop.register(sessionRoutes)
  })
  return app
}
