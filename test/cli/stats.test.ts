import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { writeIfChanged } from '../../src/index.ts'
import { suiteOnDisk, valueOf } from '../support.ts'
import { put, run, sessionOf } from './command.ts'

const test = suiteOnDisk('file-sessions stats')

const secret = 's'.repeat(32)

test('counts what there is', async ({ directory }) => {
  const texts = [JSON.stringify(sessionOf()), JSON.stringify(sessionOf({}, { originalMaxAge: 1000 })), '{', '[]', '{"a":1}']
  for (const [index, text] of texts.entries()) await put(directory, `f${index}`, text, { age: index === 1 ? 5000 : 0 })
  valueOf(await writeIfChanged(join(directory, 'e.json'), sessionOf(), { secret }))
  await put(join(directory, 'elsewhere'), 'x', sessionOf())
  const { code, output } = await run(['stats', directory, '--json'])
  const { lastUse, size, bytes, ...counts } = JSON.parse(output)
  assert.equal([code, counts], [0, { files: 6, live: 1, expired: 1, encrypted: 0, foreign: 2, unreadable: 1, locked: 1 }])
  assert.ok(bytes > texts.join('').length)
  assert.equal(lastUse.filter(({ count }: { count: number }) => count > 0), [{ upToMs: 60_000, count: 2 }])
  assert.is(size.reduce((sum: number, { count }: { count: number }) => sum + count, 0), 2)
  const opened = JSON.parse((await run(['stats', directory, '--json'], { env: { SESSION_FILE_SECRET: secret } })).output)
  assert.equal([opened.live, opened.encrypted, opened.locked], [2, 1, 0])
})

test('shows the counts and two histograms', async ({ directory }) => {
  for (let index = 0; index < 4; index++) await put(directory, `now${index}`, sessionOf())
  await put(directory, 'then', sessionOf(), { age: 2 * 3_600_000 })
  const { code, output } = await run(['stats', directory])
  assert.is(code, 0)
  assert.match(output, /^files +5 {2}\d+ B\nlive +5\nexpired +0\nencrypted +0\nforeign +0\nunreadable +0\n\nLast use\n/)
  assert.match(output, / +up to 1 min ago {2}4 {2}█{40}\nup to 10 min ago {2}0 {2}\n {3}up to 1 h ago {2}0 {2}\n {3}up to 6 h ago {2}1 {2}█{10}\n\nSize\nup to 250 B {2}5 {2}█{40}\n$/)
})

test('exits with 1 where there is nothing', async ({ directory }) => {
  assert.equal(await run(['stats', directory]), { code: 1, output: '', errors: `There is no session in ${directory}.\n` })
  assert.is((await run(['stats', join(directory, 'missing')])).code, 1)
})

test.run()
