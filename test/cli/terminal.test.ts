import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { namesIn, suiteOnDisk } from '../support.ts'
import { ctrlC, plain, put, run, runOnTerminal, sessionOf, shell } from './command.ts'

const test = suiteOnDisk('file-sessions on a terminal')

const escape = '\u001b['
const day = 24 * 3_600_000

// What may differ between two runs: times, and the progress that a slow machine shows and takes away.
const withoutProgress = (output: string) => output.split('\n').map(line => line.slice(line.lastIndexOf(`\r${escape}2K`) + 1)).join('\n')
const withoutAges = (output: string) => plain(withoutProgress(output)).replace(/\d+ (s|min) ago|now|[\d,.]+ GB free.*| +/g, '')

test('paints its output, unless NO_COLOR or TERM=dumb say otherwise', async ({ directory }) => {
  await put(directory, 'a', sessionOf({ user: 'Ada', n: 1, t: true }))
  for (const parameters of [['list', directory], ['show', 'a', directory], ['stats', directory], ['doctor', directory, '--no-probe']]) {
    const painted = await runOnTerminal(parameters)
    assert.ok(painted.output.includes(escape), parameters.join(' '))
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const { code, output } = await runOnTerminal(parameters, [], { env })
      assert.equal([code, output.includes(`${escape}3`)], [painted.code, false], parameters.join(' '))
      assert.is(withoutAges(output), withoutAges(painted.output))
    }
    assert.is((await run(parameters)).output.includes(escape), false)
  }
})

test('a row of a table takes one line', async ({ directory }) => {
  await put(directory, 'a', sessionOf({ text: 'x'.repeat(200), more: '松本'.repeat(60) }))
  const lines = plain((await runOnTerminal(['list', directory, '-f', 'text,more'])).output).trimEnd().split('\n')
  assert.is(lines.length, 2)
  assert.match(lines[1]!, /^a +\S.* x+… +松本.*…$/)
  assert.ok([...lines[1]!].reduce((width, character) => width + (character > '⺀' ? 2 : 1), 0) <= 100)
})

test('shows the newest hundred, and how to see all', async ({ directory }) => {
  await Promise.all(Array.from({ length: 103 }, (_, index) => put(directory, `s${index}`, sessionOf())))
  const { code, output } = await runOnTerminal(['list', directory])
  assert.is(code, 0)
  assert.match(plain(output), /\n100 shown of 103 files; --limit 0 shows all\.\n$/)
  assert.is(plain((await runOnTerminal(['list', directory, '--limit', '0'])).output).trimEnd().split('\n').length, 104)
  assert.is((await run(['list', directory])).output.trimEnd().split('\n').length, 104)
})

test('revoke --where asks, and takes y for an answer', async ({ directory }) => {
  for (const id of ['a', 'b']) await put(directory, id, sessionOf({ user: 'Ada' }))
  await put(directory, 'c', sessionOf({ user: 'Bob' }))
  const { code, output } = await runOnTerminal(['revoke', '-d', directory, '-w', 'user=Ada'], [[/End these 2 sessions\?/, 'y']])
  assert.is(code, 0)
  assert.match(plain(output), /\nEnded 2 sessions\.\n$/)
  assert.equal(await namesIn(directory), ['c.json'])
})

for (const [name, typed, code, message] of [
  ['n', 'n', 1, 'Nothing was ended.'],
  ['Enter', '\r', 1, 'Nothing was ended.'],
  ['Ctrl-C', ctrlC, 130, 'Interrupted: nothing was ended.']
] as const) {
  test(`revoke --where takes ${name} for No`, async ({ directory }) => {
    await put(directory, 'a', sessionOf({ user: 'Ada' }))
    const ended = await runOnTerminal(['revoke', '-d', directory, '-w', 'user=Ada'], [[/End this session\?/, typed]])
    assert.is(ended.code, code)
    assert.ok(plain(ended.output).endsWith(`${message}\n`), ended.output)
    assert.equal(await namesIn(directory), ['a.json'])
  })
}

for (const [name, typed, code, message, left] of [
  ['y', 'y', 0, 'Removed 2 files.', ['live.json']],
  ['n', 'n', 1, 'No file was removed.', ['broken.json', 'empty.json', 'live.json']],
  ['Ctrl-C', ctrlC, 130, 'Interrupted: none of them was removed.', ['broken.json', 'empty.json', 'live.json']]
] as const) {
  test(`prune --unreadable asks, and does as told by ${name}`, async ({ directory }) => {
    await put(directory, 'live', sessionOf())
    await put(directory, 'gone', sessionOf(), { age: 8 * day })
    await put(directory, 'broken', '{')
    await put(directory, 'empty', '')
    const ended = await runOnTerminal(['prune', directory, '--unreadable'], [[/Remove these 2 files for good\?/, typed]])
    assert.is(ended.code, code)
    assert.ok(plain(ended.output).endsWith(`${message}\n`), ended.output)
    assert.equal(await namesIn(directory), left)
  })
}

