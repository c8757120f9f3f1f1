import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { ensure } from '../trial.ts'

/** A response with its parsed body and the cookie that it sets. */
export interface Response {
  readonly status: number
  readonly body: any
  readonly cookie: string | null
}

/** A server process, `server-process.ts`, that may be killed at any time. */
export class Server {
  readonly #child: ChildProcess
  readonly #agent = new Agent({ keepAlive: true })
  #port = 0
  #isKilled = false
  readonly #loaded = new Map<string, () => void>()

  private constructor (child: ChildProcess) {
    this.#child = child
  }

  /** Starts a process, and resolves when it listens. */
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
        if (!server.#isKilled) reject(new Error('a server process ended by itself'))
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

  /** The response to a request, or `null` when the process was killed meanwhile. */
  async request (path: string, cookie: string | null): Promise<Response | null> {
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers: cookie === null ? {} : { cookie } }, resolve).once('error', reject)
      })
      const body = await text(response)
      ensure(response.statusCode === 200, `${path} was answered with ${response.statusCode}: ${body}`)
      return { status: response.statusCode, body: JSON.parse(body), cookie: response.headers['set-cookie']?.[0]?.split(';')[0] ?? null }
    } catch (cause) {
      if (this.#isKilled) return null
      if (!('code' in (cause as object))) throw cause
      // A connection error: either the process is about to be killed, or the store is at fault.
      await Promise.race([once(this.#child, 'exit'), delay(1_000)])
      if (this.#isKilled) return null
      throw cause
    }
  }

  /** Resolves when the slow request of this name has loaded its session, or never will. */
  async loaded (name: string): Promise<void> {
    await new Promise<void>(resolve => {
      if (this.#isKilled) resolve()
      this.#loaded.set(name, resolve)
    })
    this.#loaded.delete(name)
  }
}
