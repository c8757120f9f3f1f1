import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Cipher, isEncrypted } from '../../src/encryption/cipher.ts'

const test = suite('Cipher')
const secret = 'a secret of thirty-two bytes, or more'
const other = Buffer.alloc(32, 7)
const format = 'fastify-file-session-store/1'

const encode = (text: string) => new TextEncoder().encode(text)

/** The key that docs/encryption.md describes, by another implementation: WebCrypto. */
async function derive (secret: string, info: string, bytes: number): Promise<ArrayBuffer> {
  const material = await crypto.subtle.importKey('raw', encode(secret), 'HKDF', false, ['deriveBits'])
  return await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encode(info) }, material, bytes * 8)
}

const fingerprintOf = async (secret: string) => Buffer.from(await derive(secret, 'fastify-file-session-store/1/fingerprint', 6)).toString('hex')

async function keyOf (secret: string) {
  return await crypto.subtle.importKey('raw', await derive(secret, 'fastify-file-session-store/1/key', 32), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

test('decrypts what it encrypted, for the same id', () => {
  const cipher = new Cipher(secret)
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, id) => {
    const whole = Buffer.from(text).toString()
    assert.equal(cipher.decrypt(cipher.encrypt(whole, id), id), { text: whole, isCurrent: true })
  }))
})

test('encrypts as documented: WebCrypto decrypts it', async () => {
  const envelope = JSON.parse(new Cipher(secret).encrypt('{"user":"ada"}', 'abc'))
  assert.equal(Object.keys(envelope), ['encrypted', 'key', 'nonce', 'ciphertext'])
  assert.equal([envelope.encrypted, envelope.key], [format, await fingerprintOf(secret)])
  const decrypted = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: Buffer.from(envelope.nonce, 'base64url'), additionalData: encode('abc') },
    await keyOf(secret), Buffer.from(envelope.ciphertext, 'base64url'))
  assert.is(Buffer.from(decrypted).toString(), '{"user":"ada"}')
})

test('decrypts what WebCrypto encrypted with a known key, nonce and id', async () => {
  const nonce = Buffer.from('000102030405060708090a0b', 'hex')
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: encode('abc') }, await keyOf(secret), encode('{"user":"ada"}'))
  const envelope = JSON.stringify({
    encrypted: format,
    key: await fingerprintOf(secret),
    nonce: nonce.toString('base64url'),
    ciphertext: Buffer.from(ciphertext).toString('base64url')
  })
  // The vector itself, so that a change of both sides is noticed too.
  assert.is(envelope, '{"encrypted":"fastify-file-session-store/1","key":"5634018eaf37","nonce":"AAECAwQFBgcICQoL","ciphertext":"VHBpCROlSQzKPQCH1L2nY8QUFRt_FPRo1sFhSj3M"}')
  assert.equal(new Cipher(secret).decrypt(envelope, 'abc'), { text: '{"user":"ada"}', isCurrent: true })
})

test('uses a new nonce each time', () => {
  const cipher = new Cipher(secret)
  const nonces = Array.from({ length: 1_000 }, () => JSON.parse(cipher.encrypt('', '')).nonce)
  assert.is(new Set(nonces).size, 1_000)
})

test('refuses an envelope of another id', () => {
  const cipher = new Cipher(secret)
  assert.is(cipher.decrypt(cipher.encrypt('{}', 'abc'), 'abd'), null)
})

test('refuses an envelope of another secret', () => {
  assert.is(new Cipher(other).decrypt(new Cipher(secret).encrypt('{}', 'abc'), 'abc'), null)
})

test('refuses an envelope in which any bit was flipped', () => {
  const cipher = new Cipher(secret)
  const whole = Buffer.from(cipher.encrypt('{"user":"ada"}', 'abc'))
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const flipped = Buffer.from(whole)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    assert.is(cipher.decrypt(flipped.toString(), 'abc'), null, flipped.toString())
  }
})

test('refuses parts that are missing, too short, or of another kind', () => {
  const cipher = new Cipher(secret)
  const whole = JSON.parse(cipher.encrypt('{}', 'abc'))
  const parts = [
    { encrypted: 1 }, { encrypted: 'fastify-file-session-store/2' }, { key: 7 }, { key: 'fee03320d59c' }, { nonce: 7 }, { nonce: 'AAAA' },
    { ciphertext: null }, { ciphertext: '' }, { ciphertext: 'AAAA' }, { ciphertext: `${whole.ciphertext}=` }, { nonce: `${whole.nonce}AAAA` },
    { ciphertext: whole.ciphertext.replace(/.$/, '+') }
  ]
  for (const part of parts) assert.is(cipher.decrypt(JSON.stringify({ ...whole, ...part }), 'abc'), null, JSON.stringify(part))
  for (const name of Object.keys(whole)) {
    assert.is(cipher.decrypt(JSON.stringify({ ...whole, [name]: undefined }), 'abc'), null, name)
  }
  for (const text of ['', 'null', '[]', '5', '{']) assert.is(cipher.decrypt(text, 'abc'), null, text)
})

