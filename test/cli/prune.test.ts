import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { writeIfChanged } from '../../src/index.ts'
import { namesIn, suiteOnDisk, valueOf } from '../support.ts'
import { asNobody, put, rowsOf, run, sessionOf } from './command.ts'

const test = suiteOnDisk('file-sessions prune')

const day = 24 * 3_600_000

async function fill (directory: string): Promise<void> {
  await put(directory, 'live', sessionOf())
  await put(directory, 'gone', sessionOf(), { age: 8 * day })
  await put(directory, 'gone too', sessionOf(), { age: 9 * day })
}

test('removes what has expired, and says how much', async ({ directory }) => {
  await fill(directory)
  const { code, output, errors } = await run(['prune', directory])
  assert.equal([code, errors], [0, ''])
  assert.match(output, /^Removed 2 of 3 sessions in \d+ ms, 1 live\.\n$/)
  assert.equal(await namesIn(directory), ['live.json'])
})

test('keeps for a minute what has just expired', async ({ directory }) => {
  await put(directory, 'a', sessionOf({}, { originalMaxAge: 1000 }), { age: 30_000 })
  assert.match((await run(['prune', directory])).output, /^Removed 0 of 1 session /)
  assert.equal(await namesIn(directory), ['a.json'])
})

test('--ttl and --extension rule as in the store', async ({ directory }) => {
  await put(directory, 'a', { cookie: {} }, { age: 2 * day, extension: '.s' })
  assert.match((await run(['prune', directory, '--ttl', '1d'])).output, /^Removed 0 of 0 sessions/)
  assert.match((await run(['prune', directory, '--extension', '.s'])).output, /^Removed 0 of 1 session/)
  assert.match((await run(['prune', directory, '--extension', '.s', '--ttl', '1d'])).output, /^Removed 1 of 1 session/)
})

test('--dry-run removes nothing', async ({ directory }) => {
  await fill(directory)
  await put(directory, 'broken', '{', { age: day })
  assert.equal(await run(['prune', directory, '--dry-run']), { code: 0, output: 'Would remove 2 of 4 sessions, 1 live, 1 unreadable; \'file-sessions doctor\' says what the others are.\n', errors: '' })
  const { code, output } = await run(['prune', directory, '--dry-run', '--unreadable'])
  assert.is(code, 0)
  assert.match(output, /broken\.json +1 day ago +1 B +it is not JSON.*\n$/)
  assert.is((await namesIn(directory)).length, 4)
})

test('--unreadable and --foreign remove what is never removed by itself, after showing it', async ({ directory }) => {
  await fill(directory)
  await put(directory, 'broken', '{')
  await put(directory, 'empty', '')
  await put(directory, 'list', '[]')
  await put(directory, 'package', { name: 'x' })
  await writeFile(join(directory, 'README.md'), 'mine')
  const unreadable = await run(['prune', directory, '--unreadable', '--yes'])
  assert.is(unreadable.code, 0)
  assert.match(unreadable.output, /broken\.json .* it is not JSON.*\n[^]*Removed 2 files\.\n$/)
  assert.equal(await namesIn(directory), ['README.md', 'list.json', 'live.json', 'package.json'])
  const foreign = await run(['prune', directory, '--foreign', '-y'])
  assert.match(foreign.output, /list\.json .* it is not a JSON object\n[^]*Removed 2 files\.\n$/)
  assert.match(foreign.output, /package\.json .* it is JSON without a cookie\n/)
  assert.equal(await namesIn(directory), ['README.md', 'live.json'])
  assert.equal((await run(['prune', directory, '--foreign', '--unreadable'])).errors, 'There is no other file to remove.\n')
})

test('--unreadable without a terminal and without --yes removes no such file', async ({ directory }) => {
  await fill(directory)
  await put(directory, 'broken', '{')
  const { code, errors } = await run(['prune', directory, '--unreadable'])
  assert.equal([code, errors], [2, 'file-sessions: This is not a terminal, so the command cannot ask: add --yes to do it without a question.\n'])
  assert.equal(await namesIn(directory), ['broken.json', 'live.json'])
})

test('--unreadable never takes what is encrypted under a secret that was not given, unless others were', async ({ directory }) => {
  const secret = 's'.repeat(32)
  valueOf(await writeIfChanged(join(directory, 'a.json'), sessionOf(), { secret }))
  assert.is((await run(['prune', directory, '--unreadable', '--foreign', '--yes'])).errors, 'There is no other file to remove.\n')
  assert.is((await run(['prune', directory, '--unreadable', '--yes'], { env: { SESSION_FILE_SECRET: secret } })).errors, 'There is no other file to remove.\n')
  const { output } = await run(['prune', directory, '--unreadable', '--yes'], { env: { SESSION_FILE_SECRET: 'o'.repeat(32) } })
  assert.match(output, /a\.json .* it is encrypted, and none of the secrets decrypts it\nRemoved 1 file\.\n$/)
})

test('says what could not be removed', async ({ directory }) => {
  const expired = await put(directory, 'a', sessionOf(), { age: 9 * day })
  const broken = await put(directory, 'b', '{')
  for (const file of [expired, broken]) await chmod(file, 0o644)
  await chmod(directory, 0o555)
  const { code, errors } = await run(['prune', directory, '--unreadable', '--yes'], asNobody)
  await chmod(directory, 0o700)
  assert.equal([code, errors], [1, `${expired} could not be removed: permission denied.\n${broken} could not be removed: permission denied.\n`])
  assert.is((await namesIn(directory)).length, 2)
})

test('shows 20 files and counts the others', async ({ directory }) => {
  for (let index = 0; index < 22; index++) await put(directory, `f${index}`, '')
  const { output } = await run(['prune', directory, '--unreadable', '--yes'])
  assert.match(output, /\nand 2 others\nRemoved 22 files\.\n$/)
  assert.is(rowsOf(output).length, 1 + 20 + 2)
})

test.run()
