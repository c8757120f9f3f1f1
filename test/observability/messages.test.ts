import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SessionError } from '../src/errors.ts'
import { errorOf } from '../src/report.ts'
import { runModule } from './support.ts'

const file = '/sessions/abc.json'
const cause = Object.assign(new Error("ENOENT: no such file or directory, open '/sessions/abc.json'"), { code: 'ENOENT' })

const failures: ReadonlyArray<readonly [failure: SessionError, message: string]> = [
  [{ type: 'invalid-id', id: '', reason: 'it is empty' }, "The session id '' cannot name a file: it is empty"],
  [{ type: 'invalid-id', id: undefined, reason: 'it is not a string' }, 'The session id undefined cannot name a file: it is not a string'],
  [{ type: 'read-failed', file, cause }, `The session file ${file} cannot be read: ${cause.message}`],
  [{ type: 'malformed', file, cause: new SyntaxError('"secret" is not valid JSON') }, `The file ${file} does not hold a session: it is not a JSON object, or not a harmless one`],
  [{ type: 'sealed', file, reason: 'there is no secret' }, `The session file ${file} is sealed and cannot be opened: there is no secret`],
  [{ type: 'unsealed', file }, `The session file ${file} is not sealed, and requireEncryption is set`],
  [{ type: 'not-serializable', file, cause }, `The session for ${file} cannot be written as JSON: ${cause.message}`],
  [{ type: 'write-failed', file, cause }, `The session file ${file} cannot be written: ${cause.message}`],
  [{ type: 'remove-failed', file, cause }, `The session file ${file} cannot be removed: ${cause.message}`],
  [{ type: 'walk-failed', directory: '/sessions', cause }, `The session directory /sessions cannot be walked through: ${cause.message}`],
  [{ type: 'write-failed', file, cause: 'a text was thrown' }, `The session file ${file} cannot be written: 'a text was thrown'`],
  [{ type: 'write-failed', file, cause: undefined }, `The session file ${file} cannot be written: undefined`]
]

const error = suite('errorOf')

for (const [failure, message] of failures) {
  error(`says: ${message.slice(0, 60)}`, () => {
    const made = errorOf(failure)
    assert.is(made.constructor, Error)
    assert.is(made.message, message)
    assert.is(made.cause, failure)
    // @fastify/session reads a code of ENOENT as "no session".
    assert.is('code' in made, false)
  })
}

error('quotes no more than the beginning of an id', () => {
  const { message } = errorOf({ type: 'invalid-id', id: 'x'.repeat(10_000), reason: 'its file name would have more than 255 bytes' })
  assert.ok(message.length < 200)
})

error.run()

const warnings = suite('warner')

/** What a module writes that warns of `failures` with `warner`. */
async function warned (source: string): Promise<string> {
  const { output } = await runModule(`
    import { warner } from '../src/report.ts'
    process.removeAllListeners('warning')
    process.on('warning', ({ name, code, message }) => console.log(name + ' ' + code + ' ' + message))
    ${source}
  `)
  return output
}

warnings('warns once for each kind of failure and file', async () => {
  const output = await warned(`
    const warn = warner()
    for (const type of ['malformed', 'read-failed', 'malformed', 'malformed']) {
      for (const file of ['/sessions/a', '/sessions/b']) warn({ type, file, cause: new Error('refused') })
    }
    warn({ type: 'read-failed', file: '/sessions/a', cause: new Error('refused again') })
    for (const id of ['', 'x', '']) warn({ type: 'invalid-id', id, reason: 'it is odd' })
    for (const directory of ['/sessions', '/sessions']) warn({ type: 'walk-failed', directory, cause: new Error('refused') })
  `)
  const malformed = 'does not hold a session: it is not a JSON object, or not a harmless one'
  assert.equal(output.trimEnd().split('\n'), [
    `FileStoreWarning malformed The file /sessions/a ${malformed}`,
    `FileStoreWarning malformed The file /sessions/b ${malformed}`,
    'FileStoreWarning read-failed The session file /sessions/a cannot be read: refused',
    'FileStoreWarning read-failed The session file /sessions/b cannot be read: refused',
    "FileStoreWarning invalid-id The session id '' cannot name a file: it is odd",
    "FileStoreWarning invalid-id The session id 'x' cannot name a file: it is odd",
    'FileStoreWarning walk-failed The session directory /sessions cannot be walked through: refused'
  ])
})

warnings('remembers a thousand, and what each store has told is its own', async () => {
  const output = await warned(`
    const one = warner()
    for (let index = 0; index < 1_001; index++) one({ type: 'malformed', file: String(index), cause: null })
    one({ type: 'malformed', file: '1', cause: null })
    one({ type: 'malformed', file: '0', cause: null })
    warner()({ type: 'malformed', file: '1', cause: null })
  `)
  const files = output.trimEnd().split('\n').map(line => /The file (\d+)/.exec(line)?.[1])
  assert.equal(files, [...Array.from({ length: 1_001 }, (_, index) => String(index)), '0', '1'])
})

warnings.run()
