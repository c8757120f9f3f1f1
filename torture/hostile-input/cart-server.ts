import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A response: its status, body and the cookie that it sets; `null` when the connection broke. */
export type CartResponse = { readonly status: number, readonly body: string, readonly cookie: string | null } | null

/** A body to send, and where. */
export interface CartRequest {
  readonly path: '/cart' | '/field' | '/alive'
  readonly body?: string
  readonly type?: string
  readonly cookie?: string | null
}

/** A server process, `cart-process.ts`. */
export class CartServer {
  readonly #child: ChildProcess
  readonly #port: number
  #errors = ''

  private constructor (child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.#errors += text })
  }

  /** Starts a process, and resolves when it listens. */
  static async start (file: string, ...parameters: readonly string[]): Promise<CartServer> {
    const child = fork(file, parameters, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    const ended = once(child, 'exit').then(([code]) => { throw new Error(`the server ended with ${code} before it listened`) })
    const [message] = await Promise.race([once(child, 'message'), ended])
    ended.catch(() => {})
    return new CartServer(child, (message as { port: number }).port)
  }

  /** Whether the process is running. */
  get isAlive (): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What the process has written to its standard error. */
  get errors (): string {
    return this.#errors
  }

  /** The response to a GET request, or to a POST request if there is a body. */
  async request ({ path, body, type = 'application/json', cookie = null }: CartRequest): Promise<CartResponse> {
    const headers = { ...(cookie !== null && { cookie }), ...(body !== undefined && { 'content-type': type }), connection: 'close' }
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, body === undefined ? { headers } : { method: 'POST', headers, body })
      return { status: response.status, body: await response.text(), cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? null }
    } catch {
      return null
    }
  }

  async stop (): Promise<void> {
    if (!this.isAlive) return
    const exited = once(this.#child, 'exit')
    this.#child.kill()
    await exited
  }
}
