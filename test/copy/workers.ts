import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { send } from './balancer.ts'
import type { Stage } from './worker.ts'

/** A running worker. */
interface Worker { readonly url: string, readonly stage: Stage, readonly child: ChildProcess, underWay: number, idle: () => void }

/** Where the workers keep their sessions, and where they run. */
export interface Places {
  readonly directory: string
  readonly otherDirectory?: string
  /** The address of the Redis. */
  readonly url: string
  /** The address of their own that they listen on. */
  readonly host?: string
  /** What starts a process on their machine, before the command itself. */
  readonly on?: readonly string[]
}

/** Some worker processes, of which each request goes to any, as behind a load balancer that pins nobody. */
export class Workers {
  readonly #places: Places
  #workers: Worker[] = []

  constructor (places: Places) {
    this.#places = places
  }

  /** Starts so many workers. */
  async start (count: number, stage: Stage): Promise<void> {
    this.#workers = await Promise.all(Array.from({ length: count }, () => this.#startOne(stage)))
  }

  /** Replaces the workers by ones of another stage: one after the other, with `between` before each. */
  async replace (stage: Stage, between: () => Promise<void>): Promise<void> {
    for (const old of [...this.#workers]) {
      await between()
      const replacement = await this.#startOne(stage)
      this.#workers = this.#workers.map(worker => worker === old ? replacement : worker)
      await this.#stopOne(old)
    }
    await between()
  }

  /** The stages of the workers that run. */
  get stages (): string {
    return this.#workers.map(({ stage }) => stage).join(' and ')
  }

  /** Ends all workers. */
  async stop (): Promise<void> {
    await Promise.all(this.#workers.splice(0).map(worker => this.#stopOne(worker)))
  }

  /** Sends a request to any of them. Rejects where no answer comes. */
  async request (method: string, path: string, cookie: string | null): Promise<{ status: number, body: any, cookie: string | null }> {
    const worker = this.#workers[Math.floor(Math.random() * this.#workers.length)]!
    worker.underWay++
    try {
      return await send(`${worker.url}${path}`, method, cookie)
    } finally {
      if (--worker.underWay === 0) worker.idle()
    }
  }

  async #startOne (stage: Stage): Promise<Worker> {
    const { directory, otherDirectory = '', url, host = '127.0.0.1', on = [] } = this.#places
    const script = fileURLToPath(new URL('worker.ts', import.meta.url))
    const [program = '', ...parameters] = [...on, process.execPath, '--import', 'tsx', script, stage, directory, otherDirectory, url, host]
    const child = spawn(program, parameters, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [port] = await once(child, 'message')
    return { url: `http://${host}:${port}`, stage, child, underWay: 0, idle: () => {} }
  }

  // As a load balancer does: no new requests, those that are under way are waited for.
  async #stopOne (worker: Worker): Promise<void> {
    if (worker.underWay > 0) await new Promise<void>(resolve => { worker.idle = resolve })
    const ended = once(worker.child, 'exit')
    worker.child.kill('SIGTERM')
    await ended
  }
}
