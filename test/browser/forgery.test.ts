import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { demoUsers } from '../../examples/accounts/demo.ts'
import { heading, signIn, suiteInBrowser } from './support.ts'

const test = suiteInBrowser('A page of another site, in a browser')

/** Serves a page whose form sends `fields` to `action` by itself, and opens it from `host`, until `story` is over. */
async function lure (page: Page, host: string, action: string, fields: Record<string, string>, story: (status: number) => Promise<void>): Promise<void> {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`).join('')
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<form method="post" action="${action}">${inputs}</form><script>document.forms[0].submit()</script>`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const answer = page.waitForResponse(response => response.url() === action)
    await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`, { waitUntil: 'commit' })
    const { status } = { status: (await answer).status() }
    await page.waitForURL(action)
    await story(status)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

// `127.0.0.1` with another port is another origin of the same site: the browser sends the cookies along, as it does
// from a neighbour's subdomain. `localhost` is another site.
for (const host of ['127.0.0.1', 'localhost']) {
  test(`cannot sign anybody in as somebody else, from ${host}`, async ({ open, shop }) => {
    const page = await open()
    await page.goto('/sign-in')
    const { name, password } = demoUsers[1]!
    await lure(page, host, `${shop.address}/sign-in`, { name, password }, async status => {
      assert.is(status, 403)
      assert.is(await heading(page), 'That form is out of date')
    })
    await page.goto('/')
    assert.is(await heading(page), 'Sign in')
  })

  test(`cannot act for who is signed in, from ${host}`, async ({ open, shop }) => {
    const page = await open()
    await signIn(page, 'Ada')
    const token = await page.locator('[name=_csrf]').first().inputValue()
    const eve = await open()
    await signIn(eve, 'Grace')
    const stolen = await eve.locator('[name=_csrf]').first().inputValue()
    assert.is.not(stolen, token)
    for (const _csrf of ['', 'made up', stolen]) {
      await lure(page, host, `${shop.address}/cart`, { product: 'ink', change: '1', from: 'shelf', _csrf }, async status => assert.is(status, 403))
      await lure(page, host, `${shop.address}/sessions/end-others`, { _csrf }, async status => assert.is(status, 403))
      await lure(page, host, `${shop.address}/sign-out`, { _csrf }, async status => assert.is(status, 403))
    }
    await page.goto('/')
    assert.is(await heading(page), 'Hello, Ada')
    assert.is(await page.getByText('Nothing in it yet.').count(), 1)
  })
}

test.run()
