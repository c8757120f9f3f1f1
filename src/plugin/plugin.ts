import { join } from 'node:path'
import { inspect } from 'node:util'
import fastifyCookie from '@fastify/cookie'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { isStoreOption, type StoreOptions } from '../options.ts'
import { FileStore } from '../store.ts'
import { isExposed, secretFrom } from './secret-file.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The store of the application's sessions: `list`, `revoke`, `revokeWhere`, `stats`, … */
    sessions: FileStore
  }
}

/** The options of `fileSessions`: those of `@fastify/session` and of `FileStore`, and where the secrets are. */
export interface FileSessionsOptions extends Omit<FastifySessionOptions, 'store' | 'secret'>, Omit<StoreOptions, 'secret'> {
  /** The directory of the sessions. Give it to the sessions alone. */
  readonly directory: string
  /**
   * Signs the cookies: 32 characters or more; of several the first signs and all are accepted. Or a signer, as
   * `@fastify/session` has it.
   * @default the content of `secretFile`
   */
  readonly secret?: FastifySessionOptions['secret']
  /**
   * Where the secret is kept if none is given. A missing file is made once, with mode 0600.
   * @default `.secret` in `directory`
   */
  readonly secretFile?: string
  /**
   * Encrypts the sessions on disk: the option `secret` of `FileStore`.
   * @default sessions are not encrypted
   */
  readonly encryptionSecret?: StoreOptions['secret']
}

/**
 * Sessions in files for a Fastify application: registers `@fastify/cookie` (if it is not registered yet) and
 * `@fastify/session` with a `FileStore`, which is `app.sessions`. At start the directory is checked; when the application
 * closes, everything that was set is written.
 *
 * Defaults for production: `secure: 'auto'` sends the cookie over HTTPS alone where the request came over HTTPS (behind a
 * proxy set Fastify's `trustProxy`); `sameSite: 'lax'` keeps it from requests of other sites except links;
 * `httpOnly` hides it from scripts; `saveUninitialized: false` makes no file for a visitor who has no session yet.
 *
 * ```ts
 * await app.register(fileSessions, { directory: './sessions' })
 * ```
 */
export const fileSessions = fp(async function fileSessions (app: FastifyInstance, options: FileSessionsOptions): Promise<void> {
  checkNames(options)
  const { directory, secret: given, secretFile, encryptionSecret, cookie, ...rest } = options
  if (app.hasPlugin('@fastify/session')) {
    throw new Error('fileSessions registers @fastify/session itself, and it is registered already: remove that, or give it store: new FileStore(directory)')
  }
  const [storeOptions, sessionOptions] = divide(rest)
  const store = openStore(directory, { log: app.log, ...storeOptions, ...(encryptionSecret !== undefined && { secret: encryptionSecret }) })
  await store.check()
  const secret = given ?? await keptSecret(app, secretFile ?? join(directory, '.secret'))
  if (!app.hasPlugin('@fastify/cookie')) await app.register(fastifyCookie)
  await app.register(fastifySession, {
    saveUninitialized: false,
    ...sessionOptions,
    cookie: { path: '/', secure: 'auto', sameSite: 'lax', httpOnly: true, ...cookie },
    secret,
    store
  })
  app.decorate('sessions', store)
  app.addHook('onClose', () => store.close())
}, { fastify: '5.x', name: 'fastify-file-session-store' })

// Those of `@fastify/session`, except the store, and of Fastify's `register`.
const otherNames: readonly string[] = [
  'secret', 'algorithm', 'cookieName', 'cookie', 'saveUninitialized', 'rolling', 'idGenerator', 'cookiePrefix',
  'prefix', 'logLevel', 'logSerializers'
]

const ownNames: readonly string[] = ['directory', 'secretFile', 'encryptionSecret']

function checkNames (options: object): void {
  const unknown = Object.keys(options).find(name => !ownNames.includes(name) && !otherNames.includes(name) && !isStoreOption(name))
  if (unknown !== undefined) throw new TypeError(`fileSessions has no option ${inspect(unknown)}; it has ${ownNames.join(', ')}, and the options of @fastify/session and FileStore`)
}

// What `FileStore` says of its parameters, in the words of this plugin's options.
function openStore (directory: string, options: StoreOptions): FileStore {
  try {
    return new FileStore(directory, options)
  } catch (cause) {
    const { message } = cause as Error
    throw new TypeError(message
      .replace("FileStore's option secret", "fileSessions' option encryptionSecret")
      .replace("FileStore's option requireEncryption needs a secret", "fileSessions' option requireEncryption needs an encryptionSecret")
      .replace('FileStore needs a directory', 'fileSessions needs the option directory'), { cause })
  }
}

async function keptSecret (app: FastifyInstance, file: string): Promise<string> {
  const secret = await secretFrom(file)
  if (await isExposed(file)) app.log.warn(`The secret file ${file} can be read by other users: chmod 600 ${file}`)
  return secret
}

function divide (options: Omit<FileSessionsOptions, 'directory'>): [StoreOptions, Partial<FastifySessionOptions>] {
  const entries = Object.entries(options)
  return [
    Object.fromEntries(entries.filter(([name]) => isStoreOption(name))),
    Object.fromEntries(entries.filter(([name]) => !isStoreOption(name)))
  ]
}
