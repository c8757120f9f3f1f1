import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('readArguments')

const source = `
import { readArguments, readPattern, requireMatch } from '${join(import.meta.dirname, '../../scripts/arguments.ts').replaceAll('\\', '/')}'
const { positionals, options } = readArguments({
  command: 'npm run example --',
  summary: 'An example.',
  positionals: { pattern: 'Which ones.' },
  options: { short: { description: 'Takes less time.' }, seed: { description: 'A whole number.', value: 'NUMBER', pattern: /^\\d+$/ } }
}, process.argv.slice(1))
requireMatch(['one', 'two'].filter(name => readPattern(positionals[0] ?? '').test(name)), positionals[0], ['one', 'two'])
console.log(JSON.stringify([positionals, options]))
`

/** Status, standard output and standard error of the example with these arguments. */
function run (...given: string[]): Promise<[status: unknown, output: string, errors: string]> {
  return new Promise(resolve => {
    execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source, '--', ...given], (error, output, errors) => {
      resolve([error === null ? 0 : error.code, output, errors])
    })
  })
}

test('gives what the script takes', async () => {
  assert.equal(await run('one', '--short', '--seed', '7'), [0, '[["one"],{"short":true,"seed":"7"}]\n', ''])
  assert.equal(await run('--seed=7'), [0, '[[],{"seed":"7"}]\n', ''])
})

test('prints the help, whatever else is given', async () => {
  const help = 'npm run example -- [pattern] [options]\n\nAn example.\n\n' +
    '  pattern        Which ones.\n  --short        Takes less time.\n  --seed NUMBER  A whole number.\n  --help         Show this help.\n'
  assert.equal(await run('--help'), [0, help, ''])
  assert.equal(await run('one', '-h'), [0, help, ''])
})

const refused: ReadonlyArray<readonly [given: string[], sentence: string]> = [
  [['--shrot'], 'Unknown argument: --shrot. npm run example -- --help lists what it takes.'],
  [['-s'], 'Unknown argument: -s. npm run example -- --help lists what it takes.'],
  [['one', 'two'], 'Unknown argument: two. npm run example -- --help lists what it takes.'],
  [['--short=yes'], '--short takes no value. npm run example -- --help lists what it takes.'],
  [['--seed'], '--seed needs a value: NUMBER. npm run example -- --help lists what it takes.'],
  [['--seed', '--short'], '--seed needs a value: NUMBER. npm run example -- --help lists what it takes.'],
  [['--seed', 'x'], '--seed cannot be x. npm run example -- --help lists what it takes.'],
  [['three'], 'Nothing matched three. There is: one, two.'],
  [['('], 'Invalid regular expression: /(/: Unterminated group.']
]

for (const [given, sentence] of refused) {
  test(`refuses ${given.join(' ')} in one sentence, with status 2`, async () => {
    assert.equal(await run(...given), [2, '', `${sentence}\n`])
  })
}

test.run()
