import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What the server answered. */
export interface Response {
  readonly status: number
  readonly head: string
  readonly body: string
}

/**
 * A keep-alive connection for one GET request at a time. It does as little as
 * possible, since the load generator shares its core with Redis.
 */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #callback: ((response: Response) => void) | null = null

  private constructor (socket: Socket) {
    this.#socket = socket
    socket.setNoDelay().setEncoding('latin1').on('data', (text: string) => this.#receive(text))
  }

  /** Connects to `port` of the loopback interface. A connection that the server closes ends the process with an error. */
  static async open (port: number): Promise<Connection> {
    const socket = connect({ host: '127.0.0.1', port })
    await once(socket, 'connect')
    socket.on('close', hadError => { if (!hadError) throw new Error('The server closed a connection') })
    return new Connection(socket)
  }

  /** Requests a path with a `Cookie` header, or without one when `cookie` is empty. */
  get (path: string, cookie: string, callback: (response: Response) => void): void {
    this.#callback = callback
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${cookie === '' ? '' : `Cookie: ${cookie}\r\n`}\r\n`)
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
    this.#callback?.({ status: Number(head.slice(9, 12)), head, body })
  }
}
