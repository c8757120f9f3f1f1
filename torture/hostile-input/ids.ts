import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { sessionFile, sessionId, type StoreOptions } from '../../src/index.ts'
import { namesIn, rejection } from '../../test/support.ts'
import { openTestedStore } from '../tested-store.ts'
import { ensure, type Progress } from '../trial.ts'

/** Random ids: each has a file of its own in the directory, or is refused for a reason. */
export async function randomIds (directory: string, { numRuns, seed, progress }: { readonly numRuns: number, readonly seed: number, readonly progress: Progress }): Promise<number> {
  const files = new Map<string, string>()
  let count = 0
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constantFrom('..', '/', '\\', '%2e', '%', '\0', '.json', ':', '\uD800', 'CON', 'İ'))
  await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 5 }), async parts => {
    progress(++count / numRuns)
    const id = parts.join('')
    const result = sessionFile(directory, id)
    if (result.isErr()) {
      ensure(id === '' || !id.isWellFormed() || encodeURIComponent(id).length * 3 > 250, `${JSON.stringify(id)} was refused`)
      return
    }
    const file = result.value
    ensure(dirname(file) === directory && /^[\w%-]+\.json$/.test(basename(file)), `${JSON.stringify(id)} is in ${file}`)
    ensure(sessionId(basename(file)) === id, `${JSON.stringify(id)} came back as ${sessionId(basename(file))}`)
    ensure((files.get(file) ?? id) === id, `${JSON.stringify(id)} shares ${file}`)
    files.set(file, id)
  }), { numRuns, seed })
  return numRuns
}

const unusual = [
  '..', '.', '../x', '..\\x', '/etc/passwd', 'C:\\x', 'a/b', 'a\\b', 'a\0b', '\0', '\n', '\r', '\t', ' ', '  ', 'a ', 'a.', '.a', '~', '%', '%2e', '%2E', '%2F', '%00',
  'constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'CON', 'con', 'NUL', 'AUX', 'COM1', 'LPT1', 'con.json', 'a:b', 'a*b', 'a?b', 'a"b', 'a<b>', 'a|b',
  'é', 'e\u0301', 'ﬁ', 'fi', 'a\u200Db', 'ab', '\u202Eab', '\uFEFFa', 'а', 'İ', 'ı', 'ß', 'ẞ', '👩‍💻', '👩', '👩‍', '𝒂', 'Ａ', '.tmp', '.pruned', 'a.json', 'a.json.json',
  'x'.repeat(250), '中'.repeat(27), '$(id)', '`id`', '-rf', '--', '{}', '[]', '=', '&', ';'
]
const invalid = ['', '\uD800', 'a\uDC00', 'x'.repeat(251), '中'.repeat(28), '\0'.repeat(84), undefined, null, 5, {}, [], ['a'], Symbol('a'), { toString: () => 'a' }, Object('a')]

/** Ids with path separators, reserved names, look-alike characters; and values that cannot be ids. */
export async function unusualIds (root: string, options: StoreOptions): Promise<number> {
  const directory = join(root, 'sessions')
  const { store, get, set, destroy, takeFailures } = openTestedStore(directory, options)
  await Promise.all(unusual.map((id, number) => set(id, { number })))
  for (const [number, id] of unusual.entries()) ensure((await get(id))?.number === number, `${JSON.stringify(id)} is not what it was set to`)
  const ids = []
  for await (const listed of store.list()) ids.push(listed.id)
  ensure(ids.sort().join() === [...unusual].sort().join(), 'other ids are listed')
  for (const id of invalid) {
    const type = (await rejection(set(id as string, { number: 0 }))).cause?.type
    ensure(type === 'invalid-id', `${String(id)}: ${type}`)
    ensure((await rejection(destroy(id as string))).cause?.type === 'invalid-id', `${String(id)} can be destroyed`)
    ensure(await get(id as string) === null, `${String(id)} is a session`)
    ensure((await takeFailures()).join() === 'invalid-id', `${String(id)} was not reported`)
  }
  ensure((await namesIn(root)).join() === 'sessions' && (await namesIn(directory)).length === unusual.length, 'there are other files')
  await Promise.all(unusual.map(id => destroy(id)))
  ensure((await namesIn(directory)).length === 0, 'files are left')
  return unusual.length + invalid.length
}
