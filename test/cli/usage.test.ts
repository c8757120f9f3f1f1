import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run, runNode, shell } from './command.ts'

const test = suite('file-sessions')

const commands = ['list', 'show', 'stats', 'revoke', 'prune', 'doctor', 'encrypt', 'decrypt', 'rotate', 'secret']

test('without a command shows the help, and that this is wrong usage', async () => {
  const { code, output, errors } = await run([])
  assert.equal([code, output], [2, ''])
  assert.match(errors, /^Usage: file-sessions /)
})

test('--help shows every command and the five tasks of an operator', async () => {
  const { code, output, errors } = await run(['--help'])
  assert.equal([code, errors], [0, ''])
  for (const command of commands) assert.match(output, new RegExp(`^ {2}${command}\\b`, 'm'))
  for (const command of ['list --since 10m', 'show ', 'revoke --where', 'prune', 'rotate']) assert.ok(output.includes(`  file-sessions ${command}`), command)
})

test('--version prints that of the package', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'))
  assert.equal(await run(['--version']), { code: 0, output: `${version}\n`, errors: '' })
})

for (const command of commands) {
  test(`${command} --help says what it does`, async () => {
    const { code, output, errors } = await run([command, '--help'])
    assert.equal([code, errors], [0, ''])
    assert.match(output, new RegExp(`^Usage: file-sessions ${command}`))
    assert.not.match(output, /TODO|undefined/)
  })
}

for (const [parameters, message] of [
  [['lst'], "Unknown command 'lst'. Did you mean one of list, ls?"],
  [['frobnicate'], "Unknown command 'frobnicate'; --help shows what is possible."],
  [['list', '--limt', '3'], "Unknown option '--limt'. Did you mean --limit?"],
  [['list', '--zzz'], "Unknown option '--zzz'; --help shows what is possible."],
  [['show'], "Missing required argument 'id'; --help shows what is possible."],
  [['list', 'a', 'b'], "Too many arguments for 'list'. Expected 1 argument but got 2; --help shows what is possible."],
  [['list', '--limit', '-1'], "Option '-n, --limit <count>' argument '-1' is invalid. Expected a whole number; --help shows what is possible."],
  [['list', '--limit', 'x'], "Option '-n, --limit <count>' argument 'x' is invalid. Expected a whole number; --help shows what is possible."],
  [['list', '--since', '10'], "Option '--since <duration|date>' argument '10' is invalid. Expected a duration such as 10m, or a date such as 2026-01-31T13:00; --help shows what is possible."],
  [['list', '--since', '2026-99'], "Option '--since <duration|date>' argument '2026-99' is invalid. Expected a duration such as 10m, or a date such as 2026-01-31T13:00; --help shows what is possible."],
  [['list', '--ttl', 'long'], "Option '--ttl <duration>' argument 'long' is invalid. Expected a duration such as 30s, 10m, 2h or 14d; --help shows what is possible."],
  [['list', '--ttl', '0'], "Option '--ttl <duration>' argument '0' is invalid. Expected a duration above 0; --help shows what is possible."],
  [['list', '--extension', '/x'], "Option '--extension <text>' argument '/x' is invalid. Expected letters, digits, '.', '_' and '-', or nothing; --help shows what is possible."],
  [['list', '--sort', 'age'], "Option '-s, --sort <key>' argument 'age' is invalid. Allowed choices are used, expires, size, id, none; --help shows what is possible."],
  [['list', '--field', 'a..b'], "The field 'a..b' has an empty part; write it as in user.name."],
  [['list', '--expired', '--all', '.'], '--expired and --all exclude each other; leave out one of them.'],
  [['list', '--watch', '.'], '--watch needs a terminal and a table; leave it out to list once.'],
  [['list', '.', '-d', '.'], 'The directory is given twice; leave out --directory or the argument.'],
  [['list', '-d', ''], 'The name of the directory is empty; name the one that the server keeps its sessions in.'],
  [['complete', 'tcsh'], "Command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are zsh, bash, fish, powershell; --help shows what is possible."]
] as const) {
  test(`refuses ${parameters.join(' ')} in one sentence, with status 2`, async () => {
    assert.equal(await run(parameters), { code: 2, output: '', errors: `file-sessions: ${message}\n` })
  })
}

test('prints a completion script for each shell, and completes', async () => {
  for (const name of ['bash', 'zsh', 'fish']) assert.match((await run(['complete', name])).output, /file-sessions complete -- /)
  assert.match((await run(['complete', '--', 'sh'])).output, /^show\t/)
  assert.match((await run(['complete', '--', 'list', '--so'])).output, /^--sort\t/)
  assert.match((await run(['complete', '--', 'list', '--sort', ''])).output, /^used\t\nexpires\t\n/)
  const { code, output } = await shell('source <(file-sessions complete bash); complete -p file-sessions')
  assert.equal([code, /^complete .* file-sessions\n$/.test(output)], [0, true])
})

test('the store is imported without what only the command needs', async () => {
  const source = `
    import { createRequire } from 'node:module'
    const require = createRequire(${JSON.stringify(import.meta.url)})
    require('../../dist/index.js')
    console.log(Object.keys(require.cache).join('\\n'))`
  const { code, output } = await runNode(['--input-type=module', '--eval', source])
  assert.is(code, 0)
  assert.match(output, /\/lru-cache\//)
  assert.not.match(output, /commander|clack|bomb\.sh|fast-string-width|dist\/cli/)
})

test.run()
