import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readArguments, readPattern, requireMatch } from '../../scripts/arguments.ts'
import { runSuites, suitesIn } from '../runner.ts'

const { positionals: [pattern = ''] } = readArguments({
  command: 'npm run consumers --',
  summary: 'Packs the package, installs it in the projects of test/consumers as its users do, and uses it there: module systems,\n' +
    'compilers, test runners, bundlers, package managers, frameworks and runtimes. Needs the npm registry.',
  positionals: { pattern: "A regular expression: only suites whose name it matches are run, 'typescript' for one." }
})

const all = suitesIn(import.meta.dirname)
const expression = readPattern(pattern)
const names = all.filter(name => expression.test(name))
requireMatch(names, pattern, all)

const directory = mkdtempSync(join(tmpdir(), 'consumers-'))
try {
  const root = join(import.meta.dirname, '../..')
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const environment = { CONSUMERS_TARBALL: join(directory, packed.trim().split('\n').at(-1)!) }
  process.exitCode = await runSuites(import.meta.dirname, names, { first: ['nest.test.ts', 'typescript.test.ts', 'managers.test.ts'], environment }) ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