test('decrypts an envelope that was formatted, or whose parts have another order', () => {
  const cipher = new Cipher(secret)
  const whole = JSON.parse(cipher.encrypt('{}', 'abc'))
  const reversed = Object.fromEntries(Object.entries(whole).reverse())
  for (const text of [JSON.stringify(whole, null, 2), JSON.stringify(reversed)]) {
    assert.equal([cipher.decrypt(text, 'abc'), isEncrypted(text)], [{ text: '{}', isCurrent: true }, true])
  }
})

test('encrypts with the first secret and decrypts with all', () => {
  const old = new Cipher(secret).encrypt('{}', 'abc')
  const rotated = new Cipher([other, secret])
  assert.equal(rotated.decrypt(old, 'abc'), { text: '{}', isCurrent: false })
  assert.equal(rotated.decrypt(rotated.encrypt('{}', 'abc'), 'abc'), { text: '{}', isCurrent: true })
  assert.equal(new Cipher(other).decrypt(rotated.encrypt('{}', 'abc'), 'abc'), { text: '{}', isCurrent: true })
})

test('takes the first of two equal secrets for the current one', () => {
  const cipher = new Cipher([secret, Buffer.from(secret), other])
  assert.equal(cipher.decrypt(cipher.encrypt('{}', 'abc'), 'abc'), { text: '{}', isCurrent: true })
})

test('throws a TypeError for a secret that is short, missing or of another kind, and does not quote it', () => {
  for (const bad of ['s3cret', '', Buffer.alloc(31), [], [secret, 's3cret'], 42, null, new Uint8Array(32)]) {
    assert.throws(() => new Cipher(bad as string), (error: unknown) =>
      error instanceof TypeError && /expected one or more|32 bytes or more/.test(error.message) && !error.message.includes('s3cret'))
  }
})

test('counts the bytes of a secret, not its characters', () => {
  const cipher = new Cipher('é'.repeat(16))
  assert.equal(cipher.decrypt(cipher.encrypt('{}', 'abc'), 'abc')?.text, '{}')
})

test('gives names a pseudonym for each secret, that of the first one first', () => {
  const [one, two, both] = [new Cipher(secret), new Cipher(other), new Cipher([secret, other])]
  assert.equal(both.pseudonyms('ada'), [...one.pseudonyms('ada'), ...two.pseudonyms('ada')])
  assert.equal(one.pseudonyms('ada'), one.pseudonyms('ada'))
  assert.is(new Set([...both.pseudonyms('ada'), ...both.pseudonyms('bob')]).size, 4)
  for (const pseudonym of both.pseudonyms('ada')) assert.match(pseudonym, /^[\w-]{43}$/)
  // An index that was made by an earlier version is found.
  assert.equal(new Cipher('k'.repeat(32)).pseudonyms('ada'), ['gSVHb5VAserIa7AxVDI_HopdUAmNBe0yUDI9buLITo8'])
})

test.run()

const encrypted = suite('isEncrypted')

encrypted('is true for envelopes of any version, whoever can decrypt them', () => {
  assert.is(isEncrypted(new Cipher(other).encrypt('{}', 'abc')), true)
  for (const text of ['{"encrypted":"fastify-file-session-store/1"}', '{"encrypted":"fastify-file-session-store/2","other":1}']) {
    assert.is(isEncrypted(text), true, text)
  }
})

encrypted('is false for sessions of an application, whatever their keys and values are', () => {
  const texts = [
    '{}', '', 'null', '[]', '"fastify-file-session-store/1"', '{"cookie":{},"user":"ada"}', '{"key":"k","nonce":"n","text":"t"}',
    '{"key":"k","nonce":"n","ciphertext":"t","cookie":{}}', '{"encrypted":true,"key":"k","nonce":"n","ciphertext":"t"}',
    '{"user":"fastify-file-session-store/1"}', '{"inner":{"encrypted":"fastify-file-session-store/1"}}', '["fastify-file-session-store/1"]',
    '{"encrypted":["fastify-file-session-store/1"]}', '{"encrypted":"my fastify-file-session-store/1"}', '{"encrypted":"other","format":"fastify-file-session-store/1"}', '{"encrypted":"fastify-file-session-store/1"'
  ]
  for (const text of texts) assert.is(isEncrypted(text), false, text)
})

encrypted.run()
