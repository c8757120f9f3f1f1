import assert from 'node:assert/strict'
import { percentile } from './rounds.ts'
import { load } from './load.ts'

type Autocannon = (options: {
  url: string
  connections: number
  duration: number
  sampleInt: number
  setupClient: (client: { setHeaders: (headers: Record<string, string>) => void }) => void
}) => PromiseLike<{ errors: number, non2xx: number }> & { on: (event: 'response', listener: Listener) => void }

type Listener = (client: unknown, status: number, bytes: number, time: number) => void

/** What one round of requests showed; times in milliseconds. */
export interface Round {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/** Ten people who are signed in, each with a connection and a session. */
export class Visitors {
  readonly #url: string
  readonly #cookies: readonly string[]

  private constructor (url: string, cookies: readonly string[]) {
    this.#url = url
    this.#cookies = cookies
  }

  static async signIn (port: number): Promise<Visitors> {
    const url = `http://127.0.0.1:${port}`
    const cookies: string[] = []
    for (let visitor = 0; visitor < 10; visitor++) {
      const response = await fetch(`${url}/sign-in`)
      const [cookie] = response.headers.getSetCookie()
      assert.ok(response.ok && cookie !== undefined, 'signing in gave no cookie')
      cookies.push(cookie.split(';', 1)[0] as string)
    }
    return new Visitors(url, cookies)
  }

  /**
   * Asks for a path for so many seconds, each visitor one request after the
   * other. Each answer must be a success, and the sessions must say afterwards
   * how often they were changed.
   */
  async request (path: '/read' | '/change', seconds: number): Promise<Round> {
    const { default: autocannon } = await load<{ default: Autocannon }>('autocannon')
    const before = await this.#counts()
    const times: number[] = []
    let next = 0
    const run = autocannon({
      url: this.#url + path,
      connections: this.#cookies.length,
      duration: seconds,
      sampleInt: 100,
      setupClient: client => client.setHeaders({ cookie: this.#cookies[next++] as string })
    })
    const start = performance.now()
    let end = start
    run.on('response', (_client, _status, _bytes, time) => {
      times.push(time)
      end = performance.now()
    })
    const { errors, non2xx } = await run
    assert.equal(errors + non2xx, 0, `${path} failed`)
    const changes = await this.#counts() - before
    // A request that was under way at the end may have made its change without an answer.
    const most = path === '/change' ? times.length + this.#cookies.length : 0
    const least = path === '/change' ? times.length : 0
    assert.ok(changes >= least && changes <= most, `${times.length} answers of ${path} made ${changes} changes`)
    return { perSecond: times.length / (end - start) * 1000, p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
  }

  async #counts (): Promise<number> {
    let sum = 0
    for (const cookie of this.#cookies) {
      const response = await fetch(`${this.#url}/read`, { headers: { cookie } })
      sum += (await response.json() as { count: number }).count
    }
    return sum
  }
}
