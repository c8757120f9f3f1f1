import fastifyCookie from '@fastify/cookie'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyInstance, Session } from 'fastify'
import { FileStore } from 'fastify-file-session-store'

/** One of somebody's sessions. */
export interface OwnedSession {
  readonly id: string
  readonly session: Session
  readonly lastUsedAt: Date
}

/** The store, which also knows whose session each is. */
class OwnerStore extends FileStore {
  readonly #owner: (session: Session) => string | null

  constructor (directory: string, { owner, ...options }: ConstructorParameters<typeof FileStore>[1] & { owner: (session: Session) => string | null }) {
    super(directory, options)
    this.#owner = owner
  }

  async * listOwner (owner: string): AsyncIterable<OwnedSession> {
    for await (const { id, session, usedAt } of this.list()) {
      if (this.#owner(session as unknown as Session) === owner) yield { id, session: session as unknown as Session, lastUsedAt: usedAt }
    }
  }

  async revokeOwner (owner: string, { except }: { except?: string } = {}): Promise<number> {
    return this.revokeWhere(({ id, session }) => id !== except && this.#owner(session as unknown as Session) === owner)
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly sessions: OwnerStore
  }
}

interface FileSessionsOptions extends Omit<FastifySessionOptions, 'secret' | 'store'> {
  readonly directory: string
  readonly secret: string
  readonly owner: (session: Session) => string | null
  readonly ttl?: number
}

/** Sessions in files. */
export async function fileSessions (app: FastifyInstance, { directory, owner, ttl, ...options }: FileSessionsOptions): Promise<void> {
  const store = new OwnerStore(directory, { owner, ...(ttl !== undefined && { ttl }), onFailure: failure => app.log.warn(failure) })
  app.decorate('sessions', store)
  app.addHook('onClose', () => store.close())
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    ...options,
    store,
    cookie: { secure: 'auto', sameSite: 'lax', httpOnly: true, ...options.cookie },
    saveUninitialized: false
  })
}

// What `fastify-plugin` does: the decorations are the application's own.
Object.assign(fileSessions, { [Symbol.for('skip-override')]: true })
