import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { writeIfChanged } from '../../src/index.ts'
import { suiteOnDisk, valueOf } from '../support.ts'
import { put, run, sessionOf } from './command.ts'

const test = suiteOnDisk('file-sessions show')

const hour = 3_600_000
const day = 24 * hour

test('shows the session, and its dates with their reason', async ({ directory }) => {
  const file = await put(directory, 'abc', sessionOf({ user: { name: 'Ada', admin: true, visits: [1, null] } }), { age: 2 * hour + 1000 })
  const { code, output, errors } = await run(['show', 'abc', directory])
  assert.equal([code, errors], [0, ''])
  const [facts, json] = output.split('\n\n') as [string, string]
  assert.match(facts, new RegExp(`^id {7}abc\nfile {5}${file} {2}\\(\\d+ B\\)\nused {5}2 h ago {2}\\(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\)\nexpires {2}in 7 days {2}\\(.*\\): 7 days after its last use, by the maxAge of its cookie$`))
  const { cookie, ...session } = JSON.parse(json)
  assert.equal(session, { user: { name: 'Ada', admin: true, visits: [1, null] } })
  assert.ok(Math.abs(Date.parse(cookie.expires) - Date.now() - 7 * day + 2 * hour) < 60_000)
})

for (const [name, cookie, age, expected] of [
  ['the cookie has a date', { originalMaxAge: null, expires: new Date(Date.now() + 5 * hour + 60_000).toISOString() }, 0, /^expires {2}in 5 h .*: at the date that its cookie has$/m],
  ['the cookie says nothing', { originalMaxAge: null, expires: null }, 0, /^expires {2}in 14 days .*: 14 days after its last use, by the store's ttl, since its cookie says nothing$/m],
  ['it has expired', {}, 8 * day, /^expired {2}1 day ago .*: 7 days after its last use, by the maxAge of its cookie; the next prune removes it$/m]
] as const) {
  test(`explains when it expires, if ${name}`, async ({ directory }) => {
    await put(directory, 'a', sessionOf({}, cookie), { age })
    assert.match((await run(['show', 'a', directory])).output, expected)
  })
}

test('finds it by an unambiguous beginning, and by a whole id that others begin with', async ({ directory }) => {
  for (const id of ['ab', 'abc1', 'abd2', 'x']) await put(directory, id, sessionOf({ id }))
  const shown = async (id: string) => JSON.parse((await run(['show', id, directory, '--json'])).output).session.id
  assert.is(await shown('abc'), 'abc1')
  assert.is(await shown('ab'), 'ab')
  assert.is(await shown('x'), 'x')
  assert.equal(await run(['show', 'abz', directory]), { code: 1, output: '', errors: `file-sessions: There is no session 'abz' in ${directory}; 'file-sessions list' shows those that there are.\n` })
  const { code, errors } = await run(['show', 'a', directory])
  assert.is(code, 1)
  assert.match(errors, /^file-sessions: 'a' is the beginning of 3 sessions \((ab|abc1|abd2), (ab|abc1|abd2), (ab|abc1|abd2)\); add characters until it is that of one\.\n$/)
})

test('takes an id that begins with a hyphen for an id', async ({ directory }) => {
  for (const id of ['-abcdefg1234', '-directory', '--x']) await put(directory, id, sessionOf({ id }))
  const shown = async (...parameters: readonly string[]) => JSON.parse((await run(['show', ...parameters, '--json'])).output).session.id
  assert.is(await shown('-abcdefg1234', directory), '-abcdefg1234')
  assert.is(await shown('-abcdefg', '-d', directory), '-abcdefg1234')
  assert.is(await shown('-d', directory, '-directory'), '-directory')
  assert.is((await run(['show', '-d', directory, '--json', '--', '--x'])).code, 0)
  assert.equal((await run(['revoke', '-abcdefg1', '-directory', '-d', directory])).output, 'Ended -abcdefg1234.\nEnded -directory.\n')
})

test('finds ids that file names encode, and shows them printable', async ({ directory }) => {
  await put(directory, '../\u001bé', sessionOf())
  const { code, output } = await run(['show', '../\u001bé', directory])
  assert.is(code, 0)
  assert.match(output, /^id {7}\.\.\/\\u001bé$/m)
  assert.match((await run(['show', '\u001b', directory])).errors, /no session '\\u001b'/)
})

test('keeps control characters of the session from the terminal, and stays JSON', async ({ directory }) => {
  await put(directory, 'a', sessionOf({ text: '\u001b[2J\u009b\u202e' }))
  const { output } = await run(['show', 'a', directory])
  assert.is(output.includes('\u001b') || output.includes('\u009b') || output.includes('\u202e'), false)
  assert.is(JSON.parse(output.slice(output.indexOf('{'))).text, '\u001b[2J\u009b\u202e')
})

test('--raw gives the file, byte for byte', async ({ directory }) => {
  const text = ' {"cookie": {},\n\t"text": "ünï\u001b"} '
  await put(directory, 'a', text)
  assert.equal(await run(['show', 'a', directory, '--raw']), { code: 0, output: text, errors: '' })
  await put(directory, 'b', 'no JSON')
  assert.equal(await run(['show', 'b', directory, '--raw']), { code: 0, output: 'no JSON', errors: '' })
})

test('shows encrypted sessions to whom has the secret', async ({ directory }) => {
  const [current, old] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
  valueOf(await writeIfChanged(join(directory, 'a.json'), sessionOf({ user: 'Ada' }), { secret: old }))
  assert.equal(await run(['show', 'a', directory]), { code: 1, output: '', errors: `file-sessions: The session in ${join(directory, 'a.json')} is encrypted under a secret that was not given; name it with --secret-env or --secret-file.\n` })
  assert.match((await run(['show', 'a', directory], { env: { SESSION_FILE_SECRET: old } })).output, /, encrypted\)[^]*"user": "Ada"/)
  const file = join(directory, '.secrets')
  await writeFile(file, `${current}\n${old}\n`, { mode: 0o600 })
  assert.match((await run(['show', 'a', directory, '--secret-file', file])).output, /, encrypted under an old secret\)[^]*"user": "Ada"/)
})

test('says why a file holds no session', async ({ directory }) => {
  for (const [content, reason] of [
    ['', 'it is empty'], ['{', 'it is not JSON'], ['[]', 'it is not a JSON object'],
    ['{"cookie":{},"__proto__":{}}', 'it holds a forbidden __proto__ or constructor property']
  ] as const) {
    const file = await put(directory, 'a', content)
    const { code, output, errors } = await run(['show', 'a', directory])
    assert.equal([code, output, errors.replace(' (at position 1)', '')], [1, '', `file-sessions: ${file} holds no session: ${reason}; --raw shows it as it is.\n`])
  }
  const file = await put(directory, 'a', '')
  await writeFile(file, Buffer.from([0x22, 0xff, 0x22]))
  assert.match((await run(['show', 'a', directory])).errors, /holds no session: it is not valid UTF-8;/)
})

test('refuses an empty id, and --json with --raw', async ({ directory }) => {
  assert.equal(await run(['show', '', directory]), { code: 2, output: '', errors: 'file-sessions: The id is empty; name a session, or the beginning of its id.\n' })
  assert.equal(await run(['show', 'a', directory, '--raw', '--json']), { code: 2, output: '', errors: 'file-sessions: --json and --raw exclude each other; leave out one of them.\n' })
})

test.run()
