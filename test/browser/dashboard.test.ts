import { createHash } from 'node:crypto'
import { mkdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { dashboard, type DashboardGuard } from '../../src/dashboard/index.ts'
import { promised, suiteOnDisk } from '../support.ts'
import { TestStore } from '../dashboard/support.ts'

const test = suiteOnDisk('The dashboard in a browser')
const prefix = '/admin/sessions'

let browser: Browser

test.before(async () => {
  browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
})
test.after(() => browser?.close())

// Closed even if a test fails: a server that listens would keep the process alive.
const visits: Visit[] = []
test.after.each(async () => { for (const { leave } of visits.splice(0)) await leave() })

/** A dashboard that listens, and a browser that looks at it. */
interface Visit {
  readonly app: FastifyInstance
  readonly address: string
  readonly store: TestStore
  readonly context: BrowserContext
  readonly page: Page
  /** What the browser complained about: refused scripts and styles, uncaught errors, answers that failed. */
  readonly complaints: string[]
  write (id: string, fields?: object, usedAgo?: number): Promise<void>
  leave (): Promise<void>
}

async function visit (directory: string, options: BrowserContextOptions = {}, preHandler: DashboardGuard = async () => {}): Promise<Visit> {
  const store = new TestStore(directory)
  const app = Fastify({ forceCloseConnections: true })
  app.get('/sign-in', async () => 'Sign in')
  await app.register(dashboard, { store, prefix, preHandler, sampleInterval: 0 })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()) })
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => { if (!request.url().startsWith(address)) complaints.push(`asked ${request.url()}`) })
  const visit: Visit = {
    app,
    address,
    store,
    context,
    page,
    complaints,
    async write (id, fields = {}, usedAgo = 0) {
      await promised(store).set(id, { cookie: { originalMaxAge: 3_600_000 }, ...fields })
      const time = (Date.now() - usedAgo) / 1000
      await utimes(store.sessionFile(id), time, time)
    },
    async leave () {
      await context.close()
      await app.close()
      await store.close()
    }
  }
  visits.push(visit)
  return visit
}

const rows = (page: Page) => page.locator('tbody tr a.id').allTextContents()

test('shows sessions that come and go, without a reload', async ({ directory }) => {
  const { page, address, write, store, complaints } = await visit(directory)
  await write('one', { account: 'ada' }, 10_000)
  await page.goto(address + prefix)
  await page.locator('#session-one').waitFor()
  await page.evaluate('window.isSamePage = true')
  assert.equal(await rows(page), ['one'])
  await write('two', { account: 'bob' })
  await page.locator('#session-two').waitFor()
  assert.equal(await rows(page), ['two', 'one'])
  await store.revoke('one')
  await page.locator('#session-one').waitFor({ state: 'detached' })
  assert.equal([await rows(page), await page.evaluate('window.isSamePage'), complaints], [['two'], true, []])
})

test('keeps the focus on a row that moves, and finds a place for it when the row goes', async ({ directory }) => {
  const { page, address, write, store } = await visit(directory)
  await write('one', {}, 20_000)
  await write('two', {}, 10_000)
  await page.goto(address + prefix)
  await page.locator('#session-one button').focus()
  await write('one')
  await page.locator('tbody tr:first-child#session-one').waitFor()
  assert.is(await page.evaluate('document.activeElement.closest("tr")?.id'), 'session-one')
  await store.revoke('one')
  await page.locator('#session-one').waitFor({ state: 'detached' })
  assert.is(await page.evaluate('document.activeElement.id'), 'results')
})

test('can be paused', async ({ directory }) => {
  const { page, address, write } = await visit(directory)
  await page.goto(address + prefix)
  await page.getByRole('button', { name: 'Live' }).click()
  const paused = page.getByRole('button', { name: 'Paused' })
  assert.is(await paused.getAttribute('aria-pressed'), 'false')
  let asked = 0
  page.on('request', () => { asked++ })
  await write('one')
  await page.waitForTimeout(2_500)
  assert.equal([asked, await rows(page)], [0, []])
  await paused.click()
  await page.locator('#session-one').waitFor()
})

for (const javaScriptEnabled of [true, false]) {
  test(`ends a session after a question, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ directory }) => {
    const { page, address, write, complaints } = await visit(directory, { javaScriptEnabled })
    await write('one', { account: 'ada' })
    await write('two', { account: 'bob' })
    await page.goto(address + prefix)
    await page.getByRole('button', { name: 'End session one' }).click()
    await page.getByRole('link', { name: 'Cancel' }).click()
    assert.is((await rows(page)).length, 2)
    await page.getByRole('button', { name: 'End session one' }).click()
    await page.getByRole('heading', { name: 'End this session?' }).waitFor()
    await page.getByRole('button', { name: 'End session', exact: true }).click()
    await page.getByText('1 session ended.').waitFor()
    assert.equal([await rows(page), complaints], [['two'], []])
  })

  test(`searches, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ directory }) => {
    const { page, address, write } = await visit(directory, { javaScriptEnabled })
    await write('one', { account: 'ada' })
    await write('two', { account: 'bob' })
    await page.goto(address + prefix)
    await page.getByLabel('Search by').selectOption('Field')
    await page.getByLabel('Search for').fill('account=bob')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('heading', { name: '1 found for' }).waitFor()
    assert.equal(await rows(page), ['two'])
    await page.getByRole('link', { name: 'two' }).click()
    assert.match(await page.locator('pre').textContent() ?? '', '"account": "bob"')
  })
}

