import type { Figures, HttpCase, HttpResults } from '../http/http.ts'
import type { WorkloadName } from '../http/workloads.ts'
import type { FileSystemName } from '../machine/file-systems.ts'
import { median, ratiosOf, type Samples, type Spread } from '../measure/rounds.ts'
import { labelOf, type SideName } from '../sides/sides.ts'
import { describe, figure, milliseconds, spread, table } from './format.ts'
import type { Measured } from './results.ts'

/** How many times the requests a second of `reference` a side reached; `NaN` where one of them was not measured. */
export function httpRatio (http: HttpResults, fileSystem: FileSystemName, workload: WorkloadName, side: SideName, reference: SideName): Spread {
  return ratiosOf(throughputOf(findCase(http, fileSystem, workload)), side, reference)
}

/** The 99th percentile of the event loop's delay of a side with 64 changing requests in flight, in milliseconds; `NaN` where it was not measured. */
export function crowdDelay (http: HttpResults, fileSystem: FileSystemName, side: SideName): number {
  return median(findCase(http, fileSystem, 'crowd')?.sides[side]?.delay99 ?? [])
}

/** The section of the report, as paragraphs and tables. */
export function httpReport ({ circumstances, found }: Measured<HttpResults>): string[] {
  const { cores, skipped, wideSessions, fileSystems } = found
  const count = wideSessions.toLocaleString('en')
  return [
    '## Through HTTP',
    `A Fastify server with \`@fastify/session\` and one store, and a load generator in another process. Sessions of 400 bytes, \`rolling\` with a \`maxAge\`.\nRequests a second are relative to a \`Map\` of JSON strings. CPU is the user and system time of the server's process per request, for Redis with that\nof its own server. Work that the kernel does later, such as writing to the device, is not in it. ${cores}\n${describe(circumstances)}`,
    ...routeTable(`### 10 sessions in bursts (${circumstances.fileSystem})`, 'Ten connections, each with its own session, request after request.', found, 'burstRead', 'burstChange'),
    ...routeTable(`### ${count} sessions, one request each (${circumstances.fileSystem})`, 'Ten connections; each request uses the session that was not used for the longest time, so that each use is recorded.', found, 'wideRead', 'wideChange'),
    ...Object.keys(fileSystems).some(name => name !== 'directory') ? fileSystemTables(found) : [],
    ...skipped.length > 0 ? [`Not measured: ${skipped.join('; ')}.`] : [],
    ...(['xfs', 'btrfs', 'noauto_da_alloc'] as const).some(name => name in fileSystems) ? ['XFS, btrfs and ext4 with `noauto_da_alloc` are loop mounts of a file on the first file system.'] : []
  ]
}

function routeTable (title: string, text: string, http: HttpResults, reading: WorkloadName, changing: WorkloadName): string[] {
  const cases = [findCase(http, 'directory', reading), findCase(http, 'directory', changing)]
  const names = Object.keys(cases[0]?.sides ?? {}) as SideName[]
  if (names.length === 0) return []
  const head = (label: string) => [label, 'p50', 'p99', 'CPU']
  return [
    title,
    text,
    table(['', ...head('reading'), ...head('changing')], names.map(name =>
      [labelOf(name), ...cases.flatMap(measured => [spread(ratiosOf(throughputOf(measured), name, 'map')), ...detailsOf(measured?.sides[name])])]))
  ]
}

function detailsOf (figures: Figures | undefined): string[] {
  const redis = median(figures?.redisCpu ?? [])
  const cpu = `${figure(median(figures?.serverCpu ?? []))}${redis > 0 ? ` + ${figure(redis)}` : ''} µs`
  return [milliseconds(median(figures?.p50 ?? [])), milliseconds(median(figures?.p99 ?? [])), cpu]
}

function fileSystemTables (http: HttpResults): string[] {
  const names = Object.keys(http.fileSystems) as FileSystemName[]
  // The sides that were measured on each of them.
  const sides = Object.keys(findCase(http, names.at(-1) as FileSystemName, 'crowd')?.sides ?? {}) as SideName[]
  const head = ['', ...names.map(name => http.fileSystems[name] ?? name)]
  const rows = (cell: (side: SideName, fileSystem: FileSystemName) => string) => sides.map(side => [labelOf(side), ...names.map(name => cell(side, name))])
  const ratio = (workload: WorkloadName) => rows((side, fileSystem) => spread(httpRatio(http, fileSystem, workload, side, 'map')))
  const cpu = (workload: WorkloadName) => rows((side, fileSystem) => detailsOf(findCase(http, fileSystem, workload)?.sides[side])[2] ?? '')
  return [
    '### File systems',
    'Changing, 10 sessions in bursts: requests a second.',
    table(head, ratio('burstChange')),
    'The same: CPU per request.',
    table(head, cpu('burstChange')),
    `Reading, ${http.wideSessions.toLocaleString('en')} sessions, one request each: requests a second.`,
    table(head, ratio('wideRead')),
    'Changing, 64 connections with a session each: 99th percentile of the delay of the event loop.',
    table(head, rows((side, fileSystem) => milliseconds(crowdDelay(http, fileSystem, side))))
  ]
}

function findCase (http: HttpResults, fileSystem: FileSystemName, workload: WorkloadName): HttpCase | undefined {
  return http.cases.find(measured => measured.fileSystem === fileSystem && measured.workload === workload)
}

function throughputOf (measured: HttpCase | undefined): Samples {
  return Object.fromEntries(Object.entries(measured?.sides ?? {}).map(([name, { perSecond }]) => [name, perSecond]))
}
