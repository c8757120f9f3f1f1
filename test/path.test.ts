import { sep } from 'node:path'
import { err, ok } from 'neverthrow'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultExtension, sessionFile, sessionId } from '../src/path.ts'
import { valueOf } from './support.ts'

const names: ReadonlyArray<readonly [id: string, name: string]> = [
  ['abc', 'abc'],
  ['ABC_xyz-0123456789', 'ABC_xyz-0123456789'],
  ['_', '_'],
  ['-', '-'],
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
  ['.', '%2E'],
  ['..', '%2E%2E'],
  ['../x', '%2E%2E%2Fx'],
  ['/etc/passwd', '%2Fetc%2Fpasswd'],
  ['a/b', 'a%2Fb'],
  ['a\\b', 'a%5Cb'],
  ['a\0b', 'a%00b'],
  ['a\nb', 'a%0Ab'],
  ['a b', 'a%20b'],
  ['a:b', 'a%3Ab'],
  ['.hidden', '%2Ehidden'],
  ['a.json', 'a%2Ejson'],
  ['a.json.json', 'a%2Ejson%2Ejson'],
  ['%', '%25'],
  ['%2E', '%252E'],
  ['%2e', '%252e'],
  ["!~*'()", '%21%7E%2A%27%28%29'],
  ['é', '%C3%A9'],
  ['e\u0301', 'e%CC%81'],
  ['\u{1F600}', '%F0%9F%98%80'],
  ['\u202Egnp', '%E2%80%AEgnp'],
  ['x'.repeat(250), 'x'.repeat(250)],
  ['é'.repeat(41), '%C3%A9'.repeat(41)]
]

const invalid: ReadonlyArray<readonly [id: unknown, reason: string]> = [
  [undefined, 'it is not a string'],
  [null, 'it is not a string'],
  [7, 'it is not a string'],
  [['abc'], 'it is not a string'],
  [{ toString: () => 'abc' }, 'it is not a string'],
  ['', 'it is empty'],
  ['\uD800', 'it is not well-formed Unicode'],
  ['a\uDC00b', 'it is not well-formed Unicode'],
  ['\uDC00\uD800', 'it is not well-formed Unicode'],
  ['x'.repeat(251), 'its file name would have more than 255 bytes'],
  ['x'.repeat(300), 'its file name would have more than 255 bytes'],
  ['é'.repeat(42), 'its file name would have more than 255 bytes'],
  ['\u{1F600}'.repeat(21), 'its file name would have more than 255 bytes']
]

const extensions = ['.json', '', '.tmp', '.a.b', 'x', '_']

const file = suite('sessionFile')

file('joins the directory and the name with one separator', () => {
  for (const [directory, expected] of [['', 'abc.json'], ['/', '/abc.json'], ['a/', 'a/abc.json'], ['./a', `./a${sep}abc.json`]] as const) {
    assert.equal(sessionFile(directory, 'abc'), ok(expected))
  }
})

for (const [id, name] of names) {
  file(`names ${JSON.stringify(id).slice(0, 40)}`, () => {
    assert.equal(sessionFile('/sessions', id), ok(`/sessions${sep}${name}.json`))
  })
}

for (const [id, reason] of invalid) {
  file(`fails for ${JSON.stringify(id)?.slice(0, 40)}: ${reason}`, () => {
    assert.equal(sessionFile('/sessions', id as string), err({ type: 'invalid-id', id, reason }))
  })
}

file('uses the extension .json unless told otherwise', () => {
  assert.is(defaultExtension, '.json')
  assert.equal(sessionFile('/sessions', 'abc', {}), ok(`/sessions${sep}abc.json`))
})

for (const extension of extensions) {
  file(`uses the extension ${JSON.stringify(extension)} when told to`, () => {
    assert.equal(sessionFile('/sessions', 'abc', { extension }), ok(`/sessions${sep}abc${extension}`))
  })

  file(`gives each id a name of its own, inside the directory, with the extension ${JSON.stringify(extension)}`, () => {
    const files = names.map(([id]) => valueOf(sessionFile('/sessions', id, { extension })))
    assert.is(new Set(files).size, names.length)
    for (const name of files.map(file => file.slice('/sessions/'.length))) {
      assert.match(name, /^[\w%-][\w%.-]*$/)
    }
  })
}

file('counts the extension into the length of the name', () => {
  assert.ok(sessionFile('/sessions', 'x'.repeat(255), { extension: '' }).isOk())
  assert.ok(sessionFile('/sessions', 'x'.repeat(256), { extension: '' }).isErr())
  assert.ok(sessionFile('/sessions', 'x', { extension: 'x'.repeat(255) }).isErr())
})

file('leaves the directory as it is given, with or without a separator at its end', () => {
  assert.equal(sessionFile(`sessions${sep}`, 'abc'), ok(`sessions${sep}abc.json`))
  assert.equal(sessionFile(`..${sep}my sessions`, 'abc'), ok(`..${sep}my sessions${sep}abc.json`))
  assert.equal(sessionFile(sep, 'abc'), ok(`${sep}abc.json`))
})

file.run()

const id = suite('sessionId')

for (const extension of extensions) {
  id(`is the id of every name that sessionFile makes with the extension ${JSON.stringify(extension)}`, () => {
    for (const [id] of names) {
      const name = valueOf(sessionFile(sep, id, { extension })).slice(sep.length)
      assert.is(sessionId(name, { extension }), id)
    }
  })
}

id('expects the extension .json unless told otherwise', () => {
  assert.is(sessionId('abc.json'), 'abc')
  assert.is(sessionId('abc'), null)
})

const otherNames: ReadonlyArray<readonly [name: string, extension: string, why: string]> = [
  ['abc.txt', '.json', 'another extension'],
  ['abc.json~', '.json', 'a backup of an editor'],
  ['.json', '.json', 'no id'],
  ['', '', 'no name'],
  ['.abc.json', '.json', 'a hidden file'],
  ['.5f0c9a3b7d21-0.tmp', '', 'a temporary file'],
  ['.5f0c9a3b7d21-0.tmp', '.tmp', 'a temporary file, where .tmp is the extension'],
  ['a.b.json', '.json', 'a dot that would be encoded'],
  ['a b.json', '.json', 'a space that would be encoded'],
  ['é.json', '.json', 'a letter that would be encoded'],
  ['a%2fb.json', '.json', 'lower-case hexadecimal'],
  ['%61.json', '.json', 'a letter that would not be encoded'],
  ['%.json', '.json', 'half an escape'],
  ['%E9.json', '.json', 'a byte that is not UTF-8'],
  ['%ED%A0%80.json', '.json', 'a lone surrogate in UTF-8'],
  ['%C0%AE.json', '.json', 'an overlong encoding of a dot']
]

for (const [name, extension, why] of otherNames) {
  id(`is null for ${JSON.stringify(name)}: ${why}`, () => {
    assert.is(sessionId(name, { extension }), null)
  })
}

id.run()
