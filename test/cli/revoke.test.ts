import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { writeIfChanged } from '../../src/index.ts'
import { namesIn, suiteOnDisk, valueOf } from '../support.ts'
import { asNobody, put, rowsOf, run, sessionOf } from './command.ts'

const test = suiteOnDisk('file-sessions revoke')

test('ends sessions by ids and by their beginnings', async ({ directory }) => {
  for (const id of ['abcd', 'efgh', 'ijkl', 'stays']) await put(directory, id, sessionOf())
  assert.equal(await run(['revoke', 'abcd', 'ef', 'i', 'ijkl', '-d', directory]), { code: 0, output: 'Ended abcd.\nEnded efgh.\nEnded ijkl.\n', errors: '' })
  assert.equal(await namesIn(directory), ['stays.json'])
})

test('ends those that it finds, and exits with 1 for those that it does not', async ({ directory }) => {
  for (const id of ['a1', 'a2', 'b']) await put(directory, id, sessionOf())
  const { code, output, errors } = await run(['revoke', 'a', 'b', 'c', '-d', directory])
  assert.equal([code, output], [1, 'Ended b.\n'])
  assert.match(errors, /^'a' is the beginning of 2 sessions .*\nThere is no session 'c' in .*\n$/)
  assert.equal(await namesIn(directory), ['a1.json', 'a2.json'])
})

test('refuses a directory among the ids, and ends nobody', async ({ directory }) => {
  await put(directory, 'a', sessionOf())
  const other = join(directory, 'other')
  await mkdir(other)
  await put(other, 'a', sessionOf())
  const { code, output, errors } = await run(['revoke', 'a', other, '-d', directory])
  assert.equal([code, output], [2, ''])
  assert.match(errors, /is a directory; name it with --directory\./)
  assert.equal(await namesIn(directory), ['a.json', 'other'])
})

test('--where shows whom, and with --yes ends them without a question', async ({ directory }) => {
  await put(directory, 'a', sessionOf({ user: { name: 'Ada' }, role: 'x' }), { age: 61_000 })
  await put(directory, 'b', sessionOf({ user: { name: 'Ada' }, role: 'x' }))
  await put(directory, 'c', sessionOf({ user: { name: 'Grace' }, role: 'x' }))
  const { code, output, errors } = await run(['revoke', '-d', directory, '--where', 'user.name=Ada', '-w', 'role', '--yes'])
  assert.equal([code, errors], [0, ''])
  assert.match(output, /^ID +USED +user\.name +role\n/)
  assert.equal(rowsOf(output).map(cells => [cells[0], ...cells.slice(2)]), [['b', 'Ada', 'x'], ['a', 'Ada', 'x'], ['Ended 2 sessions.']])
  assert.equal(await namesIn(directory), ['c.json'])
})

test('--where exits with 1 when a session could not be read, which may match', async ({ directory }) => {
  const secret = 'a secret of at least 32 characters, this one'
  await put(directory, 'a', sessionOf({ user: 'Ada' }))
  valueOf(await writeIfChanged(join(directory, 'b.json'), { cookie: {}, user: 'Ada' }, { secret }))
  const { code, output, errors } = await run(['revoke', '-d', directory, '-w', 'user=Ada', '-y'])
  assert.equal([code, rowsOf(output).at(-1)], [1, ['Ended 1 session.']])
  assert.match(errors, /^1 session is encrypted under a secret that was not given: /)
  assert.equal(await namesIn(directory), ['b.json'])
  // What is no session does not match.
  await put(directory, 'c', sessionOf({ user: 'Ada' }))
  await rm(join(directory, 'b.json'))
  await writeFile(join(directory, 'd.json'), '{')
  assert.is((await run(['revoke', '-d', directory, '-w', 'user=Ada', '-y'])).code, 0)
})

test('--where without a terminal and without --yes ends nobody', async ({ directory }) => {
  await put(directory, 'a', sessionOf({ user: 'Ada' }))
  const { code, output, errors } = await run(['revoke', '-d', directory, '--where', 'user=Ada'])
  assert.equal([code, errors], [2, 'file-sessions: This is not a terminal, so the command cannot ask: add --yes to do it without a question.\n'])
  assert.is(rowsOf(output).length, 1)
  assert.equal(await namesIn(directory), ['a.json'])
})

test('names 20 and counts the others', async ({ directory }) => {
  for (let index = 0; index < 23; index++) await put(directory, `s${index}`, sessionOf())
  const { output } = await run(['revoke', '-d', directory, '--where', 'cookie', '-y'])
  assert.is(rowsOf(output).length, 22)
  assert.match(output, /\nand 3 others\nEnded 23 sessions\.\n$/)
  assert.equal(await namesIn(directory), [])
})

test('exits with 1 when nobody matches', async ({ directory }) => {
  assert.equal(await run(['revoke', '-d', directory, '-w', 'user=Ada', '-y']), { code: 1, output: '', errors: `No session of ${directory} matches; nothing was ended.\n` })
})

test('takes nothing but files for sessions', async ({ directory }) => {
  await mkdir(join(directory, 'a.json'))
  await put(directory, 'ab', sessionOf())
  assert.equal(await run(['revoke', 'a', '-d', directory]), { code: 0, output: 'Ended ab.\n', errors: '' })
  assert.equal(await namesIn(directory), ['a.json'])
})

test('says which session could not be ended', async ({ directory }) => {
  await put(directory, 'a', sessionOf())
  await chmod(directory, 0o555)
  const ended = await run(['revoke', 'a', '-d', directory], asNobody)
  await chmod(directory, 0o700)
  assert.equal(ended, { code: 1, output: '', errors: 'The session a could not be ended: permission denied.\n' })
  assert.equal(await namesIn(directory), ['a.json'])
})

test('refuses ids together with --where, and neither', async ({ directory }) => {
  assert.equal(await run(['revoke', 'a', '-w', 'b', '-d', directory]), { code: 2, output: '', errors: 'file-sessions: Ids and --where exclude each other; leave out one of them.\n' })
  assert.equal(await run(['revoke', '-d', directory]), { code: 2, output: '', errors: 'file-sessions: No session is named; give ids, or --where user.name=Ada. To end all sessions: --where cookie.\n' })
  assert.match((await run(['revoke', '-w', 'user~(', '-d', directory])).errors, /^file-sessions: '\(' is not a regular expression; quote/)
  assert.match((await run(['revoke', '-w', '=x', '-d', directory])).errors, /^file-sessions: The field '' has an empty part; write it as in user\.name\.\n$/)
  assert.equal(await run(['revoke', 'a', '-d', join(directory, 'missing')]), { code: 1, output: '', errors: `file-sessions: There is no directory ${join(directory, 'missing')}; name the one that the server keeps its sessions in.\n` })
})

test.run()
