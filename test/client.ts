/** A browser, as far as sessions need one: it keeps the cookies that a server sets, and sends them. */
export class Client {
  readonly #address: string
  readonly #cookies = new Map<string, string>()

  constructor (address: string) {
    this.#address = address
  }

  /** Its cookies, as a request sends them. */
  get cookies (): string {
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ')
  }

  /** The same person, at another address of the application. */
  at (address: string): Client {
    const client = new Client(address)
    for (const [name, value] of this.#cookies) client.#cookies.set(name, value)
    return client
  }

  /** The same person, whose cookie of this name somebody has exchanged for that of `other`. */
  with (name: string, other: Client): Client {
    const client = this.at(this.#address)
    client.#cookies.set(name, other.#cookies.get(name) ?? '')
    return client
  }

  /** Asks for a page; follows no redirect. A `form` is sent as POST. */
  async ask (path: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<{ status: number, text: string, json: any, location: string | null, setCookie: string }> {
    const response = await fetch(this.#address + path, {
      redirect: 'manual',
      headers: { ...headers, cookie: this.cookies },
      ...(form && { method: 'POST', body: new URLSearchParams(form) })
    })
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    const text = await response.text()
    return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : null, location: response.headers.get('location'), setCookie: response.headers.get('set-cookie') ?? '' }
  }

  #keep (cookie: string): void {
    const [pair = '', ...attributes] = cookie.split('; ')
    const [name = '', value = ''] = pair.split('=')
    const expires = attributes.find(attribute => attribute.startsWith('Expires='))?.slice('Expires='.length)
    if (expires !== undefined && Date.parse(expires) <= Date.now()) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}
