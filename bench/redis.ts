import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { load } from './load.ts'
import type { Store } from './stores.ts'

interface Client {
  on: (event: 'error', listener: (error: Error) => void) => void
  connect: () => Promise<unknown>
  ping: () => Promise<unknown>
  destroy: () => void
}

/** A Redis server of our own. */
export interface Redis { readonly port: number, readonly stop: () => Promise<void> }

/**
 * Starts a `redis-server` on a free port of the loopback interface, with
 * nothing written to disk: Redis at its fastest. `null` when there is none.
 */
export async function startRedis (): Promise<Redis | null> {
  const port = await freePort()
  const server = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  const kill = () => server.kill()
  process.once('exit', kill)
  // There is no such program, or it cannot start.
  const over = new AbortController()
  const end = new Promise<void>(resolve => { server.once('exit', resolve).once('error', resolve) })
  void end.then(() => over.abort())
  for (let attempt = 0; attempt < 100 && !over.signal.aborted; attempt++) {
    await delay(50)
    if (await answers(port)) {
      return {
        port,
        async stop () {
          process.off('exit', kill)
          server.kill()
          await end
        }
      }
    }
  }
  server.kill()
  return null
}

/** `connect-redis` on the server at `port`, as its README shows it. */
export async function redisStore (port: number): Promise<Store> {
  const { RedisStore } = await load<{ RedisStore: new (options: object) => Store }>('connect-redis')
  const client = await clientOf(port)
  await client.connect()
  return new RedisStore({ client })
}

async function answers (port: number): Promise<boolean> {
  const client = await clientOf(port)
  try {
    await client.connect()
    await client.ping()
    return true
  } catch {
    return false
  } finally {
    client.destroy()
  }
}

async function clientOf (port: number): Promise<Client> {
  const { createClient } = await load<{ createClient: (options: object) => Client }>('redis')
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } })
  // What fails is told by the call that failed; without a listener it would end the process.
  client.on('error', () => {})
  return client
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The system gave no port')
  return address.port
}
