import { buildApp, type AppOptions } from '../examples/accounts/app.ts'
import { demoUsers } from '../examples/accounts/demo.ts'
import type { Client } from './client.ts'

export const browsers = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1'
}

/** The example application on a directory, listening until `story` is over. */
export async function openShop (directory: string, story: (address: string) => Promise<void>, options: Partial<AppOptions> = {}): Promise<void> {
  const app = await buildApp({ directory, demoUsers, ...options })
  try {
    await story(await app.listen({ host: '127.0.0.1', port: 0 }))
  } finally {
    await app.close()
  }
}

/** Opens `page`, and sends a form from there to `action`, with the token that stands in it. */
export async function submit (client: Client, page: string, action: string, fields: Record<string, string>, browser = browsers.firefox): ReturnType<Client['ask']> {
  const { text } = await client.ask(page)
  return client.ask(action, { _csrf: tokenIn(text), ...fields }, { 'user-agent': browser })
}

/** The token of the forms on a page. */
export function tokenIn (page: string): string {
  return /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
}

/** Signs Ada in, or another of the demonstration's users. */
export async function signIn (client: Client, { name = 'Ada', browser = browsers.firefox, remember = false } = {}): ReturnType<Client['ask']> {
  const { password = '' } = demoUsers.find(user => user.name === name) ?? {}
  return submit(client, '/sign-in', '/sign-in', { name, password, ...(remember && { remember: 'yes' }) }, browser)
}
