import type { WorkloadName } from '../http/workloads.ts'
import type { FileSystemName } from '../machine/file-systems.ts'
import { ratiosOf, type Spread } from '../measure/rounds.ts'
import type { Verb } from '../process/verbs.ts'
import type { SideName } from '../sides/sides.ts'
import { milliseconds, spread, table } from './format.ts'
import { crowdDelay, httpRatio } from './http-report.ts'
import type { Results } from './results.ts'

/** A ratio of throughput that this store should reach. */
interface Target {
  readonly name: string
  readonly atLeast: number
  readonly reached: Spread
}

/**
 * The targets and what was reached, as Markdown: for developers, in the output of a command. The event loop's delay
 * should not exceed that of `before`, the results of an earlier version on the same machine.
 */
export function targetReport (results: Results, before: Results = {}): string {
  const rows = [...httpTargets(results), ...processTargets(results)].map(({ name, atLeast, reached }) =>
    [name, String(atLeast), spread(reached), verdict(reached.middle, reached.middle >= atLeast)])
  return [table(['requests or operations a second', 'at least', 'reached', ''], rows), ...delayTable(results, before)].join('\n\n')
}

function httpTargets ({ http }: Results): Target[] {
  if (http === undefined) return []
  const { found } = http
  const target = (name: string, atLeast: number, workload: WorkloadName, reference: SideName, side: SideName = 'auto', fileSystem: FileSystemName = 'directory'): Target =>
    ({ name, atLeast, reached: httpRatio(found, fileSystem, workload, side, reference) })
  return [
    target('reading, 10 sessions in bursts: Map of JSON strings', 0.88, 'burstRead', 'map'),
    target('reading, 10 sessions in bursts: connect-redis', 1.5, 'burstRead', 'redis'),
    target('reading, 10 sessions in bursts: @itrocks', 2.8, 'burstRead', 'itrocks'),
    target('reading, 10 sessions in bursts: session-file-store', 11, 'burstRead', 'sessionFileStore'),
    target('reading, 10,000 sessions: raw node:fs', 0.97, 'wideRead', 'rawSync'),
    target('reading, 10,000 sessions: connect-redis', 1.2, 'wideRead', 'redis'),
    target('changing: raw node:fs, the same calls', 0.9, 'burstChange', 'rawSame'),
    target("changing, io: 'async': raw node:fs, thread pool", 0.95, 'burstChange', 'rawPool', 'async'),
    ...(['xfs', 'tmpfs'] as const).flatMap(fileSystem => [
      target(`changing, ${fileSystem}: raw node:fs, the same calls`, 0.9, 'burstChange', 'rawSame', 'auto', fileSystem),
      target(`changing, ${fileSystem}: connect-redis`, 0.75, 'burstChange', 'redis', 'auto', fileSystem)
    ]),
    target("changing, acknowledge: 'memory': Map of JSON strings", 0.8, 'burstChange', 'map', 'memory'),
    target("changing, acknowledge: 'memory': connect-redis", 1.15, 'burstChange', 'redis', 'memory')
  ]
}

function processTargets ({ process }: Results): Target[] {
  if (process === undefined) return []
  const target = (label: string, verb: Verb, inFlight: number): Target => {
    const cell = process.found.cells.find(cell => cell.verb === verb && cell.size === '400 bytes' && cell.inFlight === inFlight)
    return { name: `in process, ${label}, ${inFlight} in flight: raw node:fs`, atLeast: 0.9, reached: ratiosOf(cell?.samples ?? {}, 'auto', 'rawSync') }
  }
  return [1, 64].flatMap(inFlight => [target('get known', 'known', inFlight), target('set with only the expiry moved', 'moved', inFlight)])
}

function delayTable ({ http }: Results, before: Results): string[] {
  if (http === undefined) return []
  const rows = Object.entries(http.found.fileSystems).map(([name, label]) => {
    const reached = crowdDelay(http.found, name as FileSystemName, 'auto')
    const earlier = before.http === undefined ? NaN : crowdDelay(before.http.found, name as FileSystemName, 'auto')
    return [label, milliseconds(earlier), milliseconds(reached), verdict(reached - earlier, reached <= earlier)]
  })
  return [table(['event loop delay, p99, 64 changing requests', 'at most', 'reached', ''], rows)]
}

function verdict (reached: number, isReached: boolean): string {
  if (Number.isNaN(reached)) return 'not measured'
  return isReached ? 'yes' : '**no**'
}
