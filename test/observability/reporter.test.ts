import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SessionFailure } from '../../src/errors.ts'
import type { StoreError } from '../../src/observability/messages.ts'
import { Reporter, type ReportOptions } from '../../src/observability/reporter.ts'
import { fakeTimers, nextTurn, runModule, systemError } from '../support.ts'

const test = suite('Reporter')

let timers: ReturnType<typeof fakeTimers>
test.before.each(() => { timers = fakeTimers() })
test.after.each(() => { timers.restore() })

const malformed = (file: string): SessionFailure => ({ type: 'malformed', file, cause: new TypeError('it is not JSON') })

type Line = readonly [level: string, properties: any, message: string]

/** A reporter with a logger, and what it logged. */
function logged (options: ReportOptions = {}) {
  const lines: Line[] = []
  const log = {
    warn: (properties: object, message: string) => { lines.push(['warn', properties, message]) },
    error: (properties: object, message: string) => { lines.push(['error', properties, message]) }
  }
  return { reporter: new Reporter({ log, ...options }), lines }
}

test('logs a failure with an error that serializes with message, code and stack', async () => {
  const { reporter, lines } = logged()
  reporter.report({ type: 'read-failed', file: '/sessions/abc.json', cause: systemError('EIO') })
  assert.equal(lines, [], 'in a turn of its own')
  await nextTurn()
  const [[level, properties, message]] = lines as [Line]
  assert.equal([level, Object.keys(properties), message], ['warn', ['err'], 'The session file /sessions/abc.json cannot be read: EIO: refused'])
  assert.instance(properties.err, Error)
  assert.equal([properties.err.message, properties.err.code, properties.err.type, typeof properties.err.stack], [message, 'EIO', 'read-failed', 'string'])
})

test('logs at a level that fits', async () => {
  const { reporter, lines } = logged()
  const [file, directory, cause] = ['/sessions/abc.json', '/sessions', systemError('EIO')]
  const failures: SessionFailure[] = [
    { type: 'invalid-id', id: '', reason: 'it is empty' }, { type: 'read-failed', file, cause }, { type: 'malformed', file, cause },
    { type: 'decrypt-failed', file, reason: '' }, { type: 'not-encrypted', file }, { type: 'not-serializable', file, cause }, { type: 'touch-failed', file, cause },
    { type: 'index-failed', file, cause },
    { type: 'directory-exposed', directory, reason: '' }, { type: 'disk-slow', directory, durationMs: 1 },
    { type: 'write-failed', file, cause }, { type: 'remove-failed', file, cause }, { type: 'scan-failed', directory, cause },
    { type: 'check-failed', directory, reason: '', cause }, { type: 'unsupported-plugin', directory }
  ]
  for (const failure of failures) reporter.report(failure)
  await nextTurn()
  assert.equal(lines.map(([level]) => level), [...Array.from({ length: 10 }, () => 'warn'), ...Array.from({ length: 5 }, () => 'error')])
})

test('logs each kind once a minute at most, then the last one with the number of those in between', async () => {
  const { reporter, lines } = logged()
  for (let index = 0; index < 60_000; index++) reporter.report(malformed(`/sessions/${index}.json`))
  reporter.report({ type: 'not-encrypted', file: '/sessions/other.json' })
  await nextTurn()
  assert.equal(lines.map(([, { err }]) => [err.type, err.file]), [['malformed', '/sessions/0.json'], ['not-encrypted', '/sessions/other.json']])
  lines.length = 0
  await timers.advance(59_999)
  assert.equal(lines, [])
  await timers.advance(1)
  assert.equal(lines.map(([, { err, suppressed }]) => [err.file, suppressed]), [['/sessions/59999.json', 59_998]])
  assert.match(lines[0]![2], /^The file \/sessions\/59999\.json .* \(and 59998 more of this kind in the last minute\)$/)
  lines.length = 0
  await timers.advance(60_000)
  assert.equal([lines, timers.pending()], [[], []])
  reporter.report(malformed('/sessions/again.json'))
  await nextTurn()
  assert.equal(lines.map(([, { suppressed }]) => suppressed), [undefined])
})

