import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { Agent, get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { FileStore } from '../src/index.ts'
import { freshDirectory, namesIn, promised } from '../test/support.ts'
import { compiled } from './compiled.ts'
import { Random } from './random.ts'
import { ensure, timesOf, type Effort, type Trial } from './trial.ts'

// In the long run: sessions in flight through one store, minutes of requests.
const inFlight = 50_000
const minutes = 5

const workers = 4
const clients = 24

/** Many sessions, many processes, many requests. */
export function manyTrials (effort: Effort): Trial[] {
  return [
    ...(['disk', 'memory'] as const).map(acknowledge => ({
      name: `carries many sessions at once (acknowledged from ${acknowledge})`,
      run: () => crowd(timesOf(inFlight, { ...effort, share: Math.max(effort.share, 0.2) }), acknowledge)
    })),
    { name: 'keeps logins, logouts and counts while workers are killed', run: () => town(effort) }
  ]
}

async function crowd (often: number, acknowledge: 'disk' | 'memory'): Promise<number> {
  const directory = await freshDirectory()
  try {
    const store = new FileStore(directory, { acknowledge, pruneInterval: 0 })
    const { get, set, destroy } = promised(store)
    const numbers = Array.from({ length: often }, (_, number) => number)
    await Promise.all(numbers.map(number => set(`s${number}`, { number })))
    await Promise.all(numbers.map(async number => ensure((await get(`s${number}`))?.number === number, `session ${number} is not there`)))
    // All that can happen to one, at once: the last call has the last word.
    await Promise.all(numbers.flatMap(number => [
      set(`s${number}`, { number: -1 }), destroy(`s${number}`), ...(number % 2 === 0 ? [set(`s${number}`, { number: number + 1 })] : [])
    ]))
    await store.close()
    const names = await namesIn(directory)
    ensure(names.length === Math.ceil(often / 2), `${names.length} files are left`)
    for (const name of names) {
      const number = Number(/^s(\d+)\.json$/.exec(name)?.[1])
      ensure(await readFile(join(directory, name), 'utf8') === JSON.stringify({ number: number + 1 }), `${name} is another`)
    }
    return often
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function town (effort: Effort): Promise<number> {
  const directory = await freshDirectory()
  const code = await compiled(['server'])
  const servers = await Promise.all(Array.from({ length: workers }, () => Server.start(code.file('server'), directory)))
  const until = performance.now() + Math.max(1, minutes * 60_000 * effort.share)
  let hasFailed = false
  const isOver = () => hasFailed || performance.now() > until
  const random = new Random(effort.seed)
  const count = { requests: 0, killed: 0, logins: 0, logouts: 0 }
  const next = () => Math.floor(random.next() * 2 ** 31)
  try {
    const citizens = Array.from({ length: clients }, (_, number) => new Citizen(`u${number}`, servers, new Random(next()), count))
    const killing = async () => {
      while (!isOver()) {
        await delay(100 + random.below(400))
        const place = random.below(workers)
        const old = servers[place]
        // The others answer meanwhile.
        servers[place] = await Server.start(code.file('server'), directory)
        await old?.kill()
        count.killed++
      }
    }
    const all = [...citizens.map(citizen => citizen.live(isOver)), killing()]
    for (const one of all) one.catch(() => { hasFailed = true })
    await Promise.allSettled(all)
    await Promise.all(all)
    ensure(count.logins > 0 && count.logouts > 0 && count.killed > 0, `there was too little to see: ${JSON.stringify(count)}`)
    console.log(`       ${JSON.stringify(count)}`)
    return count.requests
  } finally {
    await Promise.all(servers.map(server => server.kill()))
    await code.remove()
    await rm(directory, { recursive: true, force: true })
  }
}

interface Answered {
  readonly status: number
  readonly body: any
  readonly cookie: string | null
}

/** A worker: an application in a process of its own. */
class Server {
  readonly #child: ChildProcess
  readonly #agent = new Agent({ keepAlive: true })
  #port = 0
  #isKilled = false
  readonly #loaded = new Map<string, () => void>()

  private constructor (child: ChildProcess) {
    this.#child = child
  }

  static async start (file: string, directory: string): Promise<Server> {
    const server = new Server(fork(file, [directory], { execArgv: [] }))
    const listening = new Promise<void>((resolve, reject) => {
      server.#child.on('message', (message: { port?: number, loaded?: string }) => {
        if (message.port !== undefined) {
          server.#port = message.port
          resolve()
        }
        if (message.loaded !== undefined) server.#loaded.get(message.loaded)?.()
      })
      server.#child.once('exit', () => {
        if (!server.#isKilled) reject(new Error('a worker ended by itself'))
      })
    })
    await listening
    return server
  }

  async kill (): Promise<void> {
    this.#isKilled = true
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGKILL')
      await exited
    }
    this.#agent.destroy()
    for (const resolve of this.#loaded.values()) resolve()
  }

  /** What it answers, or `null` when it was killed meanwhile. */
  async ask (path: string, cookie: string | null): Promise<Answered | null> {
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers: cookie === null ? {} : { cookie } }, resolve).once('error', reject)
      })
      const body = await text(response)
      ensure(response.statusCode === 200, `${path} was answered with ${response.statusCode}: ${body}`)
      return { status: response.statusCode, body: JSON.parse(body), cookie: response.headers['set-cookie']?.[0]?.split(';')[0] ?? null }
    } catch (cause) {
      if (this.#isKilled || !('code' in (cause as object))) {
        if (this.#isKilled) return null
        throw cause
      }
      // The kill is on its way, or nobody can tell why.
      await Promise.race([once(this.#child, 'exit'), delay(1_000)])
      if (this.#isKilled) return null
      throw cause
    }
  }

  /** Resolves when the slow request of this name has loaded its session, or will not any more. */
  async loaded (name: string): Promise<void> {
    await new Promise<void>(resolve => {
      if (this.#isKilled) resolve()
      this.#loaded.set(name, resolve)
    })
    this.#loaded.delete(name)
  }
}

/** A user with a browser, who believes what he was told. */
class Citizen {
  readonly #name: string
  readonly #servers: readonly Server[]
  readonly #random: Random
  readonly #seen: { requests: number, logins: number, logouts: number }
  #cookie: string | null = null
  /** The least that the counter can be, and the most: a request that was lost may have counted. */
  #least = 0
  #most = 0
  #slow = 0

  constructor (name: string, servers: readonly Server[], random: Random, seen: { requests: number, logins: number, logouts: number }) {
    this.#name = name
    this.#servers = servers
    this.#random = random
    this.#seen = seen
  }

  async live (isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (this.#cookie === null) await this.#logIn()
      else if (this.#random.next() < 0.9) await this.#use(this.#cookie)
      else await this.#logOut(this.#cookie)
    }
  }

  async #logIn (): Promise<void> {
    const answer = await this.#ask(`/login/${this.#name}`, null)
    if (answer === null) return
    ensure(answer.cookie !== null, 'a login gave no cookie')
    this.#seen.logins++
    this.#cookie = answer.cookie
    this.#least = this.#most = 0
  }

  async #use (cookie: string): Promise<void> {
    const isCounting = this.#random.next() < 0.6
    if (isCounting) this.#most++
    const answer = await this.#ask(isCounting ? '/count' : '/read', cookie)
    if (answer === null) return
    const { user, count } = answer.body
    ensure(user === this.#name, `the login of ${this.#name} was lost: ${user}`)
    const least = this.#least + (isCounting ? 1 : 0)
    ensure(count >= least && count <= this.#most, `the count of ${this.#name} is ${count}, expected ${least} to ${this.#most}`)
    this.#least = this.#most = count
  }

  // A slow request is under way, in another worker or the same one, and saves what it loaded after the logout.
  async #logOut (cookie: string): Promise<void> {
    const name = `${this.#name}-${this.#slow++}`
    const server = this.#random.pick(this.#servers)
    const isLoaded = server.loaded(name)
    const slow = server.ask(`/slow/${name}`, cookie)
    await Promise.race([isLoaded, slow])
    let answer = null
    while (answer === null) answer = await this.#ask('/logout', cookie)
    await server.ask(`/go/${name}`, null)
    await slow
    this.#seen.logouts++
    for (let time = 0; time < 2; time++) {
      const answer = await this.#ask('/read', cookie)
      ensure(answer === null || answer.body.user === null, `the logout of ${this.#name} was undone`)
    }
    this.#cookie = null
  }

  async #ask (path: string, cookie: string | null): Promise<Answered | null> {
    this.#seen.requests++
    return await this.#random.pick(this.#servers).ask(path, cookie)
  }
}
