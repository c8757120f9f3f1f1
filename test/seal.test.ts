import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Cipher } from '../src/cipher.ts'
import { Disk } from '../src/disk.ts'
import { openedContent, readContent, sealedText } from '../src/seal.ts'
import { failureOf, suiteOnDisk, valueOf } from './support.ts'

const test = suite('sealedText and openedContent')
const secret = new Cipher('1'.repeat(32))
const text = '{"user":"ada"}'

test('leave a text as it is where there is no secret', () => {
  assert.is(sealedText('/a/abc.json', text, {}), text)
  const content = valueOf(openedContent('/a/abc.json', text, {}))
  assert.ok(content.is(text))
  assert.not(content.isOutdated)
})

test('bind a sealed text to the id, whatever the directory and the extension', () => {
  const sealed = sealedText('/a/abc.json', text, { secret })
  assert.ok(valueOf(openedContent('/b/abc.json', sealed, { secret })).is(text))
  assert.ok(valueOf(openedContent('/b/abc', sealed, { secret, extension: '' })).is(text))
  assert.equal(openedContent('/a/abd.json', sealed, { secret }), refused('/a/abd.json', 'no secret opens it, or it was altered or renamed'))
})

test('take a secret that is not prepared', () => {
  const sealed = sealedText('/a/abc.json', text, { secret: '1'.repeat(32) })
  assert.ok(valueOf(openedContent('/a/abc.json', sealed, { secret: ['2'.repeat(32), '1'.repeat(32)] })).isOutdated)
})

test('take a plain text for outdated where there is a secret, and refuse it where encryption is required', () => {
  assert.ok(valueOf(openedContent('/a/abc.json', text, { secret })).isOutdated)
  assert.equal(openedContent('/a/abc.json', text, { secret, requireEncryption: true }), err({ type: 'unsealed', file: '/a/abc.json' }))
})

test('refuse a sealed text without a secret, and with one that is none', () => {
  const sealed = sealedText('/a/abc.json', text, { secret })
  assert.equal(openedContent('/a/abc.json', sealed, {}), refused('/a/abc.json', 'there is no secret'))
  assert.equal(openedContent('/a/abc.json', sealed, { secret: 'short' }),
    refused('/a/abc.json', 'a secret is not a string or a Buffer of 32 bytes or more'))
})

test('refuse a name that no session has', () => {
  assert.throws(() => sealedText('/a/abc.txt', text, { secret }), /its name is not that of a session/)
  const sealed = sealedText('/a/abc.json', text, { secret })
  assert.equal(openedContent('/a/abc.txt', sealed, { secret }), refused('/a/abc.txt', 'no secret opens it, or it was altered or renamed'))
})

test('quote nothing of what was sealed when it is no session', () => {
  const sealed = sealedText('/a/abc.json', 'top secret', { secret })
  const failure = valueOf(openedContent('/a/abc.json', sealed, { secret })).parse()
  assert.ok(failure.isErr() && failure.error instanceof TypeError && !failure.error.message.includes('top'))
})

test.run()

const read = suiteOnDisk('readContent')

for (const io of ['auto', 'async'] as const) {
  read(`(${io}) gives what a file holds, opened`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    for (const written of [text, sealedText(file, text, { secret })]) {
      await writeFile(file, written)
      assert.ok(valueOf(await readContent(file, written.length, new Disk(io), { secret }))?.is(text))
    }
    assert.equal(await readContent(file, 1, new Disk(io), {}), refused(file, 'there is no secret'))
    assert.equal(await readContent(join(directory, 'absent.json'), 1, new Disk(io), {}), ok(null))
  })

  read(`(${io}) tells what the disk refuses from what is no text`, async ({ directory }) => {
    const file = join(directory, 'abc.json')
    await writeFile(file, Buffer.from([0xff]))
    assert.is(failureOf(await readContent(file, 1, new Disk(io), {})).type, 'malformed')
    const { type, file: told, cause } = failureOf(await readContent(directory, 1, new Disk(io), {}))
    assert.equal([type, told, cause.code], ['read-failed', directory, 'EISDIR'])
  })
}

read.run()

function refused (file: string, reason: string) {
  return err({ type: 'sealed', file, reason })
}
