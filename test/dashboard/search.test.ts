import * as assert from 'uvu/assert'
import Fastify from 'fastify'
import { dashboard } from '../../src/dashboard/index.ts'
import { FileStore } from '../../src/index.ts'
import { suiteOnDisk } from '../support.ts'
import { serve, textOf } from './support.ts'

const test = suiteOnDisk('The search of the dashboard')

const sessions: ReadonlyArray<readonly [string, object]> = [
  ['abc1', { account: 'ada', user: { name: 'Ada' }, tags: ['red', 'blue'], password: 'hunter2' }],
  ['abc2', { account: 'bob', user: { name: 'Bob', password: 'hunter2' }, visits: 12 }],
  ['xyz', { account: 'ada', visits: 1, cart: {} }]
]

const searches: ReadonlyArray<readonly [string, string, string[]]> = [
  ['id', 'abc1', ['abc1']],
  ['id', 'abc', ['abc1', 'abc2']],
  ['id', 'yz', ['xyz']],
  ['id', 'bc1abc', []],
  ['id', 'nothing', []],
  ['owner', 'ada', ['abc1', 'xyz']],
  ['owner', 'nobody', []],
  ['field', 'user.name=Ada', ['abc1']],
  ['field', 'user.name=ada', []],
  ['field', 'user.name~AD', ['abc1']],
  ['field', 'user . name = Ada', ['abc1']],
  ['field', 'visits=12', ['abc2']],
  ['field', 'visits~1', ['abc2', 'xyz']],
  ['field', 'visits', ['abc2', 'xyz']],
  ['field', 'tags=blue', ['abc1']],
  ['field', 'cart', ['xyz']],
  ['field', '__proto__', []],
  ['field', 'constructor.name=Object', []]
]

for (const [scope, text, expected] of searches) {
  test(`by ${scope} finds for ${text} what it should`, async ({ directory }) => {
    const { app, get, write } = await serve(directory)
    for (const [index, [id, fields]] of sessions.entries()) await write(id, fields, index * 1000)
    const { status, ids, body } = await get(`?${new URLSearchParams({ in: scope, q: text })}`)
    assert.equal([status, ids], [200, expected])
    assert.is(textOf(body).includes('No session matches.'), expected.length === 0)
    await app.close()
  })
}

for (const text of ['password=hunter2', 'password', 'user.password~hunter', 'PASSWORD=hunter2']) {
  test(`refuses to search a hidden field: ${text}`, async ({ directory }) => {
    const { app, get, write } = await serve(directory)
    for (const [id, fields] of sessions) await write(id, fields)
    const { ids, body } = await get(`?${new URLSearchParams({ in: 'field', q: text })}`)
    assert.equal(ids, [])
    assert.match(textOf(body), 'This field is hidden, and cannot be searched.')
    await app.close()
  })
}

test('finds nothing by a hidden field within another', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  for (const [id, fields] of sessions) await write(id, fields)
  assert.equal((await get('?in=field&q=user~hunter2')).ids, [])
  await app.close()
})

test('finds sessions in an encrypted directory', async ({ directory }) => {
  const { app, get, write } = await serve(directory, { secret: 's'.repeat(32) })
  await write('abc', { account: 'ada' })
  assert.equal((await get('?in=field&q=account%3Dada')).ids, ['abc'])
  await app.close()
})

test('says how a field is named', async ({ directory }) => {
  const { app, get } = await serve(directory)
  for (const text of ['=x', 'a..b', '.']) {
    assert.match(textOf((await get(`?${new URLSearchParams({ in: 'field', q: text })}`)).body), 'Name a field', text)
  }
  await app.close()
})

test('by owner is offered only by a store that knows owners', async ({ directory }) => {
  const app = Fastify()
  const store = new FileStore(directory, { pruneInterval: 0 })
  await app.register(dashboard, { store, preHandler: async () => {}, sampleInterval: 0 })
  const { body } = await app.inject('/?in=owner&q=ada')
  assert.is(body.includes('<option value="owner"'), false)
  assert.match(textOf(body), 'cannot search by owner')
  await app.close()
  await store.close()
})

test.run()
