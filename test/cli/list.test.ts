import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'
import { asNobody, put, rowsOf, run, sessionOf } from './command.ts'

const test = suiteOnDisk('file-sessions list')

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

test('shows id, last use, expiry and size, newest use first', async ({ directory }) => {
  await put(directory, 'old', sessionOf(), { age: 3 * hour + 1000 })
  const size = JSON.stringify(sessionOf({ user: 'Ada' })).length
  await put(directory, 'new', sessionOf({ user: 'Ada' }), { age: 3 * minute + 1000 })
  const { code, output, errors } = await run(['list', directory])
  assert.equal([code, errors], [0, ''])
  assert.match(output, /^ID +USED +EXPIRES +SIZE\n/)
  assert.equal(rowsOf(output), [['new', '3 min ago', 'in 7 days', `${size} B`], ['old', '3 h ago', 'in 7 days', `${size - 13} B`]])
})

test('is ls too, and takes its directory from an argument, an option, a variable, or ./sessions', async ({ directory }) => {
  await put(join(directory, 'sessions'), 'a', sessionOf())
  const sessions = join(directory, 'sessions')
  const ended = await Promise.all([
    run(['ls', sessions]), run(['list', '-d', sessions]), run(['list', '--directory', sessions]),
    run(['list'], { env: { FILE_SESSIONS_DIRECTORY: sessions } }), run(['list'], { cwd: directory })
  ])
  for (const { code, output } of ended) assert.equal([code, rowsOf(output).length], [0, 1])
})

test('shortens ids to what no other id begins with', async ({ directory }) => {
  const ids = ['abcdefgh11111111aaaaaaaaaaaaaaaa', 'abcdefgh22222222aaaaaaaaaaaaaaaa', 'zzzzzzzz22222222aaaaaaaaaaaaaaaa', 'short']
  for (const [index, id] of ids.entries()) await put(directory, id, sessionOf(), { age: index * minute })
  assert.equal(rowsOf((await run(['list', directory])).output).map(([id]) => id), ['abcdefgh1111', 'abcdefgh2222', 'zzzzzzzz', 'short'])
  assert.equal(rowsOf((await run(['list', directory, '--full-ids'])).output).map(([id]) => id), ids)
})

test('shows fields, which may be anywhere in a session, and - where there is none', async ({ directory }) => {
  await put(directory, 'a', sessionOf({ user: { name: 'Ada', roles: ['admin'] }, 'a.b': 1 }))
  await put(directory, 'b', sessionOf({ user: null }), { age: minute })
  const { output } = await run(['list', directory, '-f', 'user.name', '--field', 'user.roles,user.roles.0', '--field', 'a\\.b'])
  assert.match(output, /SIZE +user\.name +user\.roles +user\.roles\.0 +a\\\.b\n/)
  assert.equal(rowsOf(output).map(cells => cells.slice(4)), [['Ada', '["admin"]', 'admin', '1'], ['-', '-', '-', '-']])
})

for (const [conditions, expected] of [
  [['user.name=Ada'], ['a']],
  [['user.name!=Ada'], ['b', 'c', 'd']],
  [['user.name~^[AB]'], ['a', 'b', 'c']],
  [['user.name~a$'], ['a', 'b']],
  [['user'], ['a', 'b', 'c']],
  [['!user'], ['d']],
  [['user.roles=admin'], ['a', 'b']],
  [['user.roles=admin', 'user.name!=Ada'], ['b']],
  [['user.roles=["admin", "x"]'], ['b']],
  [['visits=3'], ['c']],
  [['visits'], ['c', 'd']],
  [['visits=null'], ['d']],
  [['user.name.length'], []],
  [['__proto__'], []],
  [['user.name=A=B'], ['c']]
] as const) {
  test(`--where ${conditions.join(' --where ')} finds ${expected.join(', ') || 'none'}`, async ({ directory }) => {
    await put(directory, 'a', sessionOf({ user: { name: 'Ada', roles: ['admin'] } }), { age: 0 })
    await put(directory, 'b', sessionOf({ user: { name: 'Barbara', roles: ['admin', 'x'] } }), { age: minute })
    await put(directory, 'c', sessionOf({ user: { name: 'A=B' }, visits: 3 }), { age: hour })
    await put(directory, 'd', sessionOf({ visits: null }), { age: day })
    const { code, output } = await run(['list', directory, '--full-ids', ...conditions.flatMap(condition => ['--where', condition])])
    assert.equal(output === '' ? [] : rowsOf(output).map(([id]) => id), expected)
    assert.is(code, expected.length > 0 ? 0 : 1)
  })
}

