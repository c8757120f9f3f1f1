import type { StatsFs } from 'node:fs'
import { chmod, chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { spaceFindings } from '../../src/cli/doctor/directory.ts'
import { writeIfChanged } from '../../src/index.ts'
import { namesIn, suiteOnDisk, valueOf } from '../support.ts'
import { ahead, asNobody, put, run, sessionOf, type RunOptions } from './command.ts'

const test = suiteOnDisk('file-sessions doctor')

interface Finding {
  readonly level: 'ok' | 'note' | 'problem'
  readonly subject: string
  readonly message: string
  readonly advice?: string
}

const day = 24 * 3_600_000

/** What it finds, but for what is fine. */
async function findings (directory: string, options: RunOptions & { readonly probe?: boolean } = {}): Promise<readonly Finding[]> {
  const { output } = await run(['doctor', directory, '--json', ...options.probe === true ? [] : ['--no-probe']], options)
  return output.trim().split('\n').map(line => JSON.parse(line) as Finding).filter(({ level }) => level !== 'ok')
}

test('finds nothing wrong where nothing is, and leaves nothing behind', async ({ directory }) => {
  await put(directory, 'a', sessionOf())
  await writeFile(join(directory, '.pruned'), '')
  const { code, output, errors } = await run(['doctor', directory])
  assert.equal([code, errors], [0, ''])
  for (const subject of ['mode', 'owner', 'space', 'sessions', 'leftovers', 'pruning', 'file system', 'clock', 'times']) {
    assert.match(output, new RegExp(`^ok {3}${subject} `, 'm'))
  }
  assert.match(output, /^(ok {2}|note) granularity +Its times advance every /m)
  assert.match(output, /^(ok {2}|note) replacement +Replacing a file takes .*: at most [\d,]+ changed sessions a second\.$/m)
  assert.match(output, /\n\nAll is well\.\n$/)
  assert.equal(await namesIn(directory), ['.pruned', 'a.json'])
})

test('says what to do about each thing that is wrong', async ({ directory }) => {
  await put(directory, 'a', '{')
  const { code, output } = await run(['doctor', directory, '--no-probe'])
  assert.is(code, 1)
  assert.match(output, /^BAD {2}unreadable {3}1 file cannot be read as a session \(a\.json: it is not JSON.*\)\.\n {18}→ .*prune --unreadable$/m)
  assert.match(output, /\n\n1 problem found\.\n$/)
})

test('--no-probe writes nothing, and does not measure the file system', async ({ directory }) => {
  await put(directory, 'a', sessionOf())
  await chmod(directory, 0o755)
  const { output } = await run(['doctor', directory, '--no-probe'])
  assert.not.match(output, /replacement|granularity/)
})

test('finds a directory and files that others may read', async ({ directory }) => {
  await chmod(await put(directory, 'a', sessionOf()), 0o644)
  await chmod(directory, 0o755)
  assert.equal(await findings(directory), [
    { level: 'problem', subject: 'mode', message: 'Other users may enter the directory (mode 755).', advice: `chmod 700 ${directory}` },
    { level: 'problem', subject: 'mode', message: '1 file may be read by other users.', advice: `find ${directory} -type f -exec chmod 600 {} +` }
  ])
})

test('finds what it may not write, and whose it is', async ({ directory }) => {
  if (asNobody.uid === undefined) return
  await chmod(directory, 0o755)
  const found = await findings(directory, { ...asNobody, probe: true })
  assert.equal(found.map(({ level, subject }) => [level, subject]), [['problem', 'mode'], ['note', 'owner'], ['problem', 'write']])
})

test('finds files of another owner', async ({ directory }) => {
  if (asNobody.uid === undefined) return
  await chown(await put(directory, 'a', sessionOf()), 65534, 65534)
  assert.equal(await findings(directory), [{ level: 'problem', subject: 'owner', message: "There are files of another owner than the directory's (user id 65534).", advice: `The server may not be able to read them: chown -R USER ${directory}` }])
})

test('finds files that hold no session, and names three of a kind', async ({ directory }) => {
  for (let index = 0; index < 4; index++) await put(directory, `list${index}`, '[]')
  await put(directory, 'package', '{}')
  const [foreign] = await findings(directory)
  assert.equal([foreign?.level, foreign?.subject], ['note', 'foreign'])
  assert.match(foreign!.message, /^5 files may not be the store's \(.*; .*; .*; …\)\.$/)
  assert.match(foreign!.advice!, /prune --foreign/)
})

test('finds that no process prunes', async ({ directory }) => {
  await put(directory, 'a', sessionOf(), { age: 9 * day })
  await put(directory, 'b', sessionOf({}, { originalMaxAge: 1000 }), { age: 3_600_000 })
  assert.equal((await findings(directory)).map(({ level, subject, message }) => [level, subject, message]), [['problem', 'expired', '1 session expired more than three hours ago and is still there: no process prunes.']])
})

test('finds uses in the future', async ({ directory }) => {
  await put(directory, 'a', sessionOf(), { age: -day })
  assert.equal((await findings(directory)).map(({ level, subject, message }) => [level, subject, message]), [['problem', 'clock', '1 file was last used in the future.']])
})

test('finds plain and encrypted sessions side by side, and an old secret that is still in use', async ({ directory }) => {
  const [current, old] = ['c'.repeat(32), 'o'.repeat(32)]
  await put(directory, 'plain', sessionOf())
  valueOf(await writeIfChanged(join(directory, 'a.json'), sessionOf(), { secret: old }))
  valueOf(await writeIfChanged(join(directory, 'b.json'), sessionOf(), { secret: current }))
  const secrets = join(directory, '.secrets')
  await writeFile(secrets, `${current}\n${old}\n`, { mode: 0o600 })
  const messages = async (options: RunOptions) => (await findings(directory, options)).map(({ level, subject, message }) => `${level} ${subject}: ${message}`)
  assert.equal(await messages({}), [
    'note encrypted: 2 sessions are encrypted under a secret that was not given.',
    'note encryption: 1 session is plain, 2 encrypted.'
  ])
  assert.equal(await messages({ env: { SESSION_FILE_SECRET: current } }), [
    'problem encrypted: 1 session is encrypted under a secret that was not given.',
    'note encryption: 1 session is plain, 2 encrypted.'
  ])
  const { output } = await run(['doctor', directory, '--no-probe', '--secret-file', secrets])
  assert.match(output, /note encryption +1 session is plain, 2 encrypted\.\n.*file-sessions encrypt/)
  assert.match(output, /note encryption +1 session is under an old secret, which has to stay for that\.\n.*file-sessions rotate/)
  await run(['rotate', directory, '--secret-file', secrets])
  assert.match((await run(['doctor', directory, '--no-probe', '--secret-file', secrets])).output, /ok {3}encryption +Every session is encrypted under the first secret\./)
})

test('finds what a process left that died', async ({ directory }) => {
  await writeFile(join(directory, '.0123456789ab-1.tmp'), '', { mode: 0o600 })
  assert.equal(await findings(directory), [])
  assert.equal(await findings(directory, { env: ahead(11 * 60_000) }), [{
    level: 'note', subject: 'leftovers', message: '1 temporary file was left by a process that died.', advice: 'The next prune removes them; to do it now: file-sessions prune'
  }])
})

test('finds that the clocks disagree', async ({ directory }) => {
  const clock = async (milliseconds: number) => (await findings(directory, { probe: true, env: ahead(milliseconds) })).find(({ subject }) => subject === 'clock')?.message
  assert.is(await clock(0), undefined)
  assert.is(await clock(125_000), "The file system's clock is 2 min behind.")
  assert.is(await clock(-3_600_000), "The file system's clock is 1 h ahead.")
})

test('finds that there is little room', () => {
  const found = (free: number, inodes: number, all = 1e6) => spaceFindings({ bavail: free / 4096, bsize: 4096, files: all, ffree: inodes } as StatsFs).map(({ level, message }) => `${level}: ${message}`)
  assert.equal(found(2e9, 5e5), ['ok: There are 2.0 GB free, and 500,000 inodes.'])
  assert.equal(found(2e9, 0, 0), ['ok: There are 2.0 GB free.'])
  assert.equal(found(8192, 100), ['problem: Only 8.2 kB are free.', 'problem: Only 100 inodes are free, one of which each new session takes.'])
})

test.run()
