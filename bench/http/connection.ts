import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What the server answered. */
export interface Response {
  readonly status: number
  readonly head: string
  readonly body: string
}

type ResponseCallback = (error: Error | null, response?: Response) => void

/**
 * A keep-alive connection for one GET request at a time. It does as little as
 * possible, since the load generator shares its core with Redis.
 */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #callback: ResponseCallback | null = null

  private constructor (socket: Socket) {
    this.#socket = socket
    socket.setNoDelay().setEncoding('latin1').on('data', (text: string) => this.#receive(text))
    // `close` follows.
    socket.on('error', () => {}).on('close', () => this.#settle(new Error('The server closed a connection')))
  }

  /** Connects to `port` of the loopback interface. */
  static async open (port: number): Promise<Connection> {
    const socket = connect({ host: '127.0.0.1', port })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Requests a path with a `Cookie` header, or without one when `cookie` is empty. */
  get (path: string, cookie: string, callback: ResponseCallback): void {
    this.#callback = callback
    if (this.#socket.destroyed) return this.#settle(new Error('The server closed an idle connection'))
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${cookie === '' ? '' : `Cookie: ${cookie}\r\n`}\r\n`)
  }

  close (): void {
    this.#socket.destroy()
  }

  #receive (text: string): void {
    this.#received += text
    const headLength = this.#received.indexOf('\r\n\r\n')
    if (headLength === -1) return
    const head = this.#received.slice(0, headLength)
    const bodyLength = Number(/content-length: (\d+)/i.exec(head)?.[1])
    const body = this.#received.slice(headLength + 4)
    if (body.length < bodyLength) return
    this.#received = ''
    // `HTTP/1.1 200 OK`
    this.#settle(null, { status: Number(head.slice(9, 12)), head, body })
  }

  #settle (error: Error | null, response?: Response): void {
    const callback = this.#callback
    this.#callback = null
    callback?.(error, response)
  }
}
