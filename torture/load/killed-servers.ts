import { setTimeout as delay } from 'node:timers/promises'
import { compileModules } from '../compile.ts'
import { Random } from '../random.ts'
import { ensure, type Progress } from '../trial.ts'
import { Server } from './server.ts'
import { User, type Counts } from './user.ts'

const serverCount = 4
const userCount = 24

interface KilledServers {
  readonly milliseconds: number
  readonly seed: number
  readonly progress: Progress
}

/** Users send requests to servers that share a directory, while one server after the other is killed and replaced. */
export async function useKilledServers (directory: string, { milliseconds, seed, progress }: KilledServers): Promise<number> {
  const modules = await compileModules(['load/server-process'])
  const file = modules.file('load/server-process')
  const servers = await Promise.all(Array.from({ length: serverCount }, () => Server.start(file, directory)))
  const start = performance.now()
  let hasFailed = false
  const isOver = () => hasFailed || performance.now() > start + milliseconds
  const random = new Random(seed)
  const counts: Counts = { requests: 0, kills: 0, logins: 0, logouts: 0 }
  const nextSeed = () => Math.floor(random.next() * 2 ** 31)
  try {
    const users = Array.from({ length: userCount }, (_, number) => new User(`u${number}`, { servers, random: new Random(nextSeed()), counts }))
    const killServers = async () => {
      while (!isOver()) {
        await delay(100 + random.below(400))
        const index = random.below(serverCount)
        const old = servers[index]
        // The others answer meanwhile.
        servers[index] = await Server.start(file, directory)
        await old?.kill()
        counts.kills++
        progress((performance.now() - start) / milliseconds)
      }
    }
    const all = [...users.map(user => user.browse(isOver)), killServers()]
    for (const one of all) one.catch(() => { hasFailed = true })
    await Promise.allSettled(all)
    await Promise.all(all)
    ensure(counts.logins > 0 && counts.logouts > 0 && counts.kills > 0, `too little has happened: ${JSON.stringify(counts)}`)
    console.log(`        ${JSON.stringify(counts)}`)
    return counts.requests
  } finally {
    await Promise.all(servers.map(server => server.kill()))
    await modules.remove()
  }
}
