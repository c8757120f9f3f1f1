import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Cipher, isSealed } from '../src/cipher.ts'

const test = suite('Cipher')
const secret = 'a secret of thirty-two bytes, or more'
const other = Buffer.alloc(32, 7)

const encode = (text: string) => new TextEncoder().encode(text)

/** The key that the README describes, by another implementation. */
async function derive (secret: string, info: string, bytes: number): Promise<ArrayBuffer> {
  const material = await crypto.subtle.importKey('raw', encode(secret), 'HKDF', false, ['deriveBits'])
  return await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encode(info) }, material, bytes * 8)
}

test('gives back what it sealed, for the same id', () => {
  const cipher = new Cipher(secret)
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, id) => {
    const whole = Buffer.from(text).toString()
    assert.equal(cipher.open(cipher.seal(whole, id), id), { text: whole, isCurrent: true })
  }))
})

test('seals as the README says: WebCrypto opens it', async () => {
  const sealed = JSON.parse(new Cipher(secret).seal('{"user":"ada"}', 'abc'))
  assert.equal(Object.keys(sealed), ['sealed', 'key', 'nonce', 'text'])
  assert.is(sealed.sealed, 1)
  assert.is(sealed.key, Buffer.from(await derive(secret, 'fastify-file-session-store/1/fingerprint', 6)).toString('hex'))
  const key = await crypto.subtle.importKey('raw', await derive(secret, 'fastify-file-session-store/1/key', 32), 'AES-GCM', false, ['decrypt'])
  const opened = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: Buffer.from(sealed.nonce, 'base64url'), additionalData: encode('abc') },
    key, Buffer.from(sealed.text, 'base64url'))
  assert.is(Buffer.from(opened).toString(), '{"user":"ada"}')
})

test('opens what WebCrypto sealed with a known key, nonce and id', async () => {
  const nonce = Buffer.from('000102030405060708090a0b', 'hex')
  const key = await crypto.subtle.importKey('raw', await derive(secret, 'fastify-file-session-store/1/key', 32), 'AES-GCM', false, ['encrypt'])
  const text = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: encode('abc') }, key, encode('{"user":"ada"}'))
  const sealed = JSON.stringify({
    sealed: 1,
    key: Buffer.from(await derive(secret, 'fastify-file-session-store/1/fingerprint', 6)).toString('hex'),
    nonce: nonce.toString('base64url'),
    text: Buffer.from(text).toString('base64url')
  })
  // The vector itself, so that a change of both sides is seen too.
  assert.is(sealed, '{"sealed":1,"key":"5634018eaf37","nonce":"AAECAwQFBgcICQoL","text":"VHBpCROlSQzKPQCH1L2nY8QUFRt_FPRo1sFhSj3M"}')
  assert.equal(new Cipher(secret).open(sealed, 'abc'), { text: '{"user":"ada"}', isCurrent: true })
})

test('uses a new nonce each time', () => {
  const cipher = new Cipher(secret)
  const nonces = Array.from({ length: 1_000 }, () => JSON.parse(cipher.seal('', '')).nonce)
  assert.is(new Set(nonces).size, 1_000)
})

test('refuses what was sealed for another id', () => {
  const cipher = new Cipher(secret)
  assert.is(cipher.open(cipher.seal('{}', 'abc'), 'abd'), null)
})

test('refuses what another secret sealed', () => {
  assert.is(new Cipher(other).open(new Cipher(secret).seal('{}', 'abc'), 'abc'), null)
})

test('refuses each flipped bit, or does not take it for sealed JSON', () => {
  const cipher = new Cipher(secret)
  const whole = Buffer.from(cipher.seal('{"user":"ada"}', 'abc'))
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const flipped = Buffer.from(whole)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const text = flipped.toString()
    if (isSealed(text)) assert.is(cipher.open(text, 'abc'), null, text)
    else assert.throws(() => JSON.parse(text), /JSON/, text)
  }
})

test('refuses parts that are missing, too short or of another kind', () => {
  const cipher = new Cipher(secret)
  const whole = JSON.parse(cipher.seal('{}', 'abc'))
  const parts = [
    { sealed: 2 }, { sealed: '1' }, { key: 7 }, { key: 'fee03320d59c' }, { nonce: 7 }, { nonce: 'AAAA' }, { text: null },
    { text: '' }, { text: 'AAAA' }, { text: `${whole.text}=` }, { nonce: `${whole.nonce}AAAA` }
  ]
  for (const part of parts) assert.is(cipher.open(JSON.stringify({ ...whole, ...part }), 'abc'), null, JSON.stringify(part))
})

test('seals under the first secret and opens under all', () => {
  const old = new Cipher(secret).seal('{}', 'abc')
  const rotated = new Cipher([other, secret])
  assert.equal(rotated.open(old, 'abc'), { text: '{}', isCurrent: false })
  assert.equal(rotated.open(rotated.seal('{}', 'abc'), 'abc'), { text: '{}', isCurrent: true })
  assert.equal(new Cipher(other).open(rotated.seal('{}', 'abc'), 'abc'), { text: '{}', isCurrent: true })
})

test('takes the first of two equal secrets for the current one', () => {
  const cipher = new Cipher([secret, Buffer.from(secret), other])
  assert.equal(cipher.open(cipher.seal('{}', 'abc'), 'abc'), { text: '{}', isCurrent: true })
})

test('refuses a secret that is short, missing or of another kind, without saying it', () => {
  for (const bad of ['s3cret', '', Buffer.alloc(31), [], [secret, 's3cret'], 42, null, new Uint8Array(32)]) {
    assert.throws(() => new Cipher(bad as string), (error: unknown) =>
      error instanceof TypeError && /expected one or more|32 bytes or more/.test(error.message) && !error.message.includes('s3cret'))
  }
  new Cipher('é'.repeat(16)).seal('', '')
})

test.run()

const sealed = suite('isSealed')

sealed('is false for sessions, even those that have some of its keys', () => {
  const texts = [
    '{}', '', 'null', '[]', '"sealed"', '{"cookie":{},"user":"ada"}', '{"key":"k","nonce":"n"}', '["key":"nonce":]',
    '{"sealed":1,"key":"k","nonce":"n","text":"t","cookie":{}}', '{"key":"k","nonce":"n","text":"t"}', '[{"key":1}]', '{"key":1,"nonce":2,"c":3,"d":4}'
  ]
  for (const text of texts) assert.not(isSealed(text), text)
})

sealed('is true when one key is damaged', () => {
  assert.ok(isSealed('{"sealed":1,"key":"k","nonce":"n","text":"t"}'))
  assert.ok(isSealed('{"seaLed":1,"key":"k","nonce":"n","text":"t"}'))
  assert.ok(isSealed('{"sealed":1,"kex":"k","nonce":"n","text":"t"}'))
  assert.ok(isSealed('{"sealed":1,"key":"k","nonse":"n","text":"t"}'))
})

sealed.run()
