import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { measureHttp, planHttp } from './http/http.ts'
import { install } from './install.ts'
import { circumstancesOf } from './machine/circumstances.ts'
import { Workspace } from './machine/workspace.ts'
import { Progress } from './measure/progress.ts'
import { parseOptions, usage, type BenchOptions, type Section } from './options.ts'
import { measureProcess, planProcess } from './process/process.ts'
import { measurePrunes, planPrune, populateInOwnProcess } from './prune/prune.ts'
import { httpChart } from './report/chart.ts'
import { reportOf } from './report/report.ts'
import { readResults, serializeResults, type Measured, type Results } from './report/results.ts'
import { targetReport } from './report/targets.ts'
import { measureScale, planScale } from './scale/scale.ts'

const resultsName = 'results.json'

const options = optionsOfCommandLine()
if (options === null) console.log(usage)
else if (options.showsTargets && !options.isQuick) console.log(targetReport(readResults(join(import.meta.dirname, resultsName)), earlierResults(options)))
else await runBenchmark(options)

function earlierResults ({ before }: BenchOptions): Results {
  return before === null ? {} : readResults(before)
}

function optionsOfCommandLine (): BenchOptions | null {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (cause) {
    console.error((cause as Error).message)
    process.exit(2)
  }
}

async function runBenchmark (options: BenchOptions): Promise<void> {
  install()
  warnIfBusy()
  const workspace = new Workspace(options.directory)
  try {
    const results = await measure(options, workspace)
    if (options.output !== null) await writeResults(results, options.output)
    console.log(options.showsTargets ? targetReport(results, earlierResults(options)) : reportOf(results))
  } finally {
    workspace.dispose()
  }
}

async function measure ({ sections, isQuick, sessions, fileSystems, sides }: BenchOptions, workspace: Workspace): Promise<Results> {
  const progress = new Progress()
  const { directory } = workspace
  const circumstances = circumstancesOf(directory)
  const section: { readonly [Name in Section]: { plan: () => void, run: () => Promise<NonNullable<Results[Name]>['found']> } } = {
    http: {
      plan: () => planHttp({ fileSystems, sides, isQuick }, progress),
      run: async () => await measureHttp({ fileSystems, sides, isQuick }, workspace, progress)
    },
    process: {
      plan: () => planProcess(isQuick, progress),
      run: async () => await measureProcess(join(directory, 'process'), isQuick, progress)
    },
    scale: {
      plan: () => planScale(sessions, isQuick, progress),
      run: async () => {
        const [large, small] = [await populated(sessions), await populated(1_000)]
        try {
          return await measureScale(large, small, isQuick, progress)
        } finally {
          // Prune creates as many.
          rmSync(large.directory, { recursive: true })
        }
      }
    },
    prune: {
      plan: () => planPrune({ sessions, isQuick }, progress),
      run: async () => await measurePrunes({ sessions, isQuick }, join(directory, 'prune'), progress)
    }
  }
  for (const name of sections) section[name].plan()
  const results: Partial<Record<Section, Measured<unknown>>> = {}
  for (const name of sections) results[name] = { circumstances, found: await section[name].run() }
  progress.end()
  return results as Results

  async function populated (count: number) {
    const place = { directory: join(directory, `scale-${count}`), sessions: count }
    await populateInOwnProcess({ ...place, usedAgo: 0 })
    return place
  }
}

// Other work takes turns with the server on its core, and then the rounds differ by more than the stores do.
function warnIfBusy (): void {
  const [load = 0] = loadavg()
  if (load > 0.5) console.error(`This machine is busy (load average ${load.toFixed(1)}): figures will vary.`)
}

// Sections that were not measured keep their earlier results. The README shows figures of results.md, and the chart.
async function writeResults (newResults: Results, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const file = join(directory, resultsName)
  const results = { ...readResults(file), ...newResults }
  writeFileSync(file, serializeResults(results))
  writeFileSync(join(directory, 'results.md'), reportOf(results))
  const { found, circumstances } = results.http ?? {}
  if (found?.fileSystems.directory !== undefined && circumstances !== undefined) {
    writeFileSync(join(directory, 'http.svg'), await httpChart(found, circumstances.fileSystem) + '\n')
  }
}
