import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { readArguments, readPattern, requireMatch, rootMissing } from './arguments.ts'
import { mountFileSystems, type FileSystem } from './file-systems.ts'
import { Progress } from './progress.ts'
import { runTests } from './run-tests.ts'

// The oldest that `engines` of package.json allows, the newest of each line with support, and the newest of all.
const versions = ['20.19.0', '22', '24', 'latest']

// Suites about files. The others do not depend on the file system.
const aboutFiles = '^(fs|owner|pruning|queue|store)/|^(cache|crash|hostile|list|model|processes|pruning-processes|read|refusals|remove|write)\\.test'

// The suites of the store. What is around it (the command, the dashboard, the consumers) runs on one Node, by `npm test`.
const aboutTheStore = '^(async|encryption|fs|observability|owner|pruning|queue|session|situations|store)/|^(cache|check|concurrent-requests|http|list|load|model|options|path|processes|read|remove|workers|write)\\.test'

const { positionals: [pattern = ''] } = readArguments({
  command: 'npm run nodes --',
  summary: 'Builds the package and runs its tests on every Node that it supports, and on the file systems ext4, overlayfs and tmpfs.\n' +
    'Needs the npm registry for the first and, on Linux, root for the second.',
  positionals: { pattern: "A regular expression: only runs whose name it matches, 'Node 22' or tmpfs for one." }
})

const place = realpathSync(mkdtempSync(join(tmpdir(), 'nodes-')))
const names = [...versions.map(version => `Node ${version}`), 'ext4', 'overlayfs', 'tmpfs']
const expression = readPattern(pattern)
const selected = names.filter(name => expression.test(name))
requireMatch(selected, pattern, names)

const missing = process.platform === 'linux' ? rootMissing() : 'needs Linux'
const progress = new Progress(selected.length)
const sum = { held: 0, skipped: 0 }

/** One run: it holds when its tests ran and all of them passed. */
async function hold (name: string, environment: Record<string, string>, suites = ''): Promise<void> {
  const start = performance.now()
  const { isGood, passed, output } = await runTests(suites, environment)
  const seconds = Math.round((performance.now() - start) / 1000)
  console.log(isGood ? `held   ${name}: ${passed} tests in ${seconds} s` : `BROKE  ${name}, after ${seconds} s:\n${indented(output)}`)
  if (isGood) sum.held++
}

// So that the sums in it are not taken for those of this script.
function indented (output: string): string {
  return output.replaceAll(/^/gm, '  | ')
}

async function onNode (version: string): Promise<void> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const directory = join(place, `node-${version}`)
  execFileSync('npm', ['install', '--silent', '--no-save', '--no-package-lock', '--prefix', directory, `${name}@${version}`], { stdio: 'inherit', shell: process.platform === 'win32' })
  const bin = join(directory, 'node_modules', name, 'bin')
  const installed = execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim()
  await hold(`Node ${installed}`, { PATH: `${bin}${delimiter}${process.env.PATH}` }, aboutTheStore)
  rmSync(directory, { recursive: true, force: true })
}

async function onFileSystem (name: string, { directory, found }: FileSystem): Promise<void> {
  if (found === name) await hold(name, { TMPDIR: directory }, aboutFiles)
  else console.log(`BROKE  ${name}: ${directory} is on ${found}`)
}

try {
  for (const name of selected) {
    progress.begin(name)
    try {
      if (name.startsWith('Node ')) await onNode(name.slice('Node '.length))
      else if (missing === null) await mountFileSystems(place, name, mounted => onFileSystem(name, mounted))
      else {
        sum.skipped++
        console.log(`skip   ${name}: ${missing}`)
      }
    } catch (error) {
      console.log(`BROKE  ${name}: ${(error as Error).message}`)
    }
    progress.end(name)
  }
} finally {
  progress.close()
  rmSync(place, { recursive: true, force: true })
}

// In the words of uvu, which `.ci/run` adds up.
console.log(`\n  Total:     ${selected.length}\n  Passed:    ${sum.held}\n  Skipped:   ${sum.skipped}`)
process.exitCode = sum.held + sum.skipped === selected.length ? 0 : 1
