import { utimes } from 'node:fs/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { dashboard, type DashboardOptions } from '../../src/dashboard/index.ts'
import { FileStore, type StoreOptions, type StoreStats } from '../../src/index.ts'
import { promised } from '../support.ts'

/** A store of which tests know the counters. The owner of a session is its field `account`. */
export class TestStore extends FileStore {
  constructor (directory: string, options: StoreOptions = {}) {
    super(directory, { pruneInterval: 0, owner: session => session.account, ...options })
  }

  override stats (): StoreStats {
    return {
      ...super.stats(),
      gets: 10,
      hits: 8,
      misses: 2,
      failures: { malformed: 2 },
      lastPrune: { at: new Date(Date.now() - 60_000), scanned: 20, removed: 4, kept: 16, unreadable: 0, foreign: 0, temporary: 0, durationMs: 3 }
    }
  }
}

/** A dashboard in an application of its own. */
export interface Served {
  readonly app: FastifyInstance
  readonly store: TestStore
  /** Writes a session that was last used so many milliseconds ago. */
  write (id: string, fields: object, usedAgo?: number): Promise<void>
  /** A page of the dashboard, by its path below the prefix. */
  get (path: string): Promise<Answer>
  /** What sending a form of the dashboard's own gives. */
  post (path: string, fields: ReadonlyArray<readonly [string, string]>, headers?: Record<string, string>): Promise<Answer>
}

/** What the dashboard answers. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Record<string, string | string[] | number | undefined>
  /** The ids of the sessions listed, in order. */
  readonly ids: string[]
}

export const prefix = '/admin/sessions'

/** Serves the dashboard of the sessions in `directory`; everybody may see it unless told otherwise. */
export async function serve (directory: string, options: Partial<DashboardOptions> & StoreOptions = {}): Promise<Served> {
  const { preHandler = async () => {}, redact, title, sampleInterval = 0, ...storeOptions } = options
  const store = new TestStore(directory, storeOptions)
  const app = Fastify()
  app.addHook('onClose', () => store.close())
  await app.register(dashboard, { store, prefix, preHandler, sampleInterval, ...(redact && { redact }), ...(title !== undefined && { title }) })
  return { app, store, ...clientOf(app, store) }
}

function clientOf (app: FastifyInstance, store: FileStore): Omit<Served, 'app' | 'store'> {
  async function get (path: string): Promise<Answer> {
    const answer = answerOf(await app.inject({ url: prefix + path }))
    // On a busy machine even a few sessions may take longer than an answer waits.
    return /Reading the directory|Searching:/.test(answer.body) ? await get(path) : answer
  }
  return {
    async write (id, fields, usedAgo = 0) {
      await promised(store).set(id, { cookie: { originalMaxAge: 3_600_000 }, ...fields })
      const time = (Date.now() - usedAgo) / 1000
      await utimes(store.sessionFile(id), time, time)
    },
    get,
    post: async (path, fields, headers = { 'sec-fetch-site': 'same-origin' }) => answerOf(await app.inject({
      method: 'POST',
      url: prefix + path,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString()
    }))
  }
}

function answerOf ({ statusCode, body, headers }: Awaited<ReturnType<FastifyInstance['inject']>>): Answer {
  return { status: statusCode, body, headers, ids: [...body.matchAll(/<a class="id" [^>]*>([^<]*)</g)].map(([, id]) => id!) }
}

/** The text of a page, without its markup. */
export function textOf (body: string): string {
  return body.replace(/<head>.*?<\/head>/s, '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
}
