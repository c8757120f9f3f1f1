import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'
import { serve, textOf } from './support.ts'

const test = suiteOnDisk('The page of one session')

const unescaped = (body: string) => body.replaceAll('&quot;', '"').replaceAll('&#39;', "'")

test('shows its content as JSON', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('abc', { account: 'ada', cart: { tea: 2 } }, 60_000)
  const { status, body } = await get('/session?id=abc')
  assert.is(status, 200)
  const json = JSON.parse(unescaped(/<pre[^>]*><code>(.*)<\/code><\/pre>/s.exec(body)![1]!))
  assert.equal([json.account, json.cart, json.cookie.originalMaxAge], ['ada', { tea: 2 }, 3_600_000])
  assert.match(textOf(body), /Last used 1 minute ago .* Expires in 58 minutes|Expires in 59 minutes/)
  await app.close()
})

test('does not show the fields named in redact, at any depth, in upper or lower case', async ({ directory }) => {
  const { app, get, write } = await serve(directory, { redact: ['email', 'Pin'] })
  await write('abc', { email: 'ada@example.org', cards: [{ PIN: 1234, name: 'visa' }], nested: { pin: { a: 'deep' } }, password: 'shown' })
  for (const path of ['/session?id=abc', '', '?in=field&q=cards']) {
    const { body } = await get(path)
    for (const secret of ['ada@example.org', '1234', 'deep']) assert.not.match(body, secret, path)
    assert.match(body, 'visa', path)
  }
  assert.match(unescaped((await get('/session?id=abc')).body), '"email": "[hidden]"')
  assert.match((await get('/session?id=abc')).body, 'shown')
  await app.close()
})

test('hides usual secrets by default', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('abc', { _csrf: 's3cret', user: { passwordHash: 's3cret', accessToken: 's3cret' } })
  for (const path of ['/session?id=abc', '']) assert.not.match((await get(path)).body, 's3cret', path)
  await app.close()
})

test('is not found for one that is not there, or cannot be', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('abc', {})
  for (const query of ['?id=abd', '', '?id=', '?id=..%2Fabc', '?id=%00', '?id=a&id=b', `?id=${'x'.repeat(300)}`]) {
    const { status, body } = await get(`/session${query}`)
    assert.is(status, 404, query)
    assert.match(textOf(body), 'No such session', query)
  }
  await app.close()
})

test('is there for ids of any length and with any characters', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  for (const id of ['x'.repeat(240), 'a/b', '%2e', 'ä ö', '../abc', '?&#']) {
    await write(id, { account: 'ada' })
    const { status, body } = await get(`/session?id=${encodeURIComponent(id)}`)
    assert.equal([status, body.includes('ada')], [200, true], id)
  }
  await app.close()
})

test('does not make the session used', async ({ directory }) => {
  const { app, get, write } = await serve(directory)
  await write('abc', {}, 120_000)
  await get('/session?id=abc')
  await get('')
  assert.match(textOf((await get('/session?id=abc')).body), '2 minutes ago')
  await app.close()
})

test.run()
