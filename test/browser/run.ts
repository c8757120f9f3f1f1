import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readArguments, readPattern, refuse, requireMatch, rootMissing } from '../../scripts/arguments.ts'
import { runSuites, suitesIn } from '../runner.ts'
import { launchOptions } from './support.ts'

const { positionals: [pattern = ''] } = readArguments({
  command: 'npm run test:browser --',
  summary: 'Builds the package, and tests its example and its dashboard in Chromium, which is installed when Debian has it.\n' +
    'Takes the screenshots in docs/screenshots. The variable CHROMIUM names another Chromium.',
  positionals: { pattern: "A regular expression: only suites whose name it matches are run, 'sessions' for one." }
})

const all = suitesIn(import.meta.dirname)
const expression = readPattern(pattern)
const names = all.filter(name => expression.test(name))
requireMatch(names, pattern, all)
installChromium()
process.exitCode = await runSuites(import.meta.dirname, names, { first: ['appearance.test.ts'] }) ? 0 : 1

function installChromium (): void {
  const { executablePath = '' } = launchOptions
  if (existsSync(executablePath)) return
  const canInstall = process.env['CHROMIUM'] === undefined && existsSync('/usr/bin/apt-get') && rootMissing() === null
  if (!canInstall) refuse(`There is no Chromium at ${executablePath}: install it, or name its path in the variable CHROMIUM.`)
  console.log('Installing Chromium from Debian (once) …')
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' })
  execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
