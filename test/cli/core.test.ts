import { randomBytes } from 'node:crypto'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { recodeSession } from '../../src/cli/core.ts'
import { Cipher } from '../../src/index.ts'
import { namesIn, suiteOnDisk } from '../support.ts'
import { put } from './command.ts'

const test = suiteOnDisk('recodeSession')

const cipher = new Cipher(randomBytes(32))
const encrypting = { id: 'a', cipher, to: 'encrypted', isEncrypted: false } as const

test('replaces the file that it was told of', async ({ directory }) => {
  const file = await put(directory, 'a', '{"cookie":{}}')
  assert.is(recodeSession(file, { ...encrypting, expected: await stat(file) }), true)
  assert.is(cipher.decrypt(await readFile(file, 'utf8'), 'a')?.text, '{"cookie":{}}')
  assert.is(recodeSession(file, { id: 'a', cipher, to: 'plain', isEncrypted: true, expected: await stat(file) }), true)
  assert.is(await readFile(file, 'utf8'), '{"cookie":{}}')
})

test('leaves what was changed meanwhile as it is', async ({ directory }) => {
  const file = await put(directory, 'a', '{"cookie":{}}')
  const expected = await stat(file)
  await rm(file)
  await writeFile(file, '{"cookie":{},"by":"a server"}')
  assert.is(recodeSession(file, { ...encrypting, expected }), false)
  assert.is(await readFile(file, 'utf8'), '{"cookie":{},"by":"a server"}')
  assert.equal(await namesIn(directory), ['a.json'])
})

test('does not bring back what was ended meanwhile', async ({ directory }) => {
  const file = await put(directory, 'a', '{"cookie":{}}')
  const expected = await stat(file)
  await rm(file)
  assert.is(recodeSession(file, { ...encrypting, expected }), false)
  assert.equal(await namesIn(directory), [])
})

test('leaves what nothing decrypts as it is', async ({ directory }) => {
  const other = new Cipher(randomBytes(32)).encrypt('{}', 'a')
  const file = await put(directory, 'a', other)
  assert.is(recodeSession(file, { id: 'a', cipher, to: 'plain', isEncrypted: true, expected: await stat(file) }), false)
  assert.is(await readFile(file, 'utf8'), other)
})

test.run()
