import * as assert from 'uvu/assert'
import { assertAccessible, heading, signIn, suiteInBrowser } from './support.ts'

const test = suiteInBrowser('The dashboard of the example, in a browser')

test('shows the administrator who signs in, and ends a session that sees it at once', async ({ open }) => {
  const admin = await open({ viewport: { width: 320, height: 700 } })
  const complaints: string[] = []
  admin.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()) })
  await signIn(admin, 'Admin')
  await assertAccessible(admin, 'the shop, for the administrator')
  assert.is(await admin.locator('html').evaluate(root => root.scrollWidth), 320)
  await admin.getByRole('link', { name: 'All sessions' }).click()
  await admin.getByRole('heading', { name: 'All sessions', level: 1 }).waitFor()
  const rows = admin.locator('tbody tr')
  assert.is(await rows.count(), 1)

  const ada = await open()
  await signIn(ada, 'Ada')
  const row = rows.filter({ hasText: 'ada' })
  await row.waitFor()
  assert.is(await rows.count(), 2)
  await row.getByRole('button').click()
  await admin.getByRole('button', { name: 'End session', exact: true }).click()
  await admin.getByText('1 session ended.').waitFor()
  await ada.reload()
  assert.is(await heading(ada), 'Sign in')
  assert.equal(complaints, [])
})

test.run()
