import { readArguments, readPattern, requireMatch } from '../scripts/arguments.ts'
import { runSuites, suitesIn } from './runner.ts'

const { positionals: [pattern = ''] } = readArguments({
  command: 'npm test --',
  summary: 'Builds the package and runs its test suites, a process each, as many at once as there are cores.',
  positionals: { pattern: "A regular expression: only suites whose path in test/ it matches are run, '^cache' for one." }
})

const all = suitesIn(import.meta.dirname, ['consumers', 'browser'])
const expression = readPattern(pattern)
const names = all.filter(name => expression.test(name))
requireMatch(names, pattern, all)

const first = ['package.test.ts', 'situations/flows.test.ts', 'model.test.ts', 'concurrent-requests.test.ts', 'pruning-processes.test.ts', 'crash.test.ts']
process.exitCode = await runSuites(import.meta.dirname, names, { first }) ? 0 : 1
