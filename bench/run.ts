import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { httpChart } from './chart.ts'
import { measureHttp } from './http.ts'
import { install } from './install.ts'
import { optionsOf, usage, type BenchOptions } from './options.ts'
import { probe } from './probe.ts'
import { measureProcess } from './process.ts'
import { measurePrunes } from './prune.ts'
import { reportOf } from './report.ts'
import { circumstances, earlierResults, type Measured, type Results } from './results.ts'
import { measureScale } from './scale.ts'

const resultsFile = new URL('results.json', import.meta.url)

const options = optionsOf(process.argv.slice(2))
if (options === null) console.log(usage)
else await bench(options)

async function bench (options: BenchOptions): Promise<void> {
  install()
  const place = mkdtempSync(join(options.directory, '.sessions-'))
  const remove = () => rmSync(place, { recursive: true, force: true, maxRetries: 3 })
  // So that a million files do not stay behind.
  for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    process.once(signal, () => {
      remove()
      process.exit(status)
    })
  }
  try {
    const results = await measure(options, place)
    if (options.quick) console.log(`\n${reportOf(results)}`)
    else await keep({ ...earlierResults(resultsFile), ...results })
  } finally {
    console.log('Removing the sessions …')
    remove()
  }
}

async function measure ({ sections, quick, sessions }: BenchOptions, place: string): Promise<Results> {
  const on = circumstances(place)
  const measured = <T>(found: T): Measured<T> => ({ on, found })
  const isChosen = (section: BenchOptions['sections'][number]) => sections.includes(section)
  let results: Results = {}
  if (isChosen('process')) results = { ...results, process: measured(await measureProcess(join(place, 'process'), quick)) }
  if (isChosen('http')) results = { ...results, http: measured(await measureHttp(join(place, 'http'), quick)) }
  if (!isChosen('scale') && !isChosen('prune')) return results
  const large = { directory: join(place, 'large'), sessions }
  const small = { directory: join(place, 'small'), sessions: 1_000 }
  await probe('populate', { ...small, usedAgo: 0 })
  console.log(`${sessions} sessions made in ${Math.round(await probe('populate', { ...large, usedAgo: 0 }) / 1000)} s`)
  if (isChosen('scale')) results = { ...results, scale: measured(await measureScale(large, small, quick)) }
  if (isChosen('prune')) results = { ...results, prune: measured(await measurePrunes(large, place, quick)) }
  return results
}

// The README's figures and chart are made from these.
async function keep (results: Results): Promise<void> {
  const report = reportOf(results)
  console.log(`\n${report}`)
  writeFileSync(resultsFile, JSON.stringify(results, rounded, 1) + '\n')
  writeFileSync(new URL('results.md', import.meta.url), report)
  if (results.http !== undefined) writeFileSync(new URL('http.svg', import.meta.url), await httpChart(results.http.found) + '\n')
}

// Nobody needs the other digits.
function rounded (_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
