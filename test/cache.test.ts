import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultCacheSize, isCurrent, SessionCache } from '../src/cache.ts'
import { expectedVersion, type FileVersion } from '../src/fs/version.ts'
import { SessionText } from '../src/session/session-text.ts'

const cache = suite('SessionCache')

const version: FileVersion = { mtimeMs: 1_000.25, ctimeMs: 2_000.5, birthtimeMs: 500, ino: 7, size: 14, atimeMs: 3_000 }
const text = new SessionText('{"user":"ada"}')

const changes: ReadonlyArray<readonly [key: keyof FileVersion, isSeen: boolean]> = [
  ['mtimeMs', true], ['ctimeMs', true], ['ino', true], ['size', true], ['atimeMs', false]
]

cache('gives the text of a file that has the version under which it was read', () => {
  const cache = new SessionCache()
  assert.is(cache.lookup('file', version), null)
  cache.remember('file', text, version)
  for (let time = 0; time < 2; time++) assert.is(cache.lookup('file', { ...version }), text)
  assert.is(cache.lookup('other', version), null)
})

for (const [key, isSeen] of changes) {
  cache(`${isSeen ? 'gives no text of' : 'still gives the text of'} a file whose ${key} changed`, () => {
    const cache = new SessionCache()
    cache.remember('file', text, version)
    assert.is(cache.lookup('file', { ...version, [key]: version[key] + 1 }), isSeen ? null : text)
    assert.is(cache.lookup('file', version), text)
  })
}

cache('gives the text that this process left in a file, and then requires the version that the file was found with', () => {
  const cache = new SessionCache()
  const expected = expectedVersion(version.mtimeMs, version)
  cache.remember('file', text, expected)
  assert.is(cache.lookup('file', { ...version, ctimeMs: expected.latestCtimeMs + 1 }), null)
  assert.is(cache.lookup('file', version), text)
  // Still within the bounds of what was expected, but not what was found.
  assert.is(cache.lookup('file', { ...version, ctimeMs: version.ctimeMs + 1 }), null)
})

cache('gives the record of a file as it was last seen, whatever its version is', () => {
  const cache = new SessionCache()
  assert.is(cache.peek('file'), undefined)
  cache.remember('file', text, version)
  assert.equal(cache.peek('file'), { text, validator: version })
})

cache('forgets a file', () => {
  const cache = new SessionCache()
  cache.remember('file', text, version)
  for (const file of ['file', 'never seen']) cache.delete(file)
  assert.equal([cache.lookup('file', version), cache.peek('file')], [null, undefined])
})

cache('replaces the text of a file', () => {
  const cache = new SessionCache()
  const other = new SessionText('{"user":"bob"}')
  cache.remember('file', text, version)
  cache.remember('file', other, version)
  assert.is(cache.lookup('file', version), other)
})

cache('remembers nothing with a size of 0', () => {
  const cache = new SessionCache(0)
  cache.remember('file', text, version)
  assert.equal([cache.lookup('file', version), cache.peek('file')], [null, undefined])
  cache.delete('file')
})

cache('has a size of 16 MiB unless told otherwise', () => {
  assert.is(defaultCacheSize, 16 * 1024 * 1024)
  const cache = new SessionCache()
  const large = new SessionText('x'.repeat(8 * 1024 * 1024 - 300))
  cache.remember('file', large, version)
  assert.is(cache.lookup('file', version), large)
  cache.remember('file', new SessionText('x'.repeat(8 * 1024 * 1024)), version)
  assert.is(cache.lookup('file', version), null)
})

cache('counts two bytes for each character of a text, one for each of the name of its file, and 400 more', () => {
  const [file, size] = ['n'.repeat(200), 2 * 14 + 200 + 400]
  for (const [given, isKept] of [[size, true], [size - 1, false]] as const) {
    const cache = new SessionCache(given)
    cache.remember(file, text, version)
    assert.is(cache.lookup(file, version), isKept ? text : null)
  }
})

cache('keeps what was used last, within its size', () => {
  const cache = new SessionCache(60_000)
  const files = Array.from({ length: 100 }, (_, index) => `file ${index}`)
  const large = new SessionText('x'.repeat(1_000))
  const known = () => files.filter(file => cache.peek(file) !== undefined)
  for (const file of files.slice(0, 20)) cache.remember(file, large, version)
  for (const file of files.slice(20)) {
    cache.lookup('file 0', version)
    cache.remember(file, large, version)
  }
  assert.equal(known().slice(0, 1), ['file 0'])
  assert.equal(known().slice(1), files.slice(1 - known().length))
  assert.ok(known().length > 20 && known().length < 26)
})

cache('does not keep a text that is larger than itself, nor the one that it replaced', () => {
  const cache = new SessionCache(2_000)
  cache.remember('file', text, version)
  cache.remember('file', new SessionText('x'.repeat(2_000)), version)
  assert.is(cache.peek('file'), undefined)
})

cache.run()

const current = suite('isCurrent')

current('compares with a version that was found, or with one that is expected', () => {
  const expected = expectedVersion(version.mtimeMs, version)
  for (const validator of [version, expected]) {
    assert.is(isCurrent({ text, validator }, version), true)
    assert.is(isCurrent({ text, validator }, { ...version, mtimeMs: version.mtimeMs + 1 }), false)
  }
  assert.is(isCurrent({ text, validator: version }, { ...version, size: 15 }), false)
})

current.run()
