import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyCookie from '@fastify/cookie'
import fastifyFormbody from '@fastify/formbody'
import fastifySession from '@fastify/session'
import Fastify from 'fastify'
import * as assert from 'uvu/assert'
import { dashboard } from '../../src/dashboard/index.ts'
import { namesIn, suiteOnDisk } from '../support.ts'
import { prefix, serve, TestStore, textOf } from './support.ts'

const test = suiteOnDisk('Ending sessions from the dashboard')

/** The names of the session files: hidden ones are the store's own. */
async function filesIn (directory: string): Promise<string[]> {
  return (await namesIn(directory)).filter(name => !name.startsWith('.'))
}

test('asks first', async ({ directory }) => {
  const { app, post, write } = await serve(directory)
  await write('abc', {})
  const { status, body } = await post('/end', [['id', 'abc']])
  assert.equal([status, await filesIn(directory)], [200, ['abc.json']])
  assert.match(textOf(body), 'End this session?')
  await app.close()
})

test('ends one, and goes back to the list it came from', async ({ directory }) => {
  const { app, get, post, write } = await serve(directory)
  await write('abc', { account: 'ada' })
  await write('abd', {})
  const { status, headers } = await post('/end', [['id', 'abc'], ['confirmed', 'yes'], ['back', '?in=id&q=ab']])
  assert.equal([status, headers['location']], [303, `${prefix}?in=id&q=ab&ended=1`])
  assert.equal(await filesIn(directory), ['abd.json'])
  const list = await get('?in=id&q=ab&ended=1')
  assert.match(textOf(list.body), '1 session ended.')
  assert.equal(list.ids, ['abd'])
  await app.close()
})

test('ends those shown and no others', async ({ directory }) => {
  const { app, get, post, write } = await serve(directory)
  for (let number = 0; number < 60; number++) await write(`s${number}`, {}, number * 1000)
  const { ids } = await get('')
  assert.is(ids.length, 50)
  await post('/end', [...ids.map(id => ['id', id] as const), ['confirmed', 'yes']])
  assert.equal((await get('')).ids, Array.from({ length: 10 }, (_, number) => `s${50 + number}`))
  await app.close()
})

test('ends all of an owner', async ({ directory }) => {
  const { app, get, post, write } = await serve(directory)
  await write('a1', { account: 'ada' })
  await write('a2', { account: 'ada' })
  await write('b1', { account: 'bob' })
  assert.match(textOf((await get('?in=owner&q=ada')).body), 'End all of ada')
  assert.match(textOf((await post('/end', [['owner', 'ada']])).body), 'End all sessions of ada (2)?')
  const { headers } = await post('/end', [['owner', 'ada'], ['confirmed', 'yes']])
  assert.equal([headers['location'], (await get('')).ids], [`${prefix}?ended=2`, ['b1']])
  await app.close()
})

test('never removes a file that is not a session', async ({ directory }) => {
  const { app, get, post, write } = await serve(directory, { onFailure: () => {} })
  await write('good', {})
  await writeFile(join(directory, 'notes.json'), 'not JSON')
  for (const path of ['', '/session?id=notes']) assert.not.match((await get(path)).body, 'name="id" value="notes"', path)
  const { headers } = await post('/end', [['id', 'notes'], ['id', 'good'], ['id', 'missing'], ['confirmed', 'yes']])
  assert.equal([headers['location'], await filesIn(directory)], [`${prefix}?ended=1`, ['notes.json']])
  await app.close()
})

const strangers: ReadonlyArray<readonly [string, Record<string, string>]> = [
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a sibling domain', { 'sec-fetch-site': 'same-site' }],
  ['another site that forges the origin of an old browser', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost' }],
  ['another origin, over plain HTTP', { origin: 'http://evil.example' }],
  ['another port, over plain HTTP', { origin: 'http://localhost:81' }],
  ['a page without an origin', { origin: 'null' }],
  ['what is not a browser', {}]
]

for (const [who, headers] of strangers) {
  test(`refuses a form from ${who}`, async ({ directory }) => {
    const { app, post, write } = await serve(directory)
    await write('abc', {})
    const { status } = await post('/end', [['id', 'abc'], ['confirmed', 'yes']], headers)
    assert.equal([status, await filesIn(directory)], [403, ['abc.json']])
    await app.close()
  })
}

test('accepts its own form over plain HTTP, by its origin', async ({ directory }) => {
  const { app, post, write } = await serve(directory)
  await write('abc', {})
  const { status } = await post('/end', [['id', 'abc'], ['confirmed', 'yes']], { origin: 'http://localhost' })
  assert.equal([status, await filesIn(directory)], [303, []])
  await app.close()
})

test('refuses a form that names nothing, and what is not a form', async ({ directory }) => {
  const { app, post } = await serve(directory)
  for (const fields of [[], [['confirmed', 'yes']], [['id', ''], ['confirmed', 'yes']], [['id', 'x'.repeat(300)], ['confirmed', 'yes']]] as const) {
    assert.is((await post('/end', fields)).status, 400, JSON.stringify(fields))
  }
  const same = { 'sec-fetch-site': 'same-origin' }
  assert.is((await app.inject({ method: 'POST', url: `${prefix}/end`, headers: same, payload: { id: 'abc', confirmed: 'yes' } })).statusCode, 415)
  assert.is((await app.inject({ method: 'POST', url: `${prefix}/end`, headers: same })).statusCode, 400)
  assert.is((await post('/end', [['id', 'x'.repeat(70_000)]])).status, 413)
  await app.close()
})

test('never goes back to another site', async ({ directory }) => {
  const { app, post } = await serve(directory)
  for (const back of ['//evil.example', 'https://evil.example', '/\\evil.example', '?q=a&x=//evil.example', '\r\nx: y']) {
    const { headers } = await post('/end', [['id', 'abc'], ['confirmed', 'yes'], ['back', back]])
    assert.match(String(headers['location']), /^\/admin\/sessions\?(in=id&q=a&)?ended=0$/, back)
  }
  await app.close()
})

test('says when the own session is among them; works beside @fastify/formbody', async ({ directory }) => {
  const app = Fastify()
  const store = new TestStore(directory)
  app.addHook('onClose', () => store.close())
  await app.register(fastifyFormbody)
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 's'.repeat(32), cookie: { secure: false }, store })
  app.get('/', async ({ session }) => session.sessionId)
  await app.register(dashboard, { store, prefix, preHandler: async () => {}, sampleInterval: 0 })
  const first = await app.inject('/')
  const cookie = String(first.headers['set-cookie']).split(';')[0]!
  assert.match((await app.inject({ url: prefix, headers: { cookie } })).body, 'yours')
  const question = await app.inject({
    method: 'POST',
    url: `${prefix}/end`,
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
    payload: `id=${first.body}`
  })
  assert.match(textOf(question.body), 'Your own session is among them')
  await app.close()
})

test.run()
