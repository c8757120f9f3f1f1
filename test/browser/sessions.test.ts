import * as assert from 'uvu/assert'
import { browsers } from '../shop.ts'
import { age, heading, sessionFiles, signIn, suiteInBrowser, waitForFocus } from './support.ts'

const test = suiteInBrowser('My sessions, in a browser')

for (const javaScriptEnabled of [true, false]) {
  test(`signs out another browser after a question, which sees it at once, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ open }) => {
    const [page, phone, grace] = [await open({ javaScriptEnabled }), await open({ userAgent: browsers.safari }), await open()]
    await signIn(page, 'Ada')
    await signIn(phone, 'Ada')
    await signIn(grace, 'Grace')
    await page.getByRole('link', { name: 'My sessions' }).click()
    assert.is(await page.locator('.sessions > li').count(), 2)

    const ask = page.getByRole('button', { name: /^Sign out: Safari on iOS, last used/ })
    const question = page.getByRole('dialog', { name: 'Sign out Safari on iOS?' })
    await ask.click()
    await question.waitFor()
    await waitForFocus(question.getByRole('button', { name: 'Cancel' }))
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'hidden' })
    await waitForFocus(ask)
    await phone.reload()
    assert.is(await heading(phone), 'Hello, Ada')

    await ask.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('status').waitFor()
    assert.is(await page.getByRole('status').innerText(), 'Safari on iOS is signed out.')
    assert.is(await page.locator('.sessions > li').count(), 1)
    await waitForFocus(page.locator('#sessions'))
    await phone.reload()
    assert.is(await heading(phone), 'Sign in')
    assert.is(await phone.getByRole('status').innerText(), 'Your session has ended. Please sign in again.')
    await grace.reload()
    assert.is(await heading(grace), 'Hello, Grace')
  })
}

test('signs out everywhere else', async ({ open }) => {
  const [page, ...others] = [await open(), await open({ userAgent: browsers.safari }), await open({ userAgent: browsers.firefox }), await open()]
  for (const each of [page!, ...others]) await signIn(each, 'Ada')
  await page!.goto('/sessions')
  await page!.getByRole('button', { name: 'Sign out everywhere else' }).click()
  const question = page!.getByRole('dialog', { name: 'Sign out everywhere else?' })
  assert.match(await question.innerText(), '3 other browsers have to sign in again.')
  await question.getByRole('button', { name: 'Sign out everywhere else' }).click()
  assert.is(await page!.getByRole('status').innerText(), '3 other browsers are signed out.')
  for (const other of others) {
    await other.reload()
    assert.is(await heading(other), 'Sign in')
  }
  assert.is(await page!.getByRole('button', { name: 'Sign out everywhere else' }).count(), 0)
})

test('says when each session was last used, the latest first', async ({ directory, open }) => {
  const ages = [['Safari on iOS', browsers.safari, 130_000, '2 minutes ago'], ['Firefox on Linux', browsers.firefox, 3 * 3_600_000, '3 hours ago']] as const
  for (const [name, userAgent, ago] of [...ages].reverse()) {
    await signIn(await open({ userAgent }), 'Ada')
    const file = (await sessionFiles(directory, 'ada')).find(({ session }) => session.device.name === name)
    await age(file!, ago)
  }
  const page = await open()
  await signIn(page, 'Ada')
  await page.goto('/sessions')
  const lines = await page.locator('.what').allInnerTexts()
  assert.match(lines[0]!, /This browser(.|\n)*Active now/)
  assert.match(lines[1]!, /Safari on iOS(.|\n)*Last used 2 minutes ago/)
  assert.match(lines[2]!, /Firefox on Linux(.|\n)*Last used 3 hours ago/)
})

test.run()
