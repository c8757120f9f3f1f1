import { Child } from '../machine/child.ts'
import { chooseCores, describeCores, type Cores } from '../machine/cores.ts'
import { fileSystemNames, mountFileSystem, type FileSystemName } from '../machine/file-systems.ts'
import { startRedisServer, type RedisServer } from '../machine/redis-server.ts'
import type { Workspace } from '../machine/workspace.ts'
import type { Progress } from '../measure/progress.ts'
import { alternate } from '../measure/rounds.ts'
import { sideNames, sides, type SideName } from '../sides/sides.ts'
import { Contest, type Round } from './contest.ts'
import { everyWorkload, fileSystemSides, fileSystemWorkloads, workloadsOf, type WorkloadName } from './workloads.ts'

/** One workload on one file system: each figure of each side, one value per round. */
export interface HttpCase {
  readonly fileSystem: FileSystemName
  readonly workload: WorkloadName
  readonly sides: Readonly<Partial<Record<SideName, Figures>>>
}

/** The values of the rounds, by name: requests a second, latency in milliseconds, CPU time per request in microseconds, event loop delay in milliseconds. */
export type Figures = Readonly<Record<keyof Round, readonly number[]>>

/** What `http` measured. */
export interface HttpResults {
  readonly cores: string
  readonly wideSessions: number
  /** The labels of the file systems that were measured. */
  readonly fileSystems: Readonly<Partial<Record<FileSystemName, string>>>
  /** What could not be measured on this machine, and why. */
  readonly skipped: readonly string[]
  readonly cases: readonly HttpCase[]
}

/** What is measured. */
export interface HttpOptions {
  readonly fileSystems: readonly FileSystemName[]
  /** The sides that take part. The `Map` is the reference, and always does. */
  readonly sides: readonly SideName[]
  readonly isQuick: boolean
}

interface Effort {
  readonly rounds: number
  readonly seconds: number
  readonly warmUp: number
  readonly wideSessions: number
}

const full: Effort = { rounds: 15, seconds: 0.4, warmUp: 1, wideSessions: 10_000 }
const quick: Effort = { rounds: 5, seconds: 0.2, warmUp: 0.3, wideSessions: 2_000 }

/** Adds the estimated time of {@link measureHttp} to the progress. */
export function planHttp ({ fileSystems, isQuick, sides: chosen }: HttpOptions, progress: Progress): void {
  const effort = isQuick ? quick : full
  for (const fileSystem of fileSystems) {
    progress.plan(fileSystemSeconds(fileSystem, sidesOn(fileSystem, chosen), effort))
  }
}

/** Runs a server for each side and sends the workloads to them in turn, one file system after the other. */
export async function measureHttp ({ fileSystems, isQuick, sides: chosen }: HttpOptions, workspace: Workspace, progress: Progress): Promise<HttpResults> {
  const effort = isQuick ? quick : full
  const cores = chooseCores()
  const redis = await startRedisServer(cores.redis)
  const skipped: string[] = []
  const labels: Partial<Record<FileSystemName, string>> = {}
  const cases: HttpCase[] = []
  try {
    for (const fileSystem of fileSystemNames.filter(name => fileSystems.includes(name))) {
      const names = sidesOn(fileSystem, chosen)
      const mounted = mountFileSystem(fileSystem, workspace)
      if ('reason' in mounted) {
        skipped.push(`${fileSystem}: ${mounted.reason}`)
        progress.advance(fileSystemSeconds(fileSystem, names, effort), `no ${fileSystem}`)
        continue
      }
      labels[fileSystem] = mounted.label
      cases.push(...await measureFileSystem(fileSystem, mounted.directory, { names, effort, cores, redis, skipped, label: mounted.label, progress }))
    }
    return { cores: describeCores(cores), wideSessions: effort.wideSessions, fileSystems: labels, skipped, cases }
  } finally {
    await redis?.stop()
  }
}

interface Run {
  readonly names: readonly SideName[]
  readonly effort: Effort
  readonly cores: Cores
  readonly redis: RedisServer | null
  readonly skipped: string[]
  readonly label: string
  readonly progress: Progress
}

async function measureFileSystem (fileSystem: FileSystemName, directory: string, { names, effort, cores, redis, skipped, label, progress }: Run): Promise<HttpCase[]> {
  const load = Child.start(new URL('load-generator.ts', import.meta.url), [], cores.load)
  const contest = new Contest({ load, core: cores.server, redis })
  const cases: HttpCase[] = []
  try {
    for (const name of names) {
      const reason = await contest.enter(name, directory, effort.wideSessions)
      if (reason !== null && fileSystem === 'directory') skipped.push(`${sides[name].label}: ${reason}`)
      progress.advance(startSeconds(effort), `${label}, signing in at ${sides[name].label}`)
    }
    for (const workload of workloadsOn(fileSystem)) {
      const { [workload]: settings } = workloadsOf(effort.wideSessions)
      for (const name of contest.sides) await contest.run(name, settings, effort.warmUp)
      const rounds = await alternate(contest.sides, effort.rounds, async name => {
        progress.advance(caseSeconds(effort) / effort.rounds, `${label}, ${workload}, ${sides[name].label}`)
        return await contest.run(name, settings, effort.seconds)
      })
      cases.push({ fileSystem, workload, sides: mapValues(rounds, figuresOf) })
    }
    return cases
  } finally {
    // The load first: it treats a connection that the server closes as an error.
    await load.stop()
    await contest.end()
  }
}

function sidesOn (fileSystem: FileSystemName, chosen: readonly SideName[]): readonly SideName[] {
  const measured = fileSystem === 'directory' ? sideNames : fileSystemSides
  return measured.filter(name => name === 'map' || chosen.includes(name))
}

function workloadsOn (fileSystem: FileSystemName): readonly WorkloadName[] {
  return fileSystem === 'directory' ? everyWorkload : fileSystemWorkloads
}

function fileSystemSeconds (fileSystem: FileSystemName, names: readonly SideName[], effort: Effort): number {
  return names.length * (startSeconds(effort) + workloadsOn(fileSystem).length * caseSeconds(effort))
}

// Per side. Measured once: a server starts in about a second, and a side signs in some 3,000 visitors a second.
function startSeconds ({ wideSessions }: Effort): number {
  return 1 + wideSessions / 3_000
}

// Per side. Between rounds a server is left alone for a moment.
function caseSeconds ({ rounds, seconds, warmUp }: Effort): number {
  return warmUp + rounds * (seconds + 0.08)
}

function figuresOf (rounds: readonly Round[]): Figures {
  const valuesOf = (name: keyof Round) => rounds.map(round => round[name])
  return {
    perSecond: valuesOf('perSecond'),
    p50: valuesOf('p50'),
    p99: valuesOf('p99'),
    serverCpu: valuesOf('serverCpu'),
    redisCpu: valuesOf('redisCpu'),
    delay99: valuesOf('delay99')
  }
}

function mapValues<Key extends string, From, To> (record: Readonly<Record<Key, From>>, change: (value: From) => To): Record<Key, To> {
  return Object.fromEntries(Object.entries<From>(record).map(([key, value]) => [key, change(value)])) as Record<Key, To>
}
