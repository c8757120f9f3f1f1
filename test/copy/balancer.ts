import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Send } from './visitors.ts'

/** A load balancer in front of some hosts. */
export interface Balancer {
  readonly url: string
  /** Whether each client is sent to the host that signed it in. Otherwise each request goes to any host. */
  isPinning: boolean
  close (): Promise<void>
}

/** Starts a load balancer of HTTP requests that answers 502 where a host does not answer. */
export async function startBalancer (hosts: readonly Send[]): Promise<Balancer> {
  const pins = new Map<string, Send>()
  const server = createServer((request, response) => {
    const { method = '', url = '', headers: { cookie = null } } = request
    const pinned = balancer.isPinning && cookie !== null ? pins.get(cookie) : undefined
    const host = pinned ?? hosts[Math.floor(Math.random() * hosts.length)]!
    host(method, url, cookie).then(
      answer => {
        if (answer.cookie !== null && answer.cookie !== cookie) pins.set(answer.cookie, host)
        response.writeHead(answer.status, answer.cookie === null ? {} : { 'set-cookie': answer.cookie }).end(JSON.stringify(answer.body))
      },
      (error: Error) => response.writeHead(502).end(JSON.stringify(error.message))
    )
  })
  const balancer: Balancer = {
    url: '',
    isPinning: true,
    async close () {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(balancer, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

/** Sends a request to `url`, of which only the first cookie counts. */
export async function send (url: string, method: string, cookie: string | null): ReturnType<Send> {
  const response = await fetch(url, { method, headers: cookie === null ? {} : { cookie } })
  return { status: response.status, body: await response.json(), cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie }
}
