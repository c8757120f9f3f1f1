import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { alternate, median, percentile, ratiosOf } from '../../bench/measure/rounds.ts'
import { parseOptions } from '../../bench/options.ts'
import { reportOf } from '../../bench/report/report.ts'
import { serializeResults, type Results } from '../../bench/report/results.ts'
import { targetReport } from '../../bench/report/targets.ts'

const test = suite('bench')
const root = fileURLToPath(new URL('../../bench', import.meta.url))

test('a wrong command line is refused with one sentence', () => {
  const refused: ReadonlyArray<readonly [words: string[], message: string]> = [
    [['--fast'], 'There is no option --fast; see --help.'],
    [['-q'], 'There is no option --q; see --help.'],
    [['--quick=yes'], '--quick takes no value.'],
    [['--sessions'], '--sessions needs a value.'],
    [['--sessions', '10'], '--sessions must be a whole number of at least 10000.'],
    [['--targets', '--before', 'nowhere.json'], 'There is no file nowhere.json.'],
    [['https'], 'There is no section https; there are http, process, scale, prune.'],
    [['--file-systems', 'xfs,zfs'], 'There is no file system zfs; there are directory, xfs, btrfs, noauto_da_alloc, tmpfs.']
  ]
  for (const [words, message] of refused) assert.throws(() => parseOptions(words), (error: Error) => error.message === message)
})

test('the programs refuse an unknown argument with status 2 and measure nothing', () => {
  for (const program of ['run.ts', 'syscalls.ts']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join(root, program), '--fast'], { encoding: 'utf8' })
    assert.equal({ status, stdout, stderr }, { status: 2, stdout: '', stderr: 'There is no option --fast; see --help.\n' })
  }
})

test('options choose sections, sides and file systems in their own order', () => {
  const options = parseOptions(['prune', 'http', '--quick', '--sides', 'redis,auto', '--file-systems', 'tmpfs,directory'])
  assert.equal(options?.sections, ['http', 'prune'])
  assert.equal(options?.sides, ['auto', 'redis'])
  assert.equal(options?.fileSystems, ['directory', 'tmpfs'])
  assert.is(options?.isQuick, true)
  assert.is(options?.output, null)
  assert.is(parseOptions(['--help']), null)
})

test('percentile interpolates between neighbours', () => {
  assert.is(percentile([4, 1, 3, 2], 0.5), 2.5)
  assert.is(percentile([10, 20, 30], 0), 10)
  assert.is(percentile([10, 20, 30], 1), 30)
  assert.is(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('ratiosOf divides round by round, so that a slow round cancels out', () => {
  const samples = { fast: [100, 10, 100], slow: [50, 5, 50] }
  assert.equal(ratiosOf(samples, 'fast', 'slow'), { low: 2, middle: 2, high: 2 })
  assert.ok(Number.isNaN(ratiosOf(samples, 'fast', 'absent').middle))
})

test('alternate starts each round with another side', async () => {
  const order: string[] = []
  const values = await alternate(['a', 'b', 'c'], 2, async side => order.push(side))
  assert.is(order.join(''), 'abcbca')
  assert.equal(values, { a: [1, 6], b: [2, 4], c: [3, 5] })
})

test('results.json has four significant digits, and one line for the values of all rounds', () => {
  const text = serializeResults({ process: { found: { values: [1.23456, 20000.4], empty: [] } } } as unknown as Results)
  assert.ok(text.includes('"values": [ 1.235, 20000 ]'), text)
  assert.equal(JSON.parse(text), { process: { found: { values: [1.235, 20000], empty: [] } } })
})

test('the report has no targets, and without results it has no sections', () => {
  const report = reportOf({})
  assert.not.ok(report.includes('## '))
  assert.not.ok(report.includes('at least'))
  assert.ok(targetReport({}).includes('at least'))
})

test('no module of the benchmark imports itself through others', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts') && !file.includes('node_modules'))
  const imports = new Map(files.map(file => [file, importsOf(file)]))
  assert.ok([...imports.values()].some(found => found.length > 0))
  for (const file of files) assert.not.ok(reachableFrom(file, imports).has(file), `${file} is part of a cycle`)
})

// The modules of the benchmark that a module imports, types included.
function importsOf (file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/from '(\.[^']+)'/g)].map(([, specifier = '']) => relative(root, resolve(root, dirname(file), specifier)))
}

function reachableFrom (file: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>()
  const waiting = [...imports.get(file) ?? []]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue
    reached.add(next)
    waiting.push(...imports.get(next) ?? [])
  }
  return reached
}

test.run()
