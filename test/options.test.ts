import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Cipher } from '../src/encryption/cipher.ts'
import { isStoreOption, resolveOptions, type StoreOptions } from '../src/options.ts'
import { currentTime } from '../src/session/expiry.ts'

const options = suite('resolveOptions')

const defaults = {
  extension: '.json',
  ttl: 1_209_600_000,
  touchInterval: 1_000,
  cacheSize: 16_777_216,
  fileMode: 0o600,
  directoryMode: 0o700,
  durable: false,
  io: 'auto',
  merge: true,
  acknowledge: 'disk',
  pruneInterval: 3_600_000,
  requireEncryption: false,
  clock: currentTime
}

options('gives the defaults', () => {
  assert.equal(resolveOptions({}), defaults)
})

options('gives the defaults for what is undefined', () => {
  const nothing = Object.fromEntries([...Object.keys(defaults), 'onFailure', 'log', 'owner', 'secret', 'unknown'].map(name => [name, undefined]))
  assert.equal(resolveOptions(nothing), defaults)
})

const good: Readonly<Record<string, readonly unknown[]>> = {
  extension: ['', '.json', '.session.json', 'json', '_', '-x', '.0'],
  ttl: [1, 0.5, Number.MAX_VALUE],
  touchInterval: [0, 1, 2 ** 31 - 1],
  cacheSize: [0, 1, Number.MAX_SAFE_INTEGER],
  fileMode: [0, 0o600, 0o666, 0o777],
  directoryMode: [0, 0o700, 0o777],
  durable: [true, false],
  io: ['auto', 'async'],
  merge: [true, false],
  acknowledge: ['disk', 'memory'],
  pruneInterval: [0, 1, 2 ** 31 - 1],
  requireEncryption: [false],
  onFailure: [() => {}, async () => {}],
  log: [console, { warn () {}, error () {} }],
  owner: [() => 'ada', () => undefined],
  clock: [() => 0]
}

const bad: Readonly<Record<string, readonly [expected: string, ...values: unknown[]]>> = {
  extension: ["letters, digits, '.', '_' and '-', or nothing", null, 5, true, '/', '/../x', '\\', 'a b', '.é', '.json\n', '\0', '%', ['.json']],
  ttl: ['a number of milliseconds above 0', 0, -1, NaN, Infinity, -Infinity, '1000', null, 1n],
  touchInterval: ['a whole number of milliseconds below 2 ** 31, or 0', -1, 0.5, NaN, Infinity, 2 ** 31, '1000', null],
  cacheSize: ['a whole number of bytes, or 0', -1, 0.5, NaN, Infinity, 2 ** 53, '0', null, false],
  fileMode: ['a mode between 0 and 0o777', -1, 0o1000, 0.5, NaN, '600', '0600', null],
  directoryMode: ['a mode between 0 and 0o777', -1, 0o1000, 0.5, NaN, '700', '0700', null],
  durable: ['true or false', 0, 1, 'true', null],
  io: ["'auto' or 'async'", 'sync', '', null, true],
  merge: ['true or false', 0, 1, 'true', null],
  acknowledge: ["'disk' or 'memory'", 'Disk', '', null, true],
  pruneInterval: ['a whole number of milliseconds below 2 ** 31, or 0', -1, 0.5, NaN, Infinity, 2 ** 31, '1000', null],
  requireEncryption: ['true or false', 0, 1, 'true', null],
  onFailure: ['a function', null, 'warn', {}],
  log: ['a logger with the methods warn and error, such as app.log', null, true, {}, { warn () {} }, { error () {} }, { warn: 1, error: 1 }, () => {}, Object.assign(() => {}, { warn () {}, error () {} })],
  owner: ['a function', null, 'user', {}],
  clock: ['a function', null, 0, new Date(0)]
}

options('has the options that are tried here, and no other', () => {
  const names = [...Object.keys(defaults), 'onFailure', 'log', 'owner']
  assert.equal(Object.keys(good).sort(), names.sort())
  assert.equal(Object.keys(bad).sort(), names.sort())
  const known = /it has (.*)$/.exec(unknownOption())![1]!.split(', ')
  assert.equal(known.sort(), [...names, 'secret'].sort())
})

function unknownOption (): string {
  try {
    return resolveOptions({ unknown: true } as StoreOptions).extension
  } catch (error) {
    return (error as Error).message
  }
}

const secret = 'a secret of 32 characters or more'

options('gives a cipher of a secret', () => {
  for (const given of [secret, Buffer.from(secret), [secret, 'another ' + secret], new Cipher(secret)]) {
    const { secret, ...others } = resolveOptions({ secret: given })
    assert.instance(secret, Cipher)
    assert.equal(others, defaults)
  }
})

options('requires encryption only with a secret', () => {
  assert.is(resolveOptions({ secret, requireEncryption: true }).requireEncryption, true)
  assert.throws(() => resolveOptions({ requireEncryption: true }), /^FileStore's option requireEncryption needs a secret$/)
})

for (const given of ['too short to be kept', Buffer.from('too short to be kept'), [], [secret, 'too short to be kept'], null, 5, {}]) {
  options(`throws a TypeError for an unusable secret (${JSON.stringify(given)}), and does not quote it`, () => {
    const isDiscreet = (error: unknown) => error instanceof TypeError &&
      error.message.startsWith("FileStore's option secret is not as expected: ") && !error.message.includes('kept')
    assert.throws(() => resolveOptions({ secret: given as never }), isDiscreet)
  })
}

for (const [name, values] of Object.entries(good)) {
  for (const value of values) {
    options(`accepts ${name} ${typeof value === 'object' ? 'object' : String(value)}`, () => {
      assert.equal(resolveOptions({ [name]: value }), { ...defaults, [name]: value })
    })
  }
}

for (const [name, [expected, ...values]] of Object.entries(bad)) {
  for (const value of values) {
    options(`throws a TypeError for ${name} ${JSON.stringify(String(value))} (${typeof value}) that says what is expected`, () => {
      const isExpected = (error: unknown) => error instanceof TypeError &&
        error.message.startsWith(`FileStore's option ${name} is `) && error.message.endsWith(`; expected ${expected}`)
      assert.throws(() => resolveOptions({ [name]: value }), isExpected)
    })
  }
}

options('quotes what it was given', () => {
  assert.throws(() => resolveOptions({ ttl: '14 days' as never }), /^FileStore's option ttl is '14 days'; expected a number of milliseconds above 0$/)
})

for (const name of ['Extension', 'maxAge', 'path', 'constructor', 'toString', '__proto__', '0']) {
  options(`throws a TypeError for the option ${name} that names those that there are`, () => {
    const given = JSON.parse(`{"${name}":1}`)
    assert.throws(() => resolveOptions(given), new RegExp(`^FileStore has no option '${name}'; it has extension, ttl, touchInterval, cacheSize, `))
  })
}

options('does not change what it is given', () => {
  const given: StoreOptions = Object.freeze({ extension: '', ttl: 1 })
  assert.is.not(resolveOptions(given), given)
  assert.equal(given, { extension: '', ttl: 1 })
})

options.run()

const known = suite('isStoreOption')

known('is true for the options of FileStore only', () => {
  for (const name of [...Object.keys(defaults), 'onFailure', 'log', 'owner', 'secret']) assert.is(isStoreOption(name), true, name)
  for (const name of ['cookieName', 'store', 'constructor', 'toString', '__proto__', '']) assert.is(isStoreOption(name), false, name)
})

known.run()
