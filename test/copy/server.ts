import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { freshDirectory } from '../support.ts'

// In milliseconds, for a server to start on a busy machine.
const patience = 60_000

/** A Redis or Valkey server of the test's own, on a free port of the loopback interface. */
export interface TestServer {
  readonly port: number
  readonly url: string
  /** Kills the server (SIGKILL). What it has acknowledged is on disk. */
  kill (): Promise<void>
  /** Starts it again, on the same port and with the same content. */
  start (): Promise<void>
  /** Kills the server and removes what it has stored. */
  stop (): Promise<void>
}

/** A port of the loopback interface that nobody uses. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts `redis-server` or `valkey-server`. Rejects with what to install when it is missing. */
export async function startServer (program: 'redis-server' | 'valkey-server' = 'redis-server', host = '127.0.0.1', port = 0): Promise<TestServer> {
  const directory = await freshDirectory()
  port ||= await freePort()
  let child: ChildProcess | null = null
  let hasStopped = false
  const server: TestServer = {
    port,
    url: `redis://${host}:${port}`,
    async kill () {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    async start () {
      if (hasStopped) throw new Error('The server has been stopped for good')
      const flags = ['--bind', host, '--port', String(port), '--save', '', '--appendonly', 'yes', '--protected-mode', 'no', '--dir', directory]
      const started = child = spawn(program, flags, { stdio: 'ignore' })
      await Promise.race([once(started, 'spawn'), once(started, 'error').then(([error]) => { throw missing(program, error) })])
      const until = Date.now() + patience
      while (!await isListening(host, port)) {
        if (started.exitCode !== null || started.signalCode !== null) throw new Error(`${program} ended with ${started.exitCode ?? started.signalCode}`)
        if (Date.now() > until) throw new Error(`${program} does not answer at ${host}:${port}`)
        await delay(10)
      }
    },
    async stop () {
      hasStopped = true
      await server.kill()
      await rm(directory, { recursive: true, force: true })
    }
  }
  await server.start()
  return server
}

function missing (program: string, cause: unknown): Error {
  const source = program === 'valkey-server' ? ' (on Debian 12 from bookworm-backports)' : ''
  return new Error(`These tests need ${program}: apt-get install ${program}${source}`, { cause })
}

// Whether it answers commands: a server that still loads its content does not.
function isListening (host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, host, () => socket.write('PING\r\n'))
    socket.on('error', () => resolve(false))
    socket.on('data', answer => {
      socket.destroy()
      resolve(answer.toString().startsWith('+PONG'))
    })
  })
}
