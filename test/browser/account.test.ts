import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { age, heading, launchOptions, sessionFiles, signIn, suiteInBrowser, waitForFocus } from './support.ts'

const test = suiteInBrowser('Accounts, in a browser')
const day = 24 * 60 * 60 * 1000

test('registers somebody, who can then sign in', async ({ open }) => {
  const page = await open()
  await page.goto('/')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Name').fill('Lin')
  await page.getByLabel('Password').fill('short')
  await page.getByRole('button', { name: 'Create the account' }).click()
  assert.is(await page.getByLabel('Password').getAttribute('aria-invalid'), 'true')
  await waitForFocus(page.getByLabel('Password'))
  await page.getByLabel('Password').fill('a few good words')
  await page.getByRole('button', { name: 'Create the account' }).click()
  assert.is(await heading(page), 'Hello, Lin')
  await page.getByRole('button', { name: 'Sign out' }).click()
  assert.is(await page.getByRole('status').innerText(), 'You are signed out.')
  await signIn(page, 'lin', { password: 'a few good words' })
  assert.is(await heading(page), 'Hello, Lin')
})

test('refuses a wrong password, keeps the name, and stops who goes on guessing', async ({ open }) => {
  const page = await open()
  for (let count = 1; count <= 5; count++) {
    await signIn(page, 'Ada', { password: `guess ${count}` })
    assert.is(await page.getByRole('alert').innerText(), 'This name and password do not belong together.')
    assert.is(await page.getByLabel('Name').inputValue(), 'Ada')
    assert.is(await page.getByLabel('Password').inputValue(), '')
    await waitForFocus(page.getByLabel('Password'))
  }
  await signIn(page, 'Ada')
  assert.match(await page.getByRole('alert').innerText(), /Too many wrong passwords. Try again in 1[45] minutes./)
  await signIn(page, 'Grace')
  assert.is(await heading(page), 'Hello, Grace')
})

test('remembers who wants it when the browser is closed, and nobody else', async ({ directory, shop }) => {
  for (const remember of [true, false]) {
    const profile = join(directory, `profile ${remember}`)
    await inBrowserWith(profile, shop.address, page => signIn(page, 'Ada', { remember }))
    await inBrowserWith(profile, shop.address, async page => {
      await page.goto('/')
      assert.is(await heading(page), remember ? 'Hello, Ada' : 'Sign in')
    })
  }
})

/** Starts a browser that keeps what it remembers in `profile`, and closes it after the visit. */
async function inBrowserWith (profile: string, baseURL: string, visit: (page: Page) => Promise<void>): Promise<void> {
  const browser = await chromium.launchPersistentContext(profile, { ...launchOptions, baseURL })
  try {
    await visit(await browser.newPage())
  } finally {
    await browser.close()
  }
}

test('ends a session a day after its last use, and a remembered one after 30 days', async ({ directory, open }) => {
  for (const [remember, days] of [[false, 1], [true, 30]] as const) {
    const earlier = (await sessionFiles(directory, 'ada')).map(({ file }) => file)
    const page = await open()
    await signIn(page, 'Ada', { remember })
    const session = (await sessionFiles(directory, 'ada')).find(({ file }) => !earlier.includes(file))
    // Half an hour before, and a moment after.
    await age(session!, days * day - 30 * 60_000)
    await page.goto('/')
    assert.is(await heading(page), 'Hello, Ada')
    await age(session!, days * day + 10)
    await page.goto('/')
    assert.is(await heading(page), 'Sign in')
    assert.is(await page.getByRole('status').innerText(), 'Your session has ended. Please sign in again.')
  }
})

test.run()