test("refuses another site's form", async ({ directory }) => {
  const { page, address, write, context } = await visit(directory)
  await write('one')
  const other = Fastify()
  other.get('/', async (_request, reply) => reply.type('text/html').send(
    `<form method="post" action="${address}${prefix}/end"><input name="id" value="one"><input name="confirmed" value="yes"><button>Win</button></form>`
  ))
  const otherAddress = await other.listen({ host: 'localhost', port: 0 })
  await page.goto(otherAddress)
  const [response] = await Promise.all([page.waitForNavigation(), page.getByRole('button', { name: 'Win' }).click()])
  assert.is(response?.status(), 403)
  const look = await context.newPage()
  await look.goto(address + prefix)
  assert.equal(await rows(look), ['one'])
  await other.close()
})

test('draws its charts under the strict policy, and their numbers can be read', async ({ directory }) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, address, write, complaints } = await visit(directory, { colorScheme })
    await write('one', {}, 120_000)
    await page.goto(`${address}${prefix}/activity`)
    await page.locator('[data-chart="ages"] canvas').waitFor()
    await page.locator('[data-chart="sizes"] canvas').waitFor()
    await page.locator('[data-chart="ages"] summary').click()
    assert.is(await page.getByRole('row', { name: /^5 min/ }).getByRole('cell').textContent(), '1')
    assert.equal(complaints, [])
  }
})

for (const width of [320, 768, 1440]) {
  test(`fits ${width} pixels, with targets large enough`, async ({ directory }) => {
    const { page, address, write } = await visit(directory, { viewport: { width, height: 800 } })
    const id = 'a-very-long-id-without-any-place-to-break'.replaceAll('-', '').repeat(5)
    await write(id, { account: 'x'.repeat(500) })
    for (const path of ['', `?in=owner&q=${'x'.repeat(500)}`, '/activity', `/session?id=${id}`, `?q=${'x'.repeat(200)}`]) {
      await page.goto(address + prefix + path)
      assert.is(await page.evaluate('document.documentElement.scrollWidth'), width, path)
      const small = await page.evaluate(`[...document.querySelectorAll('button, select, input:not([type=hidden]), .bar a, .pages a')]
        .filter(element => element.checkVisibility() && element.getBoundingClientRect().height < 44).map(element => element.outerHTML)`)
      assert.equal(small, [], path)
    }
  })
}

test('can be used with the keyboard alone', async ({ directory }) => {
  const { page, address, write } = await visit(directory)
  await write('one')
  await page.goto(address + prefix)
  await page.keyboard.press('Tab')
  assert.is(await page.evaluate('document.activeElement.textContent'), 'Skip to content')
  await page.keyboard.press('Enter')
  for (let presses = 0; presses < 20 && await page.evaluate('document.activeElement.textContent') !== 'End'; presses++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'End this session?' }).waitFor()
  for (let presses = 0; presses < 20 && await page.evaluate('document.activeElement.textContent') !== 'End session'; presses++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('1 session ended.').waitFor()
})

test('says so when the operator is signed out meanwhile', async ({ directory }) => {
  let isSignedIn = true
  const { page, address } = await visit(directory, {}, async (_request: FastifyRequest, reply: FastifyReply) => isSignedIn ? undefined : reply.redirect('/sign-in'))
  await page.goto(address + prefix)
  isSignedIn = false
  await page.getByRole('button', { name: 'Signed out' }).waitFor()
})

const pictures = [['', 'light'], ['-dark', 'dark']] as const

for (const [suffix, colorScheme] of pictures) {
  test(`can be shown in the documentation${suffix && `, ${suffix.slice(1)}`}`, async ({ directory }) => {
    const { page, address, write } = await visit(directory, { viewport: { width: 1280, height: 780 }, colorScheme, deviceScaleFactor: 1.5 })
    const people = ['ada', 'bob', 'cid', 'dan', 'eve']
    for (let number = 0; number < 40; number++) {
      const id = createHash('sha256').update(String(number)).digest('base64url').slice(0, 32)
      const items = Array.from({ length: number % 5 }, (_, item) => ({ article: `article-${item}`, quantity: 1 + item }))
      await write(id, { ...(number % 4 !== 3 && { account: people[number % people.length] }), visits: 1 + number % 9, cart: items }, 4_000 + 61_000 * number)
    }
    await page.goto(address + prefix)
    await page.locator('tbody tr').first().waitFor()
    const screenshots = join(import.meta.dirname, '../../docs/screenshots')
    await mkdir(screenshots, { recursive: true })
    await page.mouse.move(0, 0)
    const picture = await page.screenshot({ path: join(screenshots, `dashboard${suffix}.png`), animations: 'disabled', caret: 'hide' })
    assert.ok(picture.length > 10_000)
  })
}

test.run()
