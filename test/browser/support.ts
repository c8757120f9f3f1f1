import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type LaunchOptions, type Locator, type Page } from 'playwright-core'
import { suite, type Test } from 'uvu'
import * as assert from 'uvu/assert'
import { demoUsers } from '../../examples/accounts/demo.ts'
import { freshDirectory } from '../support.ts'

/** How Debian's Chromium starts: as root, without a display, and without talking to anybody but the page. */
export const launchOptions: LaunchOptions = {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-gpu']
}

// Long enough for a machine that has much else to do.
const defaultTimeoutMs = 60_000

/** What a test of `suiteInBrowser` is given. */
export interface InBrowser {
  readonly directory: string
  readonly shop: Shop
  /** Opens a window of a new browser: nobody is signed in there. */
  readonly open: (options?: BrowserContextOptions) => Promise<Page>
}

/** A suite whose tests have a directory and a running example application each, and as many browsers as they open. */
export function suiteInBrowser (name: string): Test<InBrowser> {
  const test = suite<{ directory: string, shop: Shop, open: InBrowser['open'], browser: Browser, contexts: BrowserContext[] }>(name)
  test.before(async context => { context.browser = await chromium.launch(launchOptions) })
  test.after(({ browser }) => browser?.close())
  test.before.each(async context => {
    context.directory = await freshDirectory()
    context.shop = new Shop(context.directory)
    context.contexts = []
    context.open = async options => {
      const opened = await context.browser.newContext({ baseURL: context.shop.address, ...options })
      opened.setDefaultTimeout(defaultTimeoutMs)
      context.contexts.push(opened)
      return opened.newPage()
    }
    await context.shop.start()
  })
  test.after.each(async ({ directory, shop, contexts }) => {
    for (const context of contexts) await context.close()
    await shop.kill()
    await rm(directory, { recursive: true, force: true })
  })
  return test
}

/** The example application in a process of its own. It keeps its address over a restart. */
export class Shop {
  readonly #directory: string
  #process: ChildProcess | null = null
  #port = '0'

  constructor (directory: string) {
    this.#directory = directory
  }

  get address (): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Starts the server, and resolves when it listens. */
  async start (): Promise<void> {
    const server = join(import.meta.dirname, '../../examples/accounts/server.ts')
    const env = { ...process.env, NODE_ENV: 'development', PORT: this.#port, DATA_DIRECTORY: this.#directory }
    this.#process = spawn(process.execPath, ['--import', 'tsx', server], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: this.#process.stdout! })) {
      const [, port] = /open at http:.*:(\d+)$/.exec(line) ?? []
      if (port === undefined) continue
      this.#port = port
      return
    }
    throw new Error('the example application did not start')
  }

  /** Ends the server as `systemctl restart` does, and resolves to its exit code. */
  async stop (): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** Ends the server without a warning. */
  async kill (): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end (signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null
    child.kill(signal)
    const [code] = await once(child, 'exit')
    return code
  }
}

/** Signs in by the form, and waits for the page that answers. Without a password: that of the demonstration. */
export async function signIn (page: Page, name: string, { password = passwordOf(name), remember = false } = {}): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  if (remember) await page.getByLabel('Remember me').check()
  const answered = page.waitForEvent('load')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await answered
}

function passwordOf (name: string): string {
  return demoUsers.find(user => user.name === name)?.password ?? ''
}

/** Resolves when what one types goes to this element. The browser sets the focus a moment after the page is there. */
export async function waitForFocus (element: Locator): Promise<void> {
  await element.and(element.page().locator(':focus')).waitFor()
}

/** The text of the page's first heading. */
export function heading (page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText()
}

/** Fails when axe finds anything on the page, whatever its weight. */
export async function assertAccessible (page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.equal(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), [], where)
}

/** One of the session files of the application. */
export interface SessionFile {
  readonly file: string
  readonly session: any
}

/** The session files, for those of `account`. */
export async function sessionFiles (directory: string, account: string): Promise<SessionFile[]> {
  const sessions = join(directory, 'sessions')
  const names = (await readdir(sessions)).filter(name => name.endsWith('.json'))
  const files = await Promise.all(names.map(async name => ({ file: join(sessions, name), session: JSON.parse(await readFile(join(sessions, name), 'utf8')) })))
  return files.filter(({ session }) => session.account === account)
}

/** Makes a session look as if it was last used `ago` milliseconds ago, with other `fields`. */
export async function age ({ file, session }: SessionFile, ago: number, fields: object = {}): Promise<void> {
  const usedAt = (Date.now() - ago) / 1000
  await writeFile(file, JSON.stringify({ ...session, ...fields }))
  await utimes(file, usedAt, usedAt)
}
