import { mkdir, stat, writeFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import type { StoreOptions } from '../../src/index.ts'
import { openTestedStore } from '../tested-store.ts'
import { ensure } from '../trial.ts'

const large = 'x'.repeat(5_000_000)

const contents: ReadonlyArray<readonly [content: string | Buffer, isSession: boolean]> = [
  ['', false], [' ', false], ['\0', false], ['\0'.repeat(4096), false], ['5', false], ['null', false], ['true', false], ['"a"', false], ['[]', false], ['[{}]', false],
  ['{', false], ['{}{}', false], ["{'a':1}", false], ['{"a":1,}', false], ['{"a":NaN}', false], ['{"a":1}\0', false],
  [Buffer.from([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]), false], [Buffer.from('{"a":"é"}', 'latin1'), false], [Buffer.from('{"a":1}', 'utf16le'), false],
  [Buffer.from([0x7B, 0x22, 0x61, 0x22, 0x3A, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x7D]), false],
  ['{"__proto__":{"admin":true}}', false], ['{"a":{"__proto__":{"admin":true}}}', false], ['{"\\u005f\\u005fproto__":{"admin":true}}', false],
  ['{"constructor":{"prototype":{"admin":true}}}', false], ['{"a":[{"constructor":{"prototype":{"admin":true}}}]}', false],
  ['['.repeat(100_000), false], ['{"a":'.repeat(100_000), false], ['['.repeat(100_000) + ']'.repeat(100_000), false], [large, false], [`"${large}"`, false],
  ['{}', true], [' {} ', true], ['\uFEFF{"a":1}', true], ['{"a":1e999}', true], ['{"a":-0}', true], [`{"a":${'9'.repeat(10_000)}}`, true], ['{"a":"\\uD800"}', true],
  [`{"a":"${large}"}`, true], ['{"constructor":1}', true], ['{"prototype":1,"toString":1,"hasOwnProperty":1}', true], ['{"a":1,"a":2}', true],
  ['{"toJSON":1,"then":1}', true], [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, false],
  ['{"cookie":null}', true], ['{"cookie":5}', true], ['{"cookie":[]}', true], ['{"cookie":{"originalMaxAge":"x","expires":"never"}}', true],
  ['{"cookie":{"originalMaxAge":1e300}}', true], ['{"cookie":{"originalMaxAge":{}}}', true], ['{"cookie":{"originalMaxAge":1e999,"expires":{}}}', true],
  [`{${Array.from({ length: 50_000 }, (_, number) => `"k${number}":${number}`).join()}}`, true]
]

/** Files with the name of a session that hold something else, or a session with unusual values. */
export async function otherContents (directory: string, options: StoreOptions): Promise<number> {
  const { store, get, set, takeFailures } = openTestedStore(directory, options)
  const file = store.sessionFile('a')
  for (const [content, isSession] of contents) {
    const beginning = JSON.stringify(content.toString('latin1').slice(0, 60))
    await writeFile(file, content).catch(() => mkdir(directory, { recursive: true }))
    const session = await get('a')
    const failures = await takeFailures()
    ensure((session !== null) === isSession, `${beginning} gave ${inspect(session, { depth: 0 }).slice(0, 60)}`)
    ensure(failures.length === (isSession ? 0 : 1), `${beginning}: ${failures.length} failures were reported`)
    ensure((await stat(file)).size === Buffer.byteLength(content), `${beginning} was changed by reading it`)
    for await (const { id } of store.list()) ensure(id === 'a' && isSession, `${beginning} is listed`)
    await store.prune()
    ensure((await stat(file)).size === Buffer.byteLength(content), `${beginning} was pruned`)
    // Set again as the plugin does, and then replaced by another session.
    if (session !== null) await set('a', { ...session, one: 1, [Symbol('options')]: { ...session.cookie } }).catch(() => {})
    await set('a', { number: 1 })
    ensure((await get('a'))?.number === 1, `${beginning} could not be replaced`)
    await takeFailures()
  }
  ensure(({} as { admin?: unknown }).admin === undefined, 'Object.prototype was changed')
  return contents.length
}
