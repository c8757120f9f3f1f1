import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { browsers } from '../shop.ts'
import { age, assertAccessible, sessionFiles, signIn, suiteInBrowser, type InBrowser } from './support.ts'

const test = suiteInBrowser('How the pages look, in a browser')

const hour = 60 * 60_000

/** Every page of the application, in the states that look different. */
async function * pages (page: Page, { directory, open }: InBrowser): AsyncGenerator<string> {
  await page.goto('/sign-in')
  yield 'sign-in'
  await signIn(page, 'Ada', { password: 'wrong' })
  yield 'sign-in-wrong'
  await page.goto('/register')
  yield 'register'
  await page.getByRole('button', { name: 'Create the account' }).click()
  yield 'register-wrong'
  await page.goto('/nowhere')
  yield 'error'

  for (const [userAgent, ago] of [[browsers.firefox, 26 * hour], [browsers.safari, 2 * 60_000]] as const) {
    await signIn(await open({ userAgent }), 'Ada', { remember: userAgent === browsers.safari })
    const file = (await sessionFiles(directory, 'ada')).find(({ session }) => session.signedInAt > Date.now() - hour)
    const { cookie } = file!.session
    await age(file!, ago, { signedInAt: Date.now() - ago - 3 * hour, cookie: { ...cookie, originalMaxAge: cookie.originalMaxAge ?? 100 * hour } })
  }
  await signIn(page, 'Ada')
  yield 'shop-empty'
  const [file] = (await sessionFiles(directory, 'ada')).filter(({ session }) => session.signedInAt > Date.now() - hour)
  await age(file!, 0, { signedInAt: Date.now() - 3 * hour, visits: 4, cart: { notebook: 2, ink: 1 } })
  await page.goto('/')
  yield 'shop'
  await page.goto('/sessions')
  yield 'sessions'
  await page.getByRole('button', { name: /^Sign out: Safari/ }).click()
  yield 'sessions-question'
}

/** What can be pressed or filled in, with its size, and the colours of its border and of what is behind it. */
async function controls (page: Page) {
  const found = await page.locator('button:visible, a:visible, input:visible:not([type=checkbox]), label.check:visible').evaluateAll(elements => elements.map((element: any) => {
    const { getComputedStyle } = element.ownerDocument.defaultView
    const { width, height } = element.getBoundingClientRect()
    const { borderTopColor, borderTopWidth } = getComputedStyle(element)
    let behind = element.parentElement
    while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement
    const name: string = element.getAttribute('aria-label') || element.textContent.trim() || element.labels?.[0]?.textContent || ''
    return { name, size: Math.min(width, height), border: borderTopWidth === '0px' ? null : String(borderTopColor), ground: String(getComputedStyle(behind).backgroundColor) }
  }))
  return found.map(({ name, size, border, ground }) => ({ name, size, contrast: border === null ? Infinity : contrast(border, ground) }))
}

/** As WCAG 2.2 defines it, of two colours like `rgb(1, 2, 3)`. */
function contrast (...colours: [string, string]): number {
  const [darker, lighter] = colours.map(luminance).sort((one, other) => one - other) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance (colour: string): number {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).map(value => Number(value) / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

for (const width of [320, 1440]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no fault that axe finds, targets of 44 px and borders of 3 : 1, at ${width} px, ${colorScheme}`, async ({ ...context }) => {
      const page = await context.open({ viewport: { width, height: 800 }, colorScheme })
      for await (const name of pages(page, context)) {
        await assertAccessible(page, name)
        assert.is(await page.locator('html').evaluate(root => root.scrollWidth), width, `${name} scrolls sideways`)
        const found = await controls(page)
        assert.equal(found.filter(({ name, size, contrast }) => name === '' || size < 44 || contrast < 3), [], name)
        assert.ok(found.length >= 2, name)
      }
    })
  }
}

const pictures = [
  ['', 1280, 780, 'light', ['sign-in', 'shop', 'sessions', 'sessions-question']],
  ['-dark', 1280, 780, 'dark', ['shop', 'sessions']],
  ['-phone', 390, 844, 'light', ['shop', 'sessions']]
] as const

for (const [suffix, width, height, colorScheme, shown] of pictures) {
  test(`can be shown in the documentation${suffix && `, ${suffix.slice(1)}`}`, async ({ ...context }) => {
    const screenshots = join(import.meta.dirname, '../../docs/screenshots')
    await mkdir(screenshots, { recursive: true })
    const page = await context.open({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1.5 })
    for await (const name of pages(page, context)) {
      if (!shown.some(each => each === name)) continue
      await page.mouse.move(0, 0)
      await page.evaluate('document.fonts.ready')
      const picture = await page.screenshot({ path: join(screenshots, `${name}${suffix}.png`), animations: 'disabled', caret: 'hide' })
      assert.ok(picture.length > 10_000)
    }
  })
}

test.run()
