import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { age, heading, sessionFiles, signIn, suiteInBrowser, waitForFocus } from './support.ts'

const test = suiteInBrowser('The shop, in a browser')

const add = (page: Page, product: string) => page.getByRole('button', { name: `Add to cart: ${product}` }).click()
const counts = (page: Page) => page.getByRole('region', { name: 'Your cart' }).getByRole('listitem').evaluateAll(lines =>
  lines.map(line => `${line.querySelector('.line-title')?.textContent} ${line.querySelector('.count')?.textContent?.replace('Count: ', '')}`))

test('keeps a login and a cart over a restart and over a kill', async ({ open, shop }) => {
  const page = await open()
  await signIn(page, 'Ada')
  await add(page, 'Notebook')
  assert.is(await shop.stop(), 0)
  await shop.start()
  // The form was opened before the restart: it still counts.
  await add(page, 'Ink')
  assert.equal(await counts(page), ['Notebook 1', 'Ink 1'])
  await shop.kill()
  await shop.start()
  await page.getByRole('button', { name: 'One more: Ink' }).click()
  assert.equal(await counts(page), ['Notebook 1', 'Ink 2'])
  assert.is(await heading(page), 'Hello, Ada')
})

test('counts a visit after a pause, and not each click', async ({ directory, open }) => {
  const page = await open()
  await signIn(page, 'Ada')
  for (let count = 0; count < 3; count++) await page.reload()
  assert.is(await page.locator('#visits').innerText(), '1')
  const [file] = await sessionFiles(directory, 'ada')
  await age(file!, 0, { seenAt: Date.now() - 31 * 60_000 })
  for (let count = 0; count < 3; count++) await page.reload()
  assert.is(await page.locator('#visits').innerText(), '2')
})

for (const javaScriptEnabled of [true, false]) {
  test(`can be used by keyboard alone, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ open }) => {
    const page = await open({ javaScriptEnabled })
    const { keyboard } = page
    const focused = () => page.locator(':focus').evaluateAll(([element]) => element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '')
    const tabTo = async (name: string) => {
      for (let count = 0; count < 40 && await focused() !== name; count++) await keyboard.press('Tab')
      await waitForFocus(page.getByRole('button', { name }))
    }
    // The first field has the focus already.
    await page.goto('/sign-in')
    await waitForFocus(page.getByLabel('Name'))
    await keyboard.type('Ada')
    await keyboard.press('Tab')
    await keyboard.type('analytical engine')
    await keyboard.press('Tab')
    await keyboard.press('Space')
    await keyboard.press('Enter')
    await page.waitForURL('**/')
    assert.match(await page.locator('.facts').innerText(), 'for 30 days')
    await keyboard.press('Tab')
    await waitForFocus(page.getByRole('link', { name: 'Skip to the content' }))
    assert.is(await page.locator('.skip').evaluate(link => link.getBoundingClientRect().top >= 0), true)
    await keyboard.press('Enter')
    await tabTo('Add to cart: Pencils')
    // The button that was pressed has the focus again on the next page: so it can be pressed again.
    for (let count = 1; count <= 3; count++) {
      await keyboard.press('Enter')
      await page.locator('.count', { hasText: `Count: ${count}` }).waitFor()
      await waitForFocus(page.getByRole('button', { name: 'Add to cart: Pencils' }))
    }
    await tabTo('One less: Pencils')
    for (const expected of ['2', '1']) {
      await keyboard.press('Enter')
      await page.locator('.count', { hasText: `Count: ${expected}` }).waitFor()
      await waitForFocus(page.getByRole('button', { name: 'One less: Pencils' }))
    }
    await keyboard.press('Enter')
    await page.getByText('Nothing in it yet.').waitFor()
    await waitForFocus(page.getByRole('heading', { name: 'Your cart' }))
  })
}

test.run()
