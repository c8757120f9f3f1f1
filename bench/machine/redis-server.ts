import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { pin } from './cores.ts'
import { importModule } from './modules.ts'

/** The part of a client of the package `redis` that the benchmark uses. */
export interface RedisClient {
  on: (event: 'error', listener: (error: Error) => void) => void
  connect: () => Promise<unknown>
  info: (section: string) => Promise<string>
  destroy: () => void
}

/** A Redis server that the benchmark started. */
export interface RedisServer {
  readonly port: number
  /** User and system CPU time that the server has used, in microseconds. */
  readonly cpuTime: () => Promise<number>
  readonly stop: () => Promise<void>
}

/**
 * Starts `redis-server` on a free port of the loopback interface, without
 * persistence: Redis at its fastest. Resolves to `null` when it is not
 * installed or does not answer within five seconds.
 */
export async function startRedisServer (core: number | null): Promise<RedisServer | null> {
  const port = await findFreePort()
  const [command, args] = pin(core, 'redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'])
  const server = spawn(command, args, { stdio: 'ignore' })
  const kill = () => server.kill()
  process.once('exit', kill)
  const ended = new AbortController()
  const exit = new Promise<void>(resolve => { server.once('exit', resolve).once('error', resolve) })
  void exit.then(() => ended.abort())
  const client = await connectToNewServer(port, ended.signal)
  if (client === null) {
    kill()
    return null
  }
  return {
    port,
    cpuTime: async () => cpuTimeOf(await client.info('cpu')),
    async stop () {
      client.destroy()
      process.off('exit', kill)
      kill()
      await exit
    }
  }
}

/** A connected client. Rejects when no server listens on `port`. */
export async function connectRedis (port: number): Promise<RedisClient> {
  const { createClient } = await importModule<{ createClient: (options: object) => RedisClient }>('redis')
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } })
  // Failed calls reject by themselves; without a listener the event would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

async function connectToNewServer (port: number, ended: AbortSignal): Promise<RedisClient | null> {
  for (let attempt = 0; attempt < 100 && !ended.aborted; attempt++) {
    await setTimeout(50)
    try {
      return await connectRedis(port)
    } catch {
      // It does not listen yet.
    }
  }
  return null
}

// https://redis.io/docs/latest/commands/info/: seconds, as getrusage(2) reports them.
function cpuTimeOf (info: string): number {
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1])
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
}

async function findFreePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The system assigned no port')
  return address.port
}
