import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { readSession, writeIfChanged } from '../../src/index.ts'
import { namesIn, suiteOnDisk, valueOf } from '../support.ts'
import { asNobody, put, run, sessionOf } from './command.ts'

const test = suiteOnDisk('file-sessions encrypt, decrypt and rotate')

const [current, old] = ['c'.repeat(32), 'o'.repeat(32)]
const withCurrent = { env: { SESSION_FILE_SECRET: current } }
const withBoth = ['--secret-env', 'CURRENT', '--secret-env', 'OLD']
const both = { env: { CURRENT: current, OLD: old } }

const user = async (file: string, secret?: string) => (await readSession(file, secret === undefined ? {} : { secret })).match(session => session?.['user'], () => 'no answer')

test('encrypt encrypts what is plain, and nothing of it is seen in the file', async ({ directory }) => {
  const file = await put(directory, 'a', sessionOf({ user: 'Ada' }))
  await put(directory, 'expired', sessionOf({ user: 'Bob' }), { age: 30 * 24 * 3_600_000 })
  assert.equal(await run(['encrypt', directory], withCurrent), { code: 0, output: 'Encrypted 2 sessions; 0 were encrypted already.\n', errors: '' })
  assert.equal([await user(file, current), await user(file)], ['Ada', 'no answer'])
  assert.not.match(await readFile(file, 'utf8'), /Ada|cookie/)
  assert.equal(await run(['seal', directory], withCurrent), { code: 0, output: 'Encrypted 0 sessions; 2 were encrypted already.\n', errors: '' })
})

test('decrypt gives back what was there, byte for byte', async ({ directory }) => {
  const text = ' {"cookie": {"originalMaxAge": 9e9}, "user": "\\u0041da",\n"n": 1.0} '
  const file = await put(directory, 'a', text)
  await run(['encrypt', directory], withCurrent)
  assert.not.equal(await readFile(file, 'utf8'), text)
  assert.equal(await run(['unseal', directory], withCurrent), { code: 0, output: 'Decrypted 1 session; 0 were plain already.\n', errors: '' })
  assert.is(await readFile(file, 'utf8'), text)
  assert.equal((await run(['decrypt', directory], withCurrent)).output, 'Decrypted 0 sessions; 1 were plain already.\n')
})

test('last use, mode and owner of a file stay, and no other file is left', async ({ directory }) => {
  const isRoot = process.getuid?.() === 0
  const file = await put(directory, 'a', sessionOf(), { age: 3_600_000 })
  if (isRoot) await chown(file, 65534, 65534)
  const before = await stat(file)
  for (const command of ['encrypt', 'rotate', 'decrypt']) {
    const { code } = await run([command, directory, ...withBoth], both)
    const after = await stat(file)
    assert.equal([code, after.mode, after.uid, after.gid], [0, before.mode, before.uid, before.gid], command)
    assert.ok(Math.abs(after.mtimeMs - before.mtimeMs) < 0.01, command)
  }
  assert.equal(await namesIn(directory), ['a.json'])
})

test('rotate puts everything under the first secret, and says that the old one may go', async ({ directory }) => {
  valueOf(await writeIfChanged(join(directory, 'old.json'), sessionOf({ user: 'Ada' }), { secret: old }))
  valueOf(await writeIfChanged(join(directory, 'new.json'), sessionOf({ user: 'Bob' }), { secret: current }))
  const plain = await put(directory, 'plain', sessionOf({ user: 'Eve' }))
  const { code, output, errors } = await run(['rotate', directory, ...withBoth], both)
  assert.equal([code, errors], [0, ''])
  assert.is(output, 'Encrypted 2 sessions under the first secret; 1 were already.\nEvery session is encrypted under the first secret: the older ones may go, once every server has the new one first.\n')
  assert.equal([await user(join(directory, 'old.json'), current), await user(join(directory, 'new.json'), current), await user(plain, current)], ['Ada', 'Bob', 'Eve'])
})

test('rotate says that the old secret must stay where one was not given', async ({ directory }) => {
  valueOf(await writeIfChanged(join(directory, 'a.json'), sessionOf(), { secret: old }))
  const { code, errors } = await run(['rotate', directory], withCurrent)
  assert.is(code, 1)
  assert.is(errors, '1 session is encrypted under a secret that was not given; add it after the others with --secret-env or --secret-file.\nThe old secret must stay: not every session is under the first one.\n')
})

test('encrypt leaves what is under an old secret to rotate, and decrypt says what it cannot decrypt', async ({ directory }) => {
  valueOf(await writeIfChanged(join(directory, 'a.json'), sessionOf(), { secret: old }))
  const encrypted = await run(['encrypt', directory, ...withBoth], both)
  assert.equal(encrypted, { code: 0, output: 'Encrypted 0 sessions; 1 were encrypted already.\n', errors: "1 session is encrypted under an old secret; 'file-sessions rotate' changes that.\n" })
  const { code, errors } = await run(['decrypt', directory], withCurrent)
  assert.equal([code, errors], [1, '1 session is encrypted under a secret that was not given; add it after the others with --secret-env or --secret-file.\n'])
})

