import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { deviceOf } from '../examples/accounts/device.ts'
import { timeAgo } from '../examples/accounts/times.ts'
import { countVisit } from '../examples/accounts/visits.ts'
import { Client } from './client.ts'
import { browsers, openShop, signIn, submit } from './shop.ts'
import { namesIn, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('The example application')
const sessionFiles = async (directory: string) => (await namesIn(join(directory, 'sessions')).catch(() => [])).filter(name => name.endsWith('.json'))
const day = 24 * 60 * 60 * 1000

test('keeps a login, its visits and its cart over a restart', async ({ directory }) => {
  let client = new Client('')
  await openShop(directory, async address => {
    client = client.at(address)
    assert.is((await signIn(client)).status, 303)
    await submit(client, '/', '/cart', { product: 'notebook', change: '1', from: 'shelf' })
  })
  await openShop(directory, async address => {
    const { text } = await client.at(address).ask('/')
    assert.match(text, 'Hello, Ada')
    assert.match(text, '<dd id="visits">1</dd>')
    assert.match(text, /Count: <\/span>1/)
  })
})

test('adds an account that can sign in after a restart, in any case of its letters', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    assert.is((await submit(client, '/register', '/register', { name: ' Lin ', password: 'a few good words' })).status, 303)
    assert.match((await client.ask('/')).text, 'Your account is ready, Lin.')
    assert.is((await submit(new Client(address), '/register', '/register', { name: 'LIN', password: 'other good words' })).status, 409)
  })
  assert.not.match(await readFile(join(directory, 'users.json'), 'utf8'), 'good words')
  await openShop(directory, async address => {
    assert.is((await submit(new Client(address), '/sign-in', '/sign-in', { name: 'lin', password: 'a few good words' })).status, 303)
  })
})

test('tells what is wrong with a name or a password, beside the field', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    const { status, text } = await submit(client, '/register', '/register', { name: ' ', password: 'short' })
    assert.is(status, 400)
    assert.match(text, /aria-invalid="true" aria-describedby="name-complaint" autofocus/)
    assert.match(text, 'Enter a password of at least 12 characters.')
    assert.match((await submit(client, '/register', '/register', { name: 'n'.repeat(41), password: 'p'.repeat(201) })).text, /at most 40 characters(.|\n)*at most 200 characters/)
  })
})

test('remembers for 30 days who asks for it, and others until the browser closes', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    const expiry = async () => JSON.parse(await readFile(join(directory, 'sessions', (await sessionFiles(directory))[0]!), 'utf8')).cookie.originalMaxAge
    assert.match((await signIn(client, { remember: true })).setCookie, 'Expires=')
    assert.is(await expiry(), 30 * day)
    assert.match((await client.ask('/')).text, 'for 30 days')
    await submit(client, '/', '/sign-out', {})
    assert.not.match((await signIn(client)).setCookie, 'Expires=')
    assert.is(await expiry(), null)
    assert.match((await client.ask('/')).text, 'until the browser closes')
  })
})

test('counts visits and not clicks, and writes nothing for clicks within a minute', () => {
  const session: any = {}
  countVisit(session, 1_000_000_000)
  assert.equal(session, { visits: 1, seenAt: 1_000_000_000 })
  countVisit(session, 1_000_060_000)
  assert.equal(session, { visits: 1, seenAt: 1_000_000_000 })
  countVisit(session, 1_000_060_001)
  assert.equal(session, { visits: 1, seenAt: 1_000_060_001 })
  countVisit(session, 1_001_860_002)
  assert.is(session.visits, 2)
})

test('shows where an account is signed in, and signs out there', async ({ directory }) => {
  await openShop(directory, async address => {
    const [here, there, elsewhere, grace] = [1, 2, 3, 4].map(() => new Client(address)) as [Client, Client, Client, Client]
    await signIn(here)
    await signIn(there, { browser: browsers.safari })
    await signIn(elsewhere)
    await signIn(grace, { name: 'Grace', browser: browsers.safari })
    const { text } = await here.ask('/sessions')
    for (const words of ['Firefox on Linux', 'Safari on iOS', 'This browser', 'Last used <time']) assert.match(text, words)
    assert.is(text.match(/Safari on iOS<\/p>|Safari on iOS\s*<\/p>/g)?.length, 1)
    const [, handle = ''] = /Sign out Safari(?:.|\n)*?name="session" value="([^"]*)"/.exec(text) ?? []
    assert.is((await submit(grace, '/sessions', '/sessions/end', { session: handle })).status, 303)
    assert.match((await there.ask('/')).text, 'Hello, Ada')
    await submit(here, '/sessions', '/sessions/end', { session: handle })
    assert.match((await here.ask('/sessions')).text, 'Safari on iOS is signed out.')
    assert.is((await there.ask('/')).location, '/sign-in?ended')
    assert.is((await there.ask('/')).location, '/sign-in')
    await submit(here, '/sessions', '/sessions/end-others', {})
    assert.is((await elsewhere.ask('/')).status, 303)
    assert.match((await here.ask('/sessions')).text, 'One other browser is signed out.')
    assert.match((await grace.ask('/')).text, 'Hello, Grace')
  })
})

test('names browsers by what they say of themselves', () => {
  assert.equal(deviceOf(browsers.firefox), { name: 'Firefox on Linux', kind: 'computer' })
  assert.equal(deviceOf(browsers.safari), { name: 'Safari on iOS', kind: 'phone' })
  for (const odd of [undefined, '', 'x', '<script>']) assert.equal(deviceOf(odd), { name: 'Unknown browser', kind: 'computer' })
})

test('tells times as people do', () => {
  const cases: ReadonlyArray<readonly [passed: number, words: string]> = [
    [-5000, 'just now'], [59_999, 'just now'], [60_000, '1 minute ago'], [3_599_999, '59 minutes ago'], [2 * 3_600_000, '2 hours ago'],
    [day, 'yesterday'], [29 * day, '29 days ago'], [30 * day, 'last month'], [800 * day, '2 years ago']
  ]
  for (const [passed, words] of cases) assert.is(timeAgo(new Date(Date.UTC(2026, 0, 1) - passed), Date.UTC(2026, 0, 1)), words)
})

test('makes its secret at the first start, and keeps it and the accounts to itself', async ({ directory }) => {
  const data = join(directory, 'data')
  await openShop(data, async () => {})
  const secret = await readFile(join(data, 'secret'), 'utf8')
  assert.is(secret.length, 43)
  await openShop(data, async () => {})
  assert.is(await readFile(join(data, 'secret'), 'utf8'), secret)
  assert.is((await stat(join(data, 'secret'))).mode & 0o777, 0o600)
  assert.is((await stat(data)).mode & 0o777, 0o700)
})

test.run()
