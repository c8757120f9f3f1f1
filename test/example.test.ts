import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { buildApp } from '../examples/accounts/app.ts'
import { secretFor } from '../examples/accounts/secret.ts'
import { Client } from './client.ts'
import { namesIn, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('The example application')
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1'

/** The application on a directory, listening, until `story` is over. */
async function open (directory: string, story: (address: string) => Promise<void>): Promise<void> {
  const app = await buildApp({ sessionsDirectory: directory, secret: secretFor(directory, undefined) })
  try {
    await story(await app.listen({ host: '127.0.0.1', port: 0 }))
  } finally {
    await app.close()
  }
}

const signIn = (client: Client, name: string, browser = firefox) => client.ask('/sign-in', { name }, { 'user-agent': browser })

test('keeps a login, its visits and its cart over a restart', async ({ directory }) => {
  const client = new Client('')
  let kept = client
  await open(directory, async address => {
    kept = client.at(address)
    assert.is((await signIn(kept, 'Ada')).status, 303)
    await kept.ask('/cart/add', { product: 'notebook' })
    assert.match((await kept.ask('/')).text, 'Hello, Ada')
  })
  await open(directory, async address => {
    const { text } = await kept.at(address).ask('/')
    assert.match(text, 'Hello, Ada')
    assert.match(text, '<div class="visits">2</div>')
    assert.match(text, '1 × € 6.50')
  })
})

test('gives a new id at the login, and ends the session at the logout', async ({ directory }) => {
  await open(directory, async address => {
    const client = new Client(address)
    await signIn(client, 'Ada')
    const first = client.cookies
    await signIn(client, 'Ada')
    assert.is.not(client.cookies, first)
    assert.is((await namesIn(directory)).filter(name => name.endsWith('.json')).length, 1)
    await client.ask('/sign-out', {})
    assert.is(client.cookies, '')
    assert.match((await client.ask('/')).text, '<h1>Sign in</h1>')
    assert.equal((await namesIn(directory)).filter(name => name.endsWith('.json')), [])
  })
})

test('shows where an account is signed in, and signs out there', async ({ directory }) => {
  await open(directory, async address => {
    const [here, there, elsewhere, eve] = [1, 2, 3, 4].map(() => new Client(address)) as [Client, Client, Client, Client]
    await signIn(here, 'Ada')
    await signIn(there, 'Ada', safari)
    await signIn(elsewhere, 'Ada', 'curl/8.0')
    await signIn(eve, 'Eve', safari)
    const { text } = await here.ask('/places')
    for (const browser of ['Firefox on Linux', 'Safari on iOS', 'curl', 'This browser, now']) assert.match(text, browser)
    const [, handle = ''] = /Safari.*?name="place" value="([^"]*)"/s.exec(text) ?? []
    assert.is((await here.ask('/places/end', { place: handle })).status, 303)
    assert.match((await there.ask('/')).text, '<h1>Sign in</h1>')
    assert.match((await elsewhere.ask('/')).text, 'Hello, Ada')
    await here.ask('/places/end-others', {})
    assert.match((await elsewhere.ask('/')).text, '<h1>Sign in</h1>')
    assert.match((await here.ask('/')).text, 'Hello, Ada')
    assert.match((await eve.ask('/')).text, 'Hello, Eve')
  })
})

test('escapes what people call themselves', async ({ directory }) => {
  await open(directory, async address => {
    const client = new Client(address)
    await signIn(client, '<script>"&\'', '<b>Firefox/1')
    assert.match((await client.ask('/')).text, 'Hello, &lt;script&gt;&quot;&amp;&#39;')
    assert.not.match((await client.ask('/places')).text, '<b>')
  })
})

test('answers what it does not know or like', async ({ directory }) => {
  await open(directory, async address => {
    const client = new Client(address)
    assert.is((await signIn(client, ' ')).status, 400)
    assert.is((await client.ask('/nowhere')).status, 404)
    assert.is((await client.ask('/places')).status, 303)
    await signIn(client, 'Ada')
    assert.is((await client.ask('/cart/add', { product: '__proto__' })).status, 400)
    await client.ask('/cart/add', { product: 'pencil' })
    await client.ask('/cart/remove', { product: 'pencil' })
    assert.match((await client.ask('/')).text, 'Nothing in it yet.')
    assert.equal((await namesIn(directory)).filter(name => name.endsWith('.json')).length, 1)
  })
})

test('makes its secret once, and keeps it to itself', async ({ directory }) => {
  const secret = secretFor(join(directory, 'new'), undefined)
  assert.is(secretFor(join(directory, 'new'), undefined), secret)
  assert.is(await readFile(join(directory, 'new', '.secret'), 'utf8'), secret)
  assert.is((await stat(join(directory, 'new', '.secret'))).mode & 0o777, 0o600)
  assert.is(secretFor(directory, 'given'), 'given')
})

test.run()
