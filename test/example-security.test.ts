import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { Client } from './client.ts'
import { openShop, signIn, submit, tokenIn } from './shop.ts'
import { namesIn, suiteOnDisk } from './support.ts'

const test = suiteOnDisk('The example application under attack')
const sessionFiles = async (directory: string) => (await namesIn(join(directory, 'sessions')).catch(() => [])).filter(name => name.endsWith('.json'))

test('refuses every form without its token, signing in included', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    await signIn(client)
    const forms: ReadonlyArray<readonly [action: string, fields: Record<string, string>]> = [
      ['/sign-in', { name: 'Grace', password: 'nanoseconds of wire' }], ['/register', { name: 'Eve', password: 'a few good words' }],
      ['/cart', { product: 'ink', change: '1' }], ['/sessions/end', { session: 'x' }], ['/sessions/end-others', {}], ['/sign-out', {}]
    ]
    for (const [action, fields] of forms) {
      assert.is((await client.ask(action, fields)).status, 403, action)
      assert.is((await client.ask(action, { ...fields, _csrf: 'made up' })).status, 403, action)
    }
    assert.match((await client.ask('/')).text, 'Hello, Ada')
  })
})

test('refuses a token that was made for another session', async ({ directory }) => {
  await openShop(directory, async address => {
    const [ada, eve] = [new Client(address), new Client(address)]
    const visitors = tokenIn((await ada.ask('/sign-in')).text)
    await signIn(ada)
    await signIn(eve, { name: 'Grace' })
    for (const token of [visitors, tokenIn((await eve.ask('/')).text)]) {
      assert.match(await ada.ask('/sign-out', { _csrf: token }).then(({ status, text }) => `${status} ${text}`), /^403(.|\n)*out of date/)
    }
    // Even when somebody managed to plant his cookie in the browser of another.
    const planted = ada.with('csrf', eve)
    assert.is((await planted.ask('/sign-out', { _csrf: tokenIn((await eve.ask('/')).text) })).status, 403)
  })
})

test('stops those who guess passwords, for that account from that address', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    const attempt = (name: string, password: string) => submit(client, '/sign-in', '/sign-in', { name, password })
    for (let count = 1; count <= 5; count++) assert.is((await attempt(count % 2 ? 'Ada' : ' ada', `guess ${count}`)).status, 401)
    const stopped = await attempt('Ada', 'analytical engine')
    assert.is(stopped.status, 429)
    assert.match(stopped.text, /Too many wrong passwords. Try again in 1[45] minutes./)
    assert.is((await attempt('Grace', 'nanoseconds of wire')).status, 303)
  })
})

test('stops floods of forms, before it hashes a password or makes a file', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    const token = tokenIn((await client.ask('/sign-in')).text)
    const answers = await Promise.all(Array.from({ length: 100 }, (_, count) =>
      client.ask('/sign-in', { _csrf: token, name: `user ${count}`, password: 'nothing' })))
    assert.is(answers.filter(({ status }) => status === 401).length, 20)
    assert.is(answers.filter(({ status }) => status === 429).length, 80)
    assert.match(answers.at(-1)!.text, 'Too many requests')
  })
  assert.equal(await sessionFiles(directory), [])
})

test('tells nobody which names have an account', async ({ directory }) => {
  await openShop(directory, async address => {
    const answer = async (name: string) => (await submit(new Client(address), '/sign-in', '/sign-in', { name, password: 'wrong' })).text
      .replaceAll(/value="[^"]*"/g, '')
    assert.is(await answer('Ada'), await answer('Eve'))
  })
})

test('gives a new id at the login, ends the session at the logout, and leaves no file for visitors', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    for (const page of ['/sign-in', '/register', '/', '/nowhere']) await client.ask(page)
    assert.equal(await sessionFiles(directory), [])
    await signIn(client)
    const [first] = await sessionFiles(directory)
    assert.is((await client.ask('/sign-in')).status, 303)
    assert.is((await submit(client, '/', '/sign-in', { name: 'Grace', password: 'nanoseconds of wire' })).status, 303)
    const after = await sessionFiles(directory)
    assert.is(after.length, 1)
    assert.is.not(after[0], first)
    await submit(client, '/', '/sign-out', {})
    assert.equal(await sessionFiles(directory), [])
    assert.match((await client.ask('/sign-in?bye')).text, 'You are signed out.')
  })
})

test('sends headers that let nothing in from elsewhere, and keeps pages out of caches', async ({ directory }) => {
  await openShop(directory, async address => {
    const { headers } = await fetch(`${address}/sign-in`)
    assert.match(headers.get('content-security-policy') ?? '', "default-src 'none';style-src 'self'")
    assert.is(headers.get('cache-control'), 'no-store')
    assert.is(headers.get('x-content-type-options'), 'nosniff')
    for (const file of ['/public/style.css', '/fonts/inter/index.css', '/fonts/fraunces/opsz.css', '/public/ink.svg']) {
      assert.is((await fetch(address + file)).headers.get('cache-control'), 'public, max-age=3600', file)
    }
    assert.is((await fetch(`${address}/public/..%2fapp.ts`)).status, 404)
  })
})

test('sends cookies over HTTPS only, when that is what the proxy in front of it says', async ({ directory }) => {
  await openShop(directory, async address => {
    const proxied = await fetch(`${address}/sign-in`, { headers: { 'x-forwarded-proto': 'https' } })
    assert.match(proxied.headers.get('set-cookie') ?? '', /^csrf=.*; Secure/)
    assert.not.match((await fetch(`${address}/sign-in`)).headers.get('set-cookie') ?? '', 'Secure')
  }, { trustProxy: '127.0.0.1' })
})

test('shows the dashboard to administrators, and to nobody else', async ({ directory }) => {
  await openShop(directory, async address => {
    const [visitor, ada, admin] = [new Client(address), new Client(address), new Client(address)]
    await signIn(ada)
    await signIn(admin, { name: 'Admin' })
    for (const path of ['/admin/sessions', '/admin/sessions/activity']) {
      assert.equal(await visitor.ask(path).then(({ status, location }) => [status, location]), [303, '/sign-in'], path)
      assert.is((await ada.ask(path)).status, 403, path)
      assert.is((await admin.ask(path)).status, 200, path)
    }
    const [id = ''] = (await sessionFiles(directory)).map(name => name.slice(0, -'.json'.length))
    for (const [client, site, status] of [[ada, 'same-origin', 403], [admin, 'cross-site', 403], [admin, 'same-origin', 200]] as const) {
      assert.is((await client.ask('/admin/sessions/end', { id }, { 'sec-fetch-site': site })).status, status)
    }
    assert.match((await admin.ask('/')).text, 'href="/admin/sessions"')
    assert.not.match((await ada.ask('/')).text, '/admin')
  })
})

test('escapes what people call themselves, and answers what it does not know or like', async ({ directory }) => {
  await openShop(directory, async address => {
    const client = new Client(address)
    await submit(client, '/register', '/register', { name: '<script>"&\'', password: 'a few good words' })
    const { text } = await client.ask('/')
    assert.match(text, 'Hello, &lt;script&gt;&quot;&amp;&#39;')
    assert.not.match(text, '<script>')
    assert.match((await client.ask('/nowhere')).text, 'Not found')
    assert.is((await submit(client, '/', '/cart', { product: '__proto__', change: '1' })).status, 400)
    assert.is((await submit(client, '/', '/cart', { product: 'ink', change: '50' })).status, 400)
    await submit(client, '/', '/cart', { product: 'ink', change: '-1', from: 'cart' })
    assert.match((await client.ask('/')).text, 'Nothing in it yet.')
  })
})

test.run()
