import { ratiosOf, median } from '../measure/rounds.ts'
import type { ProcessResults } from '../process/process.ts'
import { verbLabels, verbSides, type Verb } from '../process/verbs.ts'
import type { PruneCell } from '../prune/prune.ts'
import type { PruneTime } from '../prune/reapers.ts'
import type { ScaleResults } from '../scale/scale.ts'
import { scaleVerbs, type ScaleVerb } from '../scale/users.ts'
import { labelOf } from '../sides/sides.ts'
import { describe, figure, spread, table } from './format.ts'
import { httpReport } from './http-report.ts'
import type { Measured, Results } from './results.ts'

/** The results as Markdown. */
export function reportOf ({ http, process, scale, prune }: Results): string {
  const parts = [
    '# Benchmark',
    'Made by `npm run bench`. The stores take turns in many short rounds. Unless a unit is given, a figure is a ratio of throughput within the same run, and\nabove 1 is faster: the median of the ratios of the rounds, in brackets their middle half. All values are in `results.json`.',
    ...http === undefined ? [] : httpReport(http),
    ...process === undefined ? [] : processReport(process),
    ...scale === undefined ? [] : scaleReport(scale),
    ...prune === undefined ? [] : pruneReport(prune)
  ]
  return parts.join('\n\n') + '\n'
}

function processReport ({ circumstances, found: { cells, effects } }: Measured<ProcessResults>): string[] {
  const others = verbSides.filter(side => side !== 'rawSync')
  return [
    '## In process',
    `Each operation alone, without HTTP, against raw \`node:fs\` with the fewest synchronous calls that are correct. This process is not pinned to a core, so\nthat the thread pool can use the others. ${circumstances.fileSystem}. ${describe(circumstances)}`,
    table(['', 'session', 'in flight', ...others.map(labelOf)], cells.map(({ verb, size, inFlight, samples }) =>
      [verbLabels[verb], size, String(inFlight), ...others.map(side => spread(ratiosOf(samples, side, 'rawSync')))])),
    'What `set` does to the file:',
    table(['', ...verbSides.map(labelOf)], Object.entries(effects).map(([verb, bySide]) =>
      [verbLabels[verb as Verb], ...verbSides.map(side => bySide[side])])),
    '`@itrocks` returns the object that it remembers, without looking at the file. `session-file-store` flushes each write to the device, and looks six times\nfor a session that does not exist; both are its defaults.'
  ]
}

function scaleReport ({ circumstances, found: { sessions, start, verbs, memory } }: Measured<ScaleResults>): string[] {
  const count = sessions.toLocaleString('en')
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
  return [
    '## Scale',
    `This store with a directory of ${count} sessions, against one of 1,000. ${circumstances.fileSystem}. ${describe(circumstances)}`,
    table(['', 'ratio'], [
      ['first session after start', spread(ratiosOf(start, 'large', 'small'))],
      ...Object.entries(verbs).map(([verb, samples]) => [scaleVerbs[verb as ScaleVerb], spread(ratiosOf(samples, 'large', 'small'))])
    ]),
    `Resident memory while ${count} different sessions pass through the default cache: at most ${megabytes(memory.peak)} more, ${megabytes(memory.left)} afterwards.`
  ]
}

function pruneReport ({ circumstances, found }: Measured<readonly PruneCell[]>): string[] {
  return [
    '## Prune',
    `Against a synchronous scan that \`stat\`s each file and removes the expired ones without a pause. The delay of the event loop is the 99th percentile and the\nmaximum. ${circumstances.fileSystem}. ${describe(circumstances)}`,
    table(['', 'this store', 'duration', 'delay', 'session-file-store', 'duration', 'delay'], found.map(cell =>
      [`${cell.sessions.toLocaleString('en')}, ${cell.isExpired ? 'all' : 'nothing'} expired`, ...pruneCells(cell, cell.times.ours), ...pruneCells(cell, cell.times.sessionFileStore)]))
  ]
}

function pruneCells ({ times: { raw = [] } }: PruneCell, times: readonly PruneTime[] = []): string[] {
  if (times.length === 0) return ['–', '–', '–']
  const ratio = median(times.flatMap(({ duration }, round) => raw[round] === undefined ? [] : [raw[round].duration / duration]))
  const delay = `${figure(median(times.map(time => time.delay99)))}, ${figure(Math.max(...times.map(time => time.delayMax)))} ms`
  return [figure(ratio), `${figure(median(times.map(time => time.duration)) / 1000)} s`, delay]
}
