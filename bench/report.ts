import { routes } from './http.ts'
import type { PruneCell } from './prune.ts'
import type { PruneTime } from './reapers.ts'
import type { Circumstances, Results } from './results.ts'
import { median, ratioOf } from './rounds.ts'
import { scaleVerbs, type ScaleVerb } from './scale.ts'
import { labelOf } from './stores.ts'
import { isReached, targetsOf } from './targets.ts'
import { verbLabels, verbSides } from './verbs.ts'

/** Everything as tables in Markdown. */
export function reportOf (results: Results): string {
  const parts = [
    '# Benchmark',
    'Made by `npm run bench`. All figures are ratios of throughput within one run, the sides taking turns: the median of the ratios\nwithin each round. Above 1 is faster. Absolute figures are those of one machine; they are in `results.json`.',
    ...processPart(results),
    ...httpPart(results),
    ...scalePart(results),
    ...prunePart(results),
    ...targetPart(results)
  ]
  return parts.join('\n\n') + '\n'
}

function processPart ({ process }: Results): string[] {
  if (process === undefined) return []
  const { cells, effects } = process.found
  const sides = verbSides.filter(side => side !== 'raw')
  return [
    '## In process',
    `Against raw \`node:fs\` doing the least that is correct. ${on(process.on)}`,
    table(['', 'session', 'in flight', ...sides.map(labelOf)], cells.map(({ verb, size, inFlight, samples }) =>
      [verbLabels[verb], size, String(inFlight), ...sides.map(side => figure(ratioOf(samples, side, 'raw')))])),
    'What each does to the file, for the operations that it may leave out:',
    table(['', ...verbSides.map(labelOf)], Object.entries(effects).map(([verb, of]) =>
      [verbLabels[verb as keyof typeof verbLabels], ...verbSides.map(side => of[side] ?? '')])),
    '`@itrocks` hands out the very object that it remembers, and trusts it without a look at the file. `session-file-store` flushes\neach write to the device, and looks six times for a session that is not there; both are its defaults.'
  ]
}

function httpPart ({ http }: Results): string[] {
  if (http === undefined) return []
  const { routes: measured, absent } = http.found
  const names = Object.keys(measured[0]?.samples ?? {})
  return [
    '## Through HTTP',
    `Requests a second against a \`Map\` of JSON strings, and the latency of the middle request and of the hundredth. Ten connections with\na session of 400 bytes each, \`rolling\` with a \`maxAge\`. ${on(http.on)}`,
    table(['', ...measured.flatMap(({ route }) => [`a route that ${routes[route]}`, 'p50', 'p99'])], names.map(name =>
      [labelOf(name), ...measured.flatMap(({ samples, latencies }) =>
        [figure(ratioOf(samples, name, 'map')), ...[latencies[name]?.p50, latencies[name]?.p99].map(time => `${figure(time ?? NaN)} ms`)])])),
    ...Object.entries(absent).map(([name, reason]) => `Without ${labelOf(name)}: ${reason}.`)
  ]
}

function scalePart ({ scale }: Results): string[] {
  if (scale === undefined) return []
  const { sessions, start, verbs, memory } = scale.found
  return [
    '## Scale',
    `A directory of ${sessions.toLocaleString('en')} sessions against one of 1,000. ${on(scale.on)}`,
    table(['', 'ratio'], [
      ['first answer after start', figure(ratioOf(start, 'large', 'small'))],
      ...Object.keys(verbs).map(verb => [scaleVerbs[verb as ScaleVerb], figure(ratioOf(verbs[verb as ScaleVerb], 'large', 'small'))])
    ]),
    `Resident memory while ${sessions.toLocaleString('en')} different sessions pass through the default cache: ${megabytes(memory.most)} more at the most,\n${megabytes(memory.left)} more afterwards.`
  ]
}

function prunePart ({ prune }: Results): string[] {
  if (prune === undefined) return []
  return [
    '## Prune',
    `Against a synchronous walk that looks at each file's stamp (and removes it, where all have expired). Event-loop delay in milliseconds,\n99th percentile and most. ${on(prune.on)}`,
    table(['', 'this store', 'its delay', 'session-file-store', 'its delay'], prune.found.map(cell =>
      [`${cell.sessions.toLocaleString('en')}, ${cell.isExpired ? 'all' : 'nothing'} expired`, ...pruned(cell, cell.times.ours), ...pruned(cell, cell.times.sessionFileStore)]))
  ]
}

function pruned ({ times: { raw = [] } }: PruneCell, times: readonly PruneTime[] = []): string[] {
  if (times.length === 0) return ['', '']
  const ratio = median(times.flatMap(({ took }, round) => raw[round] === undefined ? [] : [raw[round].took / took]))
  const delay = [median(times.map(time => time.delay99)), Math.max(...times.map(time => time.delayMost))]
  return [Number.isNaN(ratio) ? `${figure((times[0]?.took ?? NaN) / 1000)} s` : figure(ratio), delay.map(figure).join(', ')]
}

function targetPart (results: Results): string[] {
  return [
    '## To reach',
    table(['', 'goal', 'reached', ''], targetsOf(results).map(target =>
      [target.name, `${target.isBound ? 'at most' : 'at least'} ${target.goal}`, figure(target.reached), isReached(target) ? 'yes' : '**no**']))
  ]
}

function on ({ node, platform, cores, fileSystem, date }: Circumstances): string {
  return `Node.js ${node}, ${platform}, ${cores} cores, ${fileSystem}, ${date}.`
}

function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => column === 0 ? '---' : '--:')), ...rows.map(line)].join('\n')
}

// Two digits that count.
function figure (value: number): string {
  return Number.isNaN(value) ? '–' : value >= 10 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)))
}

function megabytes (bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
