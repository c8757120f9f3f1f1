import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The cores that the processes of the HTTP benchmark run on. `null` means that a process is not pinned. */
export interface Cores {
  /** Runs the web server under test, one at a time. */
  readonly server: number | null
  /** Runs the load generator. */
  readonly load: number | null
  /** Runs Redis: a third core when there is one, or that of the load generator. */
  readonly redis: number | null
}

const unpinned: Cores = { server: null, load: null, redis: null }

/** Chooses physical cores that this process may use. Nothing is pinned without `taskset`, on one core, or outside Linux. */
export function chooseCores (): Cores {
  const [server, ...others] = hasTaskset() ? allowedCores() : []
  if (server === undefined) return unpinned
  const [load, redis] = others.filter(core => !siblingsOf(server).includes(core))
  return load === undefined ? unpinned : { server, load, redis: redis ?? load }
}

/** The command that runs `command` on `core`. */
export function pin (core: number | null, command: string, args: readonly string[]): [string, string[]] {
  return core === null ? [command, [...args]] : ['taskset', ['-c', String(core), command, ...args]]
}

/** The cores as a sentence. */
export function describeCores ({ server, load, redis }: Cores): string {
  if (server === null) return 'Processes were not pinned to cores (no `taskset`, or a single core).'
  return `The server ran on core ${server}, the load generator on core ${load}${redis === load ? ', with Redis' : `, Redis on core ${redis}`}.`
}

function hasTaskset (): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function allowedCores (): number[] {
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return coresIn(list)
}

// Two hyper-threads of one core take time from each other.
function siblingsOf (core: number): number[] {
  try {
    return coresIn(readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8'))
  } catch {
    return [core]
  }
}

// `0-2,5` is 0, 1, 2 and 5.
function coresIn (list: string): number[] {
  return list.trim().split(',').flatMap(range => {
    const [first = NaN, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset)
  })
}
