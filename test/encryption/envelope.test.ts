import { err, ok } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Cipher } from '../../src/encryption/cipher.ts'
import { cipherOf, decodeText, encodeText, type EncryptionOptions } from '../../src/encryption/envelope.ts'
import { failureOf, valueOf } from '../support.ts'

const secret = new Cipher('1'.repeat(32))
const text = '{"user":"ada"}'
const file = '/a/abc.json'

const encoding = suite('encodeText and decodeText')

const encoded = (options: EncryptionOptions) => valueOf(encodeText(file, text, options))

function refused (file: string, reason: string) {
  return err({ type: 'decrypt-failed', file, reason })
}

encoding('leave a text as it is without a secret', () => {
  assert.equal(encodeText(file, text, {}), ok(text))
  const decoded = valueOf(decodeText(file, text, {}))
  assert.equal([decoded.text, decoded.isEncrypted, decoded.mustRewrite], [text, false, false])
})

// After a restart it would be taken for one that cannot be decrypted.
encoding('refuse to write a plain session that looks like an encrypted one', () => {
  const lookalike = JSON.stringify({ encrypted: 'fastify-file-session-store/1', user: 'ada' })
  assert.match(failureOf(encodeText(file, lookalike, {})).message, 'marks an encrypted session')
  assert.is(valueOf(decodeText(file, valueOf(encodeText(file, lookalike, { secret })), { secret })).text, lookalike)
})

encoding('decrypt what they encrypted', () => {
  const decoded = valueOf(decodeText(file, encoded({ secret }), { secret, requireEncryption: true }))
  assert.equal([decoded.text, decoded.isEncrypted, decoded.mustRewrite], [text, true, false])
})

encoding('bind the text to the id, whatever the directory and the extension', () => {
  const raw = encoded({ secret })
  assert.is(valueOf(decodeText('/b/abc.json', raw, { secret })).text, text)
  assert.is(valueOf(decodeText('/b/abc', raw, { secret, extension: '' })).text, text)
  assert.equal(decodeText('/a/abd.json', raw, { secret }), refused('/a/abd.json', 'none of the secrets decrypts it, or it was altered or renamed'))
})

encoding('take secrets that are not prepared as a cipher', () => {
  const raw = encoded({ secret: '1'.repeat(32) })
  const decoded = valueOf(decodeText(file, raw, { secret: ['2'.repeat(32), '1'.repeat(32)] }))
  assert.equal([decoded.text, decoded.isEncrypted, decoded.mustRewrite], [text, true, true])
})

encoding('take a plain text for outdated with a secret, and refuse it where encryption is required', () => {
  const decoded = valueOf(decodeText(file, text, { secret }))
  assert.equal([decoded.text, decoded.isEncrypted, decoded.mustRewrite], [text, false, true])
  assert.equal(decodeText(file, text, { secret, requireEncryption: true }), err({ type: 'not-encrypted', file }))
  assert.equal(decodeText(file, 'not a session', { requireEncryption: true }), err({ type: 'not-encrypted', file }))
})

encoding('refuse an encrypted text without a secret, and with an unusable one', () => {
  const raw = encoded({ secret })
  assert.equal(decodeText(file, raw, {}), refused(file, 'no secret is given'))
  assert.equal(decodeText(file, raw, { secret: 'short' }), refused(file, 'a secret is not a string or a Buffer of 32 bytes or more'))
  assert.equal(decodeText(file, raw, { secret: [] }), refused(file, 'there is no secret; expected one or more'))
})

encoding('encrypt nothing with an unusable secret', () => {
  const failure = failureOf(encodeText(file, text, { secret: 'short' }))
  assert.instance(failure, TypeError)
  assert.match(failure.message, /^a secret is not a string or a Buffer of 32 bytes or more$/)
})

encoding('refuse a file that does not have the name of a session', () => {
  const failure = failureOf(encodeText('/a/abc.txt', text, { secret }))
  assert.instance(failure, TypeError)
  assert.match(failure.message, /^its name is not that of a session/)
  assert.equal(decodeText('/a/abc.txt', encoded({ secret }), { secret }),
    refused('/a/abc.txt', 'none of the secrets decrypts it, or it was altered or renamed'))
})

encoding('take a session of an application with the keys key, nonce and text for a plain one', () => {
  const session = '{"key":"k","nonce":"n","text":"t","ciphertext":"c","encrypted":1}'
  assert.is(valueOf(decodeText(file, session, {})).isEncrypted, false)
})

encoding('quote nothing of a decrypted text that is not a session', () => {
  const raw = valueOf(encodeText(file, 'top secret', { secret }))
  const failure = failureOf(valueOf(decodeText(file, raw, { secret })).parse())
  assert.not.match(failure.message, /top/)
})

encoding.run()

const ciphers = suite('cipherOf')

ciphers('is the cipher itself, or a new one for a secret', () => {
  assert.is(cipherOf(secret), secret)
  assert.instance(cipherOf('1'.repeat(32)), Cipher)
  assert.throws(() => cipherOf('short'), /32 bytes or more/)
})

ciphers.run()
