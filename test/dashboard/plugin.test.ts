import Fastify from 'fastify'
import * as assert from 'uvu/assert'
import { dashboard, type DashboardOptions } from '../../src/dashboard/index.ts'
import { rejection, suiteOnDisk } from '../support.ts'
import { prefix, serve, TestStore, textOf } from './support.ts'

const test = suiteOnDisk('dashboard')

const guard = async () => {}

const refused: ReadonlyArray<readonly [string, (store: TestStore) => object, RegExp]> = [
  ['an option that it does not have', store => ({ store, preHandler: guard, titel: 'x' }), /^The dashboard has no option 'titel'; it has store, preHandler, /],
  ['no preHandler', store => ({ store }), /needs a preHandler that lets only operators in$/],
  ['an empty list of them', store => ({ store, preHandler: [] }), /needs a preHandler/],
  ['a preHandler that is none', store => ({ store, preHandler: true }), /^The dashboard's option preHandler is true; expected a function/],
  ['no store', () => ({ preHandler: guard }), /option store is undefined; expected a FileStore$/],
  ['another store', () => ({ preHandler: guard, store: new Map() }), /option store is Map/],
  ['redact that is no list', store => ({ store, preHandler: guard, redact: 'password' }), /option redact is 'password'/],
  ['an empty title', store => ({ store, preHandler: guard, title: ' ' }), /option title is ' '/],
  ['a sampleInterval below 0', store => ({ store, preHandler: guard, sampleInterval: -1 }), /option sampleInterval is -1/]
]

for (const [what, options, message] of refused) {
  test(`refuses to register with ${what}`, async ({ directory }) => {
    const app = Fastify()
    const error = await rejection((async () => { await app.register(dashboard, options(new TestStore(directory)) as DashboardOptions) })())
    assert.instance(error, TypeError)
    assert.match(error.message, message)
  })
}

test('lets nobody see anything whom the preHandler sends away', async ({ directory }) => {
  const { app, write } = await serve(directory, {
    preHandler: async (request, reply) => request.headers['x-operator'] === 'yes' ? undefined : reply.code(401).send('Sign in')
  })
  await write('abc', { account: 'ada' })
  const { body } = await app.inject({ url: prefix, headers: { 'x-operator': 'yes' } })
  const assets = [...body.matchAll(/(?:href|src)="(\/admin\/sessions\/assets\/[^"]*)"/g)].map(([, path]) => path!)
  assert.ok(assets.length >= 3)
  for (const url of ['', '/', '/session?id=abc', '/activity', '/activity/data'].map(path => prefix + path).concat(assets)) {
    const answer = await app.inject({ url })
    assert.equal([answer.statusCode, answer.body], [401, 'Sign in'], url)
    assert.is((await app.inject({ url, headers: { 'x-operator': 'yes' } })).statusCode, 200, url)
  }
  const end = await app.inject({
    method: 'POST',
    url: `${prefix}/end`,
    headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'id=abc&confirmed=yes'
  })
  assert.is(end.statusCode, 401)
  await app.close()
})

test('asks several preHandlers, one after the other', async ({ directory }) => {
  const asked: string[] = []
  const { app, get } = await serve(directory, {
    preHandler: [async () => { asked.push('first') }, (_request, _reply, done) => { asked.push('second'); done() }]
  })
  await get('')
  assert.equal(asked, ['first', 'second'])
  await app.close()
})

test('sends pages with a strict content security policy, without inline scripts and styles', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('abc', { account: 'ada' })
  for (const path of ['', '/session?id=abc', '/session?id=none', '/activity', '?in=field&q=account']) {
    const { headers, body } = await get(path)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, "default-src 'none'; script-src 'self'; style-src 'self'", path)
    assert.not.match(policy, /unsafe|\*|http/, path)
    assert.not.match(body, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:\/\//, path)
    assert.is(headers['cache-control'], 'no-store', path)
  }
  await app.close()
})

test('may be the whole application', async ({ directory }) => {
  const app = Fastify()
  const store = new TestStore(directory)
  await app.register(dashboard, { store, preHandler: guard, title: 'Shop & more' })
  const { body } = await app.inject('/')
  assert.match(body, '<title>Shop &amp; more</title>')
  const paths = [...body.matchAll(/(?:href|src|action)="([^#"]*)"/g)].map(([, path]) => path!)
  for (const url of paths) assert.is((await app.inject(url)).statusCode, 200, url)
  await app.close()
  await store.close()
})

test('says on the page of activity what the store counts, and the last prune', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('abc', {}, 30 * 60_000)
  const { status, body } = await get('/activity')
  assert.is(status, 200)
  assert.match(textOf(body), /Reads 10 Cache hits 8 80 % of lookups .* Failures 2 malformed: 2 Last prune 1 minute ago 4 of 20 removed in 3 ms/)
  assert.match(textOf(body), /Used in the last Sessions 1 min 0 5 min 0 15 min 0 1 h 1 6 h 0/)
  await app.close()
})

test('gives the charts their numbers', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('abc', {}, 30 * 60_000)
  const { headers, body } = await get('/activity/data?range=6h')
  const { at, inUse, ages, sizes } = JSON.parse(body)
  assert.equal([at.length, inUse.length, headers['cache-control']], [1, 1, 'no-store'])
  assert.equal([ages.names[3], ages.counts, sizes.counts.length], ['1 h', [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], sizes.names.length])
  await app.close()
})

test.run()