test('counts nothing as left out when the second failure of a minute is the last one', async () => {
  const { reporter, lines } = logged()
  for (const file of ['one', 'two']) reporter.report(malformed(file))
  await timers.advance(60_000)
  assert.equal(lines.map(([, { err, suppressed }]) => [err.file, suppressed]), [['one', undefined], ['two', undefined]])
})

test('logs once a minute while failures go on', async () => {
  const { reporter, lines } = logged()
  for (let second = 0; second < 180; second++) {
    reporter.report(malformed(String(second)))
    await timers.advance(1_000)
  }
  assert.equal(lines.map(([, { err }]) => err.file), ['0', '59', '119', '179'])
})

test('keeps no process alive', async () => {
  const { reporter } = logged()
  reporter.report(malformed('file'))
  await nextTurn()
  assert.equal(timers.pending(), [{ delay: 60_000, isRef: false }])
})

test('calls onFailure with each failure, as an Error that has its fields', async () => {
  const failures: StoreError[] = []
  const { reporter, lines } = logged({ onFailure: failure => { failures.push(failure) } })
  for (const file of ['one', 'two', 'three']) reporter.report(malformed(file))
  assert.equal(failures, [])
  await nextTurn()
  assert.equal(failures.map(failure => [failure instanceof Error, failure.type, 'file' in failure && failure.file]), ['one', 'two', 'three'].map(file => [true, 'malformed', file]))
  assert.match(failures[0]!.message, /^The file one does not hold a session/)
  assert.is(lines.length, 1)
})

test.run()

const processes = suite('Reporter, in a process,')

/** What a process with a reporter of these options writes. */
async function output (options: string, then = ''): Promise<string> {
  const { code, output, errors } = await runModule(`
    import { Reporter } from '../src/observability/reporter.ts'
    process.removeAllListeners('warning')
    process.on('warning', ({ name, code, message }) => console.log(name, code, message))
    process.on('uncaughtException', ({ message }) => console.log('exception', message))
    const reporter = new Reporter(${options})
    reporter.report({ type: 'not-encrypted', file: '/sessions/a' })
    reporter.report({ type: 'not-encrypted', file: '/sessions/b' })
    ${then}
  `)
  assert.is(code, 0, errors)
  return output
}

processes('emits a warning when there is neither a logger nor a listener', async () => {
  assert.is(await output('{}'), 'FileStoreWarning not-encrypted The session file /sessions/a is not encrypted, and requireEncryption is set\n')
})

processes('emits no warning when there is a listener', async () => {
  assert.is(await output('{ onFailure: () => console.log("told") }'), 'told\ntold\n')
})

processes('survives a logger and a listener that throw', async () => {
  const thrower = '{ onFailure () { throw new Error("mine") }, log: { warn () { throw new Error("log") }, error () {} } }'
  assert.is(await output(thrower), [
    'FileStoreWarning undefined The store\'s log or onFailure has thrown: Error: mine',
    'FileStoreWarning undefined The store\'s log or onFailure has thrown: Error: log',
    'FileStoreWarning undefined The store\'s log or onFailure has thrown: Error: mine', ''
  ].join('\n'))
})

processes('survives a listener that throws what has no text', async () => {
  const warning = 'FileStoreWarning undefined The store\'s log or onFailure has thrown: something that cannot be shown\n'
  assert.is(await output('{ onFailure () { throw Object.create(null) } }'), warning + warning)
})

processes('survives a listener that rejects', async () => {
  const warning = 'FileStoreWarning undefined The store\'s log or onFailure has thrown: Error: mine\n'
  assert.is(await output('{ onFailure: async () => { throw new Error("mine") } }'), warning + warning)
})

processes.run()