test('--since shows what was used within a duration, or since a date', async ({ directory }) => {
  await put(directory, 'a', sessionOf(), { age: 9 * minute })
  await put(directory, 'b', sessionOf(), { age: 11 * minute })
  await put(directory, 'c', sessionOf(), { age: 2 * day })
  const shown = async (since: string) => rowsOf((await run(['list', directory, '--since', since])).output).map(([id]) => id)
  assert.equal(await shown('10m'), ['a'])
  assert.equal(await shown('1d'), ['a', 'b'])
  assert.equal(await shown(new Date(Date.now() - 10 * minute).toISOString()), ['a'])
  assert.equal(await shown('2020-01-01'), ['a', 'b', 'c'])
})

test('shows live sessions; --expired those that have expired, --all both', async ({ directory }) => {
  await put(directory, 'live', sessionOf())
  await put(directory, 'expired', sessionOf(), { age: 8 * day + 1000 })
  await put(directory, 'dated', sessionOf({}, { originalMaxAge: null, expires: new Date(Date.now() - 1000).toISOString() }))
  assert.equal(rowsOf((await run(['list', directory])).output).map(([id]) => id), ['live'])
  assert.equal(rowsOf((await run(['list', directory, '--expired'])).output).map(([id]) => id), ['dated', 'expired'])
  const { output } = await run(['list', directory, '--all', '--sort', 'id'])
  assert.equal(rowsOf(output).map(([id]) => id), ['dated', 'expired', 'live'])
  assert.match(output, /expired +8 days ago +1 day ago/)
})

test('--ttl rules where the cookie says nothing', async ({ directory }) => {
  await put(directory, 'a', { cookie: {} }, { age: 2 * hour })
  assert.is((await run(['list', directory, '--ttl', '1h'])).code, 1)
  assert.match((await run(['list', directory, '--ttl', '10800000'])).output, /a +2 h ago +in 1 h/)
  assert.match((await run(['list', directory])).output, /a +2 h ago +in 14 days/)
})

test('--sort and --reverse order them, --limit takes the first', async ({ directory }) => {
  await put(directory, 'b', sessionOf({ text: 'x'.repeat(99) }), { age: minute })
  await put(directory, 'a', sessionOf({}, { originalMaxAge: hour }), { age: 2 * minute })
  await put(directory, 'c', sessionOf({ text: 'x' }), { age: 3 * minute })
  const shown = async (...flags: string[]) => rowsOf((await run(['list', directory, ...flags])).output).map(([id]) => id).join('')
  assert.is(await shown('--sort', 'used'), 'bac')
  assert.is(await shown('-s', 'expires'), 'acb')
  assert.is(await shown('--sort', 'size'), 'bca')
  assert.is(await shown('--sort', 'id'), 'abc')
  assert.is([...await shown('--sort', 'none')].sort().join(''), 'abc')
  assert.is(await shown('--reverse'), 'cab')
  assert.is(await shown('-s', 'id', '-r'), 'cba')
  assert.is(await shown('-s', 'expires', '-r', '-n', '2'), 'bc')
  assert.is(await shown('--limit', '1'), 'b')
  assert.is(await shown('--limit', '0'), 'bac')
})

