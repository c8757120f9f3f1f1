import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SessionFailure } from '../../src/errors.ts'
import { callbackError, operatorError, operatorMessage } from '../../src/observability/messages.ts'

const file = '/srv/sessions/s3cr3t-id.json'
const directory = '/srv/sessions'
const cause = Object.assign(new Error(`ENOENT: no such file or directory, open '${file}'`), { code: 'ENOENT' })

/** Each failure, with what a callback and the operator are told. */
const failures: ReadonlyArray<readonly [failure: SessionFailure, forCallback: string, forOperator: string]> = [
  [{ type: 'invalid-id', id: '', reason: 'it is empty' }, 'The session id cannot name a file', "The session id '' cannot name a file: it is empty"],
  [{ type: 'invalid-id', id: undefined, reason: 'it is not a string' }, 'The session id cannot name a file', 'The session id undefined cannot name a file: it is not a string'],
  [{ type: 'read-failed', file, cause }, 'The session could not be read (ENOENT)', `The session file ${file} cannot be read: ${cause.message}`],
  [{ type: 'malformed', file, cause: new TypeError('it is not JSON') }, 'The session could not be read', `The file ${file} does not hold a session: it is not JSON`],
  [{ type: 'decrypt-failed', file, reason: 'no secret is given' }, 'The session could not be read', `The session file ${file} is encrypted and cannot be decrypted: no secret is given`],
  [{ type: 'not-encrypted', file }, 'The session could not be read', `The session file ${file} is not encrypted, and requireEncryption is set`],
  [{ type: 'not-serializable', file, cause: new TypeError('cycle') }, 'The session cannot be serialized as JSON', `The session for ${file} cannot be written as JSON: cycle`],
  [{ type: 'write-failed', file, cause }, 'The session could not be written (ENOENT)', `The session file ${file} cannot be written: ${cause.message}`],
  [{ type: 'touch-failed', file, cause }, 'The use of the session could not be recorded (ENOENT)', `The last use of the session in ${file} cannot be recorded: ${cause.message}`],
  [{ type: 'remove-failed', file, cause }, 'The session could not be removed (ENOENT)', `The session file ${file} cannot be removed: ${cause.message}`],
  [{ type: 'index-failed', file, cause }, 'The index of owners could not be changed (ENOENT)', `The index of owners lacks the session in ${file}: ${cause.message}`],
  [{ type: 'scan-failed', directory, cause }, 'The sessions could not be listed (ENOENT)', `The session directory ${directory} cannot be read: ${cause.message}`],
  [{ type: 'check-failed', directory, reason: 'It is a file: move it.', cause }, 'The session directory cannot be used (ENOENT)', 'It is a file: move it.'],
  [{ type: 'directory-exposed', directory, reason: 'chmod 700' }, 'The session directory can be entered by other users', 'chmod 700'],
  [{ type: 'disk-slow', directory, durationMs: 31.7 }, 'The session directory is slow', `The disk of the session directory ${directory} is slow (a call took 32 ms): for a second, changes go through the thread pool, and handlers that do not return their reply fail`],
  [{ type: 'unsupported-plugin', directory }, 'The version of @fastify/session is not supported', 'This version of @fastify/session is not supported: requests that overlap can undo logouts and lose changes; install @fastify/session 11.1.2 or later'],
  [{ type: 'write-failed', file, cause: 'a string was thrown' }, 'The session could not be written', `The session file ${file} cannot be written: 'a string was thrown'`],
  [{ type: 'write-failed', file, cause: undefined }, 'The session could not be written', `The session file ${file} cannot be written: undefined`]
]

const callback = suite('callbackError')

for (const [failure, message] of failures) {
  callback(`says "${message}" and has the failure as its cause (${failure.type})`, () => {
    const error = callbackError(failure)
    assert.is(error.constructor, Error)
    assert.is(error.message, message)
    // A logger shows the cause of an error when that is an error too.
    assert.equal([error.cause instanceof Error, (error.cause as Error).message], [true, operatorMessage(failure)])
    assert.equal({ ...error.cause as object }, { ...operatorError(failure) })
    for (const [name, value] of Object.entries(failure)) assert.is((error.cause as Record<string, unknown>)[name], value, name)
    // @fastify/session reads a code of ENOENT as "no session".
    assert.is('code' in error, false)
  })

  callback(`names neither a path nor an id (${failure.type})`, () => {
    assert.not.match(callbackError(failure).message, /srv|s3cr3t/)
  })
}

callback.run()

const operator = suite('operatorError')

for (const [failure, , message] of failures) {
  operator(`says "${message.slice(0, 60)}…" (${failure.type})`, () => {
    const error = operatorError(failure)
    assert.is(operatorMessage(failure), message)
    assert.is(error.message, message)
    assert.instance(error, Error)
    for (const [name, value] of Object.entries(failure)) assert.is((error as unknown as Record<string, unknown>)[name], value, name)
    assert.is(error.code, 'cause' in failure && failure.cause === cause ? 'ENOENT' : failure.type)
  })
}

operator('quotes no more than the beginning of an id', () => {
  const { message } = operatorError({ type: 'invalid-id', id: 'x'.repeat(10_000), reason: 'its file name would have more than 255 bytes' })
  assert.ok(message.length < 200)
})

operator('keeps its own message and stack whatever the failure has', () => {
  const error = operatorError({ type: 'read-failed', file, cause })
  assert.match(error.stack!, /The session file/)
  assert.is(error.cause, cause)
})

operator.run()