test('files that hold no session stay as they are', async ({ directory }) => {
  for (const [id, text] of [['broken', '{'], ['list', '[1]'], ['package', '{"name":"x"}']] as const) await put(directory, id, text)
  const { code, output, errors } = await run(['encrypt', directory], withCurrent)
  assert.equal([code, output, errors], [0, 'Encrypted 0 sessions; 0 were encrypted already.\n', "3 files without a session stayed as they were; 'file-sessions doctor' says more.\n"])
  assert.is(await readFile(join(directory, 'package.json'), 'utf8'), '{"name":"x"}')
})

test('says what could not be rewritten, and leaves it as it is', async ({ directory }) => {
  const file = await put(directory, 'a', sessionOf())
  await chmod(file, 0o644)
  await chmod(directory, 0o555)
  const { code, output, errors } = await run(['encrypt', directory], { ...withCurrent, ...asNobody })
  await chmod(directory, 0o700)
  assert.equal([code, output, errors], [1, 'Encrypted 0 sessions; 0 were encrypted already.\n', `${file} could not be rewritten: permission denied.\n`])
  assert.equal(await namesIn(directory), ['a.json'])
})

test('says what could not be read', async ({ directory }) => {
  const file = await put(directory, 'a', sessionOf())
  await chmod(directory, 0o755)
  if (asNobody.uid === undefined) await chmod(file, 0o000)
  const { code, errors } = await run(['rotate', directory], { ...withCurrent, ...asNobody })
  assert.equal([code, errors], [1, `${file} could not be read: permission denied.\nThe old secret must stay: not every session is under the first one.\n`])
})

for (const command of ['encrypt', 'decrypt', 'rotate']) {
  test(`${command} needs a secret`, async ({ directory }) => {
    assert.equal(await run([command, directory]), { code: 2, output: '', errors: 'file-sessions: There is no secret: name the one of the server with --secret-env or --secret-file.\n' })
  })
}

test('secrets come from variables and files, in the order of the command line', async ({ directory }) => {
  const file = await put(directory, 'a', sessionOf({ user: 'Ada' }))
  const secrets = join(directory, 'secrets')
  await writeFile(secrets, `${current}\r\n\n${old}\n`, { mode: 0o600 })
  await run(['encrypt', directory, '--secret-file', secrets, '--secret-env', 'OTHER'], { env: { OTHER: 'x'.repeat(32) } })
  assert.is(await user(file, current), 'Ada')
  await run(['rotate', directory, '--secret-env', 'OTHER', '--secret-file', secrets], { env: { OTHER: 'x'.repeat(32) } })
  assert.is(await user(file, 'x'.repeat(32)), 'Ada')
})

test('says what is wrong with a secret, and never the secret', async ({ directory }) => {
  const secrets = join(directory, 'secrets')
  const wrong = async (parameters: readonly string[], env = {}) => {
    const { code, errors } = await run(['list', directory, ...parameters], { env })
    assert.is(code, 2)
    return errors
  }
  assert.is(await wrong(['--secret-env', 'NONE']), 'file-sessions: The environment variable NONE is not set; set it to the secret, or name the one that holds it.\n')
  assert.is(await wrong(['--secret-env', 'SHORT'], { SHORT: 'hunter2' }), "file-sessions: A secret in the environment variable SHORT is shorter than 32 bytes; 'file-sessions secret' prints a new one.\n")
  assert.is(await wrong([], { SESSION_FILE_SECRET: 'hunter2' }), "file-sessions: A secret in the environment variable SESSION_FILE_SECRET is shorter than 32 bytes; 'file-sessions secret' prints a new one.\n")
  assert.is(await wrong(['--secret-file', secrets]), `file-sessions: The secret file ${secrets} cannot be read (no such file or directory); check its path and its permissions.\n`)
  await writeFile(secrets, '\n', { mode: 0o600 })
  assert.is(await wrong(['--secret-file', secrets]), `file-sessions: The file ${secrets} holds no secret; put one on each line, the current one first.\n`)
  await writeFile(secrets, 'hunter2\n')
  assert.is(await wrong(['--secret-file', secrets]), `file-sessions: A secret in the file ${secrets} is shorter than 32 bytes; 'file-sessions secret' prints a new one.\n`)
})

test('warns of a file of secrets that others may read', async ({ directory }) => {
  const secrets = join(directory, 'secrets')
  await writeFile(secrets, current, { mode: 0o644 })
  const { errors } = await run(['list', directory, '--secret-file', secrets])
  assert.match(errors, new RegExp(`^Other users may read the secrets in ${secrets}: chmod 600 ${secrets}\n`))
})

test('secret prints a new one, which the store takes', async ({ directory }) => {
  const [one, other] = [await run(['secret']), await run(['secret'])]
  assert.match(one.output, /^[0-9a-f]{64}\n$/)
  assert.is.not(one.output, other.output)
  const file = join(directory, 'a.json')
  valueOf(await writeIfChanged(file, sessionOf({ user: 'Ada' }), { secret: one.output.trim() }))
  assert.match((await run(['show', 'a', directory], { env: { SESSION_FILE_SECRET: one.output.trim() } })).output, /"user": "Ada"/)
})

test.run()