test('finds live ones behind more expired ones than it remembers', async ({ directory }) => {
  await Promise.all(Array.from({ length: 2100 }, (_, index) => put(directory, `dead${index}`, '{"cookie":{"expires":"2020-01-01T00:00:00Z"}}')))
  await put(directory, 'alive', sessionOf(), { age: day })
  assert.equal(rowsOf((await run(['list', directory, '--limit', '5'])).output), [['alive', '1 day ago', 'in 6 days', `${JSON.stringify(sessionOf()).length} B`]])
})

test('--json prints one object a line, with the whole session or the fields', async ({ directory }) => {
  const file = await put(directory, 'a', sessionOf({ user: { name: 'Ada' } }), { age: 1000 })
  const { output } = await run(['list', directory, '--json'])
  const { lastUsedAt, expiresAt, session: { cookie, ...session }, ...listed } = JSON.parse(output)
  assert.equal([listed, session], [{ id: 'a', expired: false, encrypted: false, size: JSON.stringify(sessionOf({ user: { name: 'Ada' } })).length }, { user: { name: 'Ada' } }])
  assert.is(Date.parse(expiresAt) - Date.parse(lastUsedAt), cookie.originalMaxAge)
  assert.equal(JSON.parse((await run(['list', directory, '--json', '-f', 'user.name,none'])).output).fields, { 'user.name': 'Ada', none: null })
  await rm(file)
  assert.equal((await run(['list', directory, '--json'])).output, '')
})

test('--extension finds other files', async ({ directory }) => {
  await put(directory, 'a', sessionOf(), { extension: '' })
  await put(directory, 'b', sessionOf(), { extension: '.session' })
  assert.equal(rowsOf((await run(['list', directory, '--extension', ''])).output).map(([id]) => id), ['a'])
  assert.equal(rowsOf((await run(['list', directory, '--extension', '.session'])).output).map(([id]) => id), ['b'])
})

test('keeps control characters of ids and sessions from the terminal', async ({ directory }) => {
  await put(directory, '\u001b[2J', sessionOf({ user: 'a\u001b[31m\u0007\u009b\u202e\nb' }))
  const { output } = await run(['list', directory, '-f', 'user'])
  assert.is(output.includes('\u001b') || output.includes('\u009b') || output.includes('\u202e'), false)
  assert.match(output, /\\u001b\[2J .* a\\u001b\[31m\\u0007\\u009b\\u202e\\u000ab\n/)
})

test('says what it met that is no session', async ({ directory }) => {
  await put(directory, 'a', sessionOf())
  await put(directory, 'b', '{"cookie":')
  await put(directory, 'c', '[1]')
  const { code, output, errors } = await run(['list', directory])
  assert.equal([code, rowsOf(output).length, errors], [0, 1, "2 files hold no session; 'file-sessions doctor' says more.\n"])
})

test('exits with 1 and says so when nothing matches', async ({ directory }) => {
  assert.equal(await run(['list', directory]), { code: 1, output: '', errors: `No session of ${directory} matches.\n` })
  await put(directory, 'a', sessionOf())
  assert.equal(await run(['list', directory, '-w', 'user', '--json']), { code: 1, output: '', errors: `No session of ${directory} matches.\n` })
})

test('says what to do about a directory that it cannot list', async ({ directory }) => {
  const file = await put(directory, 'a', sessionOf())
  const missing = join(directory, 'missing')
  assert.equal(await run(['list', missing]), { code: 1, output: '', errors: `file-sessions: There is no directory ${missing}; name the one that the server keeps its sessions in.\n` })
  assert.equal(await run(['list', file]), { code: 1, output: '', errors: `file-sessions: ${file} is not a directory; name the one that the server keeps its sessions in.\n` })
  assert.equal(await run(['list', join(file, 'x')]), { code: 1, output: '', errors: `file-sessions: ${file}/x is not a directory; name the one that the server keeps its sessions in.\n` })
  await chmod(directory, 0o000)
  const { code, errors } = await run(['list', directory], asNobody)
  await chmod(directory, 0o700)
  assert.equal([code, errors], [1, `file-sessions: The directory ${directory} cannot be read (permission denied); run this as the user of the server.\n`])
})

test.run()
