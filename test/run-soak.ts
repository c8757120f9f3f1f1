import { readArguments, readPattern, requireMatch } from '../scripts/arguments.ts'
import { runSuites, suitesIn } from './runner.ts'

const { positionals: [pattern = ''] } = readArguments({
  command: 'npm run test:soak --',
  summary: 'Builds the package and runs its soak tests, one after the other: moves under load, outages, two machines. Needs redis-server and valkey-server.',
  positionals: { pattern: "A regular expression: only suites whose path in test/ it matches are run, 'outage' for one." }
})

const all = suitesIn(import.meta.dirname, [], '.soak.ts')
const expression = readPattern(pattern)
const names = all.filter(name => expression.test(name))
requireMatch(names, pattern, all)

process.exitCode = await runSuites(import.meta.dirname, names, { concurrency: 1 }) ? 0 : 1
