import { existsSync } from 'node:fs'
import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileStore, type StoreOptions } from '../../src/index.ts'
import { called } from '../../test/support.ts'
import { ensure } from '../trial.ts'

const old = Date.now() / 1000 - 365 * 24 * 60 * 60

/** Files with the names of sessions that are certainly not sessions, or not certainly. */
const others: Readonly<Record<string, string | Buffer>> = {
  'package.json': '{"name":"app","version":"1.0.0"}',
  'users.json': '[{"name":"ada"}]',
  'settings.json': '{"cookies":{"path":"/"},"session":{"cookie":{"originalMaxAge":1}}}',
  'array.json': '[]',
  'number.json': '5',
  'null.json': 'null',
  'text.json': '"a"',
  'empty.json': '',
  'object.json': '{}',
  'half.json': '{"cookie":{"path":"/"',
  'binary.json': Buffer.from([0, 255, 254, 0]),
  'latin1.json': Buffer.from('{"cookie":{},"a":"é"}', 'latin1'),
  'cookie-null.json': '{"cookie":null}',
  'cookie-array.json': '{"cookie":[]}',
  'cookie-text.json': '{"cookie":"a=1"}',
  'proto.json': '{"cookie":{"path":"/"},"__proto__":{"admin":true}}',
  // A session of an application that uses the names of our envelope.
  'names.json': '{"key":"a","nonce":"b","text":"c"}'
}

/** Neither pruning nor `clear` removes a file that is not certainly a session, however old it is. */
export async function otherFiles (directory: string, options: StoreOptions): Promise<number> {
  const put = async (name: string, content: string | Buffer, isOld: boolean) => {
    await writeFile(join(directory, name), content)
    if (isOld) await utimes(join(directory, name), old, old)
  }
  const store = new FileStore(directory, { ...options, pruneInterval: 0, onFailure () {} })
  for (const isOld of [true, false]) {
    for (const [name, content] of Object.entries(others)) await put(name, content, isOld)
    await put('session.json', '{"cookie":{"path":"/","originalMaxAge":60000},"user":"ada"}', isOld)
    const report = await store.prune()
    ensure(existsSync(join(directory, 'session.json')) === !isOld, `an expired session was kept: ${JSON.stringify(report)}`)
    const count = Object.keys(others).length
    const { scanned, removed, kept, unreadable, foreign } = report
    ensure(scanned === count + 1 && scanned === removed + kept + unreadable + foreign, `the counts do not add up: ${JSON.stringify(report)}`)
    if (isOld) ensure(removed === 1 && kept === 0 && unreadable > 0 && foreign > 0, `the report is ${JSON.stringify(report)}`)
    await expectUnchanged(directory)
    await called(callback => store.clear(callback))
    ensure(!existsSync(join(directory, 'session.json')), 'clear has kept a session')
    await expectUnchanged(directory)
  }
  await store.close()
  return Object.keys(others).length * 2
}

async function expectUnchanged (directory: string): Promise<void> {
  for (const [name, content] of Object.entries(others)) {
    const file = join(directory, name)
    ensure(existsSync(file), `${name} was removed`)
    ensure(Buffer.compare(await readFile(file), Buffer.from(content)) === 0, `${name} was changed`)
  }
}
