import { percentile } from '../measure/rounds.ts'
import { Connection, type Response } from './connection.ts'

/** The routes of the server: one reads the session, one changes it. */
export type Route = '/read' | '/change'

/** One round of requests. */
export interface Load {
  readonly route: Route
  /** How many sessions take part: as many as connections, or all of them in turn. */
  readonly sessions: number
  readonly connections: number
  readonly seconds: number
}

/** What the load generator saw; times in milliseconds. */
export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/** Visitors who are signed in at one server. Each response is checked: the count in each session must be exact. */
export class Visitors {
  readonly #port: number
  readonly #connections: Connection[] = []
  readonly #cookies: string[] = []
  readonly #counts: number[] = []
  #next = 0

  constructor (port: number) {
    this.#port = port
  }

  /** Creates `count` sessions, each with a request. */
  async signIn (count: number): Promise<void> {
    await this.#connect(10)
    let started = 0
    await this.#eachLane(10, lane => started++ < count ? { path: '/sign-in', cookie: '', check: response => this.#remember(response) } : null)
  }

  /**
   * Requests a route for some seconds; each connection sends a request when the previous one is answered.
   * Rejects when a response is not a success or shows a wrong session.
   */
  async request ({ route, sessions, connections, seconds }: Load): Promise<LoadResult> {
    await this.#connect(connections)
    const step = route === '/change' ? 1 : 0
    const times: number[] = []
    const start = performance.now()
    const end = start + seconds * 1000
    await this.#eachLane(connections, lane => {
      const sentAt = performance.now()
      if (sentAt >= end) return null
      const visitor = sessions === connections ? lane : this.#next++ % sessions
      const count = (this.#counts[visitor] ?? NaN) + step
      this.#counts[visitor] = count
      return {
        path: route,
        cookie: this.#cookies[visitor] ?? '',
        check (response) {
          times.push(performance.now() - sentAt)
          if (response.status !== 200 || response.body !== `{"count":${count}}`) throw new Error(`${route} answered ${response.status} ${response.body} instead of count ${count}`)
        }
      }
    })
    const perSecond = times.length / (performance.now() - start) * 1000
    return { requests: times.length, perSecond, p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
  }

  /** Closes the connections. */
  close (): void {
    for (const connection of this.#connections) connection.close()
  }

  async #connect (count: number): Promise<void> {
    while (this.#connections.length < count) this.#connections.push(await Connection.open(this.#port))
  }

  // Resolves when `next` has returned `null` for each lane.
  async #eachLane (lanes: number, next: (lane: number) => LaneRequest | null): Promise<void> {
    await Promise.all(this.#connections.slice(0, lanes).map((connection, lane) => new Promise<void>((resolve, reject) => {
      proceed()
      function proceed (): void {
        const request = next(lane)
        if (request === null) return resolve()
        connection.get(request.path, request.cookie, (error, response) => {
          if (response === undefined) return reject(error ?? new Error('No response'))
          try {
            request.check(response)
          } catch (cause) {
            return reject(cause)
          }
          proceed()
        })
      }
    })))
  }

  #remember ({ status, head }: Response): void {
    const cookie = /set-cookie: ([^;\r]+)/i.exec(head)?.[1]
    if (status !== 200 || cookie === undefined) throw new Error(`Signing in answered ${status} without a cookie`)
    this.#cookies.push(cookie)
    this.#counts.push(0)
  }
}

interface LaneRequest {
  readonly path: string
  readonly cookie: string
  readonly check: (response: Response) => void
}
