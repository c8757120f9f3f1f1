import { symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'
import { serve, textOf } from './support.ts'

const test = suiteOnDisk('The list of the dashboard')

test('shows the sessions, the one used last first, with their fields', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('older', { account: 'ada' }, 60_000)
  await write('newer', { account: 'bob', cart: { tea: 2 } }, 1_000)
  const { status, ids, body } = await get('')
  assert.equal([status, ids], [200, ['newer', 'older']])
  assert.match(textOf(body), /newer bob account: bob · cart: \{&quot;tea&quot;:2\} 1 second ago in 59 minutes/)
  await app.close()
})

test('is empty for a directory that does not exist', async ({ directory }) => {
  const { app, get } = await serve(join(directory, 'missing'))
  const { status, body } = await get('')
  assert.is(status, 200)
  assert.match(textOf(body), 'There are no sessions.')
  await app.close()
})

test('counts the sessions in use, of the last hour and the last day, and all', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  const minute = 60_000
  for (const [id, ago] of [['a', 1], ['b', 4], ['c', 30], ['d', 59], ['e', 600], ['f', 6_000]] as const) await write(id, {}, ago * minute)
  const { body } = await get('')
  assert.match(textOf(body), /In use 2 last 5 minutes Last hour 4 Last 24 hours 5 All 6 /)
  await app.close()
})

test('goes on where the page before ended, each session once, ties included', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  const expected = Array.from({ length: 130 }, (_, number) => `s${String(number).padStart(3, '0')}`)
  for (const [number, id] of expected.entries()) {
    await write(id, {})
    const time = 1_900_000_000 - Math.floor(number / 60)
    await utimes(join(directory, `${id}.json`), time, time)
  }
  const seen: string[] = []
  for (let path: string | undefined = ''; path !== undefined;) {
    const { ids, body }: { ids: string[], body: string } = await get(path)
    assert.ok(ids.length <= 50)
    seen.push(...ids)
    path = /rel="next" href="\/admin\/sessions([^"]*)"/.exec(body)?.[1]
  }
  assert.equal([seen.length, [...seen].sort()], [130, expected])
  await app.close()
})

test('shows a session that came, and not one that went, with the next answer', async ({ directory }) => {
  const { app, get, write, store } = await serve(directory)
  await write('one', {}, 2_000)
  assert.equal((await get('')).ids, ['one'])
  await write('two', {}, 1_000)
  await store.revoke('one')
  assert.equal((await get('')).ids, ['two'])
  await app.close()
})

test('says which session cannot be read, and goes on', async ({ directory }) => {
  const { app, get, write } = await serve(directory, { onFailure: () => {} })
  await write('good', { account: 'ada' }, 1_000)
  await writeFile(join(directory, 'broken.json'), 'not JSON')
  const { ids, body } = await get('')
  assert.equal(ids, ['broken', 'good'])
  assert.match(textOf(body), 'broken The file does not hold a session')
  await app.close()
})

test('says when the directory cannot be read', async ({ directory }) => {
  await symlink('loop', join(directory, 'loop'))
  const { app, get } = await serve(join(directory, 'loop'))
  const { status, body } = await get('')
  assert.is(status, 200)
  assert.match(textOf(body), 'The directory of the sessions cannot be read.')
  await app.close()
})

test('escapes whatever a session holds', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('<b>&"\'', { account: '</script><script>alert(1)</script>', '<i>': '"' })
  for (const path of ['', `/session?id=${encodeURIComponent('<b>&"\'')}`, '?in=field&q=%22%3E%3Cscript%3E']) {
    const { status, body } = await get(path)
    assert.is(status, 200, path)
    assert.not.match(body, '<script>', path)
    assert.not.match(body, /<[bi]>/, path)
  }
  await app.close()
})

test('ignores what it does not know in the address', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('one', {})
  for (const path of ['?before=x', '?before=1e9-1', '?before=-1-0', '?in=x', '?q=&q=', '?ended=x', '?before=1&before=2']) {
    const { status, ids } = await get(path)
    assert.equal([status, ids], [200, ['one']], path)
  }
  await app.close()
})

test.run()