test('--yes does not ask there either', async ({ directory }) => {
  await put(directory, 'a', sessionOf({ user: 'Ada' }))
  const { code, output } = await runOnTerminal(['revoke', '-d', directory, '-w', 'user=Ada', '--yes'])
  assert.equal([code, output.includes('?')], [0, false])
})

test('list --watch draws again as sessions come and go, and leaves the screen as it was at Ctrl-C', async ({ directory }) => {
  const file = await put(directory, 'first', sessionOf())
  const started = runOnTerminal(['list', directory, '--watch'], [[/first[^]*Ctrl-C ends\./, ''], [/second[^]*Ctrl-C ends\./, ''], [/third[^]*Ctrl-C ends\./, ctrlC]])
  await delay(700)
  await put(directory, 'second', sessionOf())
  await delay(1200)
  await put(directory, 'third', sessionOf())
  const { code, output } = await started
  assert.is(code, 0)
  assert.ok(output.startsWith(`${escape}?1049h`) && output.endsWith(`${escape}?1049l`), JSON.stringify(output.slice(-40)))
  assert.ok(file)
})

test('Ctrl-C ends long work in order, and says what was done', async ({ directory }) => {
  const count = 20_000
  for (let index = 0; index < count; index += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, offset) => put(directory, `s${index + offset}`, sessionOf(), { age: 8 * day })))
  }
  const encrypted = await runOnTerminal(['encrypt', directory], [[/Encrypting .*%/, ctrlC]], { env: { SESSION_FILE_SECRET: 's'.repeat(32) } })
  assert.is(encrypted.code, 130)
  assert.match(plain(encrypted.output), /Encrypted [\d,]+ sessions?; 0 were encrypted already\.\nInterrupted: the other sessions are as they were\.\n$/)
  const pruned = await runOnTerminal(['prune', directory], [[/Pruning .*%/, ctrlC]])
  assert.is(pruned.code, 130)
  const [, removed] = /Removed ([\d,]+) of [\d,]+ sessions in .*\nInterrupted: the other files were not checked\.\n$/.exec(plain(pruned.output)) ?? []
  assert.is((await namesIn(directory)).length, count - Number(removed?.replace(',', '')))
  assert.is((await namesIn(directory)).filter(name => name.startsWith('.')).length, 0)
})

test('shows a progress bar only there', async ({ directory }) => {
  await Promise.all(Array.from({ length: 3000 }, (_, index) => put(directory, `s${index}`, sessionOf())))
  const { output } = await runOnTerminal(['stats', directory])
  assert.match(plain(output), /Reading [█░]{24} \d+% of 3,000/)
  assert.equal((await run(['stats', directory])).errors, '')
})

test('a reader that closes early is no error', async ({ directory }) => {
  await Promise.all(Array.from({ length: 3000 }, (_, index) => put(directory, `s${index}`, sessionOf())))
  for (const line of ['list', 'list --json', 'list --sort none --json', 'list --sort none']) {
    const { code, output, errors } = await shell(`file-sessions ${line.replace('list', `list ${directory}`)} | head -n 2`)
    assert.equal([code, output.split('\n').length, errors], [0, 3, ''], line)
  }
  assert.equal(await shell('file-sessions --help | head -n 1'), { code: 0, output: 'Usage: file-sessions [options] [command]\n', errors: '' })
})

test('work is done to its end though nobody reads what it says', async ({ directory }) => {
  for (const id of ['a', 'b', 'c']) await put(directory, id, sessionOf({ user: 'Ada' }))
  const { code } = await shell(`file-sessions revoke a b c -d ${directory} | true`)
  assert.equal([code, await namesIn(directory)], [0, []])
})

test('jq reads --json, and xargs hands ids back', async ({ directory }) => {
  await put(directory, 'a1', sessionOf({ user: 'Ada' }))
  await put(directory, 'b2', sessionOf({ user: 'Bob' }))
  await writeFile(join(directory, 'note.txt'), 'mine')
  const { code, output } = await shell(`file-sessions list ${directory} -w user=Ada | awk 'NR > 1 { print $1 }' | xargs -I % bash -c 'echo %'`)
  assert.equal([code, output], [0, 'a1\n'])
})

test.run()
