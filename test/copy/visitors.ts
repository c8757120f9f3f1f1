import * as assert from 'uvu/assert'

/** Sends a request, to whichever worker gets it. */
export type Send = (method: string, path: string, cookie: string | null) => Promise<{ status: number, body: any, cookie: string | null }>

/** A signed-in client, and what its session must hold. */
interface Visitor { readonly name: string, cookie: string | null, count: number }

/**
 * Clients of an app that check all that they see: everybody stays signed in, each change is kept, each logout is final,
 * and no request fails. They run until they are stopped, each one request after the other.
 */
export class Visitors {
  readonly #send: Send
  readonly #endedCookies: string[] = []
  readonly #visitors: Visitor[]
  #running: Promise<void> | null = null
  #isStopped = false
  /** Whether clients log out while another request of theirs is under way. Plain `connect-redis` does not bear that. */
  overlapping = true
  requests = 0
  logouts = 0

  constructor (count: number, send: Send) {
    this.#visitors = Array.from({ length: count }, (_, index) => ({ name: `visitor-${index}`, cookie: null, count: 0 }))
    this.#send = async (...request) => {
      const answer = await send(...request)
      this.requests++
      assert.is(answer.status, 200, `${request.join(' ')}: ${JSON.stringify(answer.body)}`)
      return answer
    }
  }

  /** Signs everybody in. */
  async signIn (): Promise<void> {
    for (const visitor of this.#visitors) await this.#logIn(visitor)
  }

  /** Starts to send requests. */
  start (): void {
    this.#running = Promise.all(this.#visitors.map(visitor => this.#run(visitor))).then(() => {})
    // Told by `pass` and `stop`.
    this.#running.catch(() => {})
  }

  /** Lets so many more requests pass. Rejects if one of them saw what it must not. */
  async pass (count: number): Promise<void> {
    const until = this.requests + count
    while (this.requests < until) await Promise.race([this.#running, new Promise(resolve => setTimeout(resolve, 5))])
  }

  /** Stops, and checks everybody once more, those who logged out as well. */
  async stop (): Promise<void> {
    this.#isStopped = true
    await this.#running
    for (const visitor of this.#visitors) await this.#see(visitor)
    for (const cookie of this.#endedCookies) await this.#seeNobody(cookie)
  }

  async #run (visitor: Visitor): Promise<void> {
    while (!this.#isStopped) {
      const dice = Math.random()
      if (dice < 0.5) await this.#see(visitor)
      else if (dice < 0.85) await this.#countUp(visitor)
      else if (dice < 0.9 && this.#endedCookies.length > 0) await this.#seeNobody(this.#endedCookies[Math.floor(Math.random() * this.#endedCookies.length)]!)
      else if (dice > 0.95) await this.#logOut(visitor)
    }
  }

  async #logIn (visitor: Visitor): Promise<void> {
    visitor.cookie = (await this.#send('POST', `/login/${visitor.name}`, null)).cookie
    visitor.count = 0
  }

  async #see ({ name, cookie, count }: Visitor): Promise<void> {
    assert.equal((await this.#send('GET', '/me', cookie)).body, { user: name, count }, `${name} is signed in`)
  }

  async #countUp (visitor: Visitor): Promise<void> {
    visitor.count++
    assert.is((await this.#send('POST', '/count', visitor.cookie)).body.count, visitor.count, `${visitor.name} counts`)
  }

  async #logOut (visitor: Visitor): Promise<void> {
    const { cookie } = visitor
    const slow = this.overlapping ? this.#send('GET', '/slow', cookie) : null
    await this.#send('POST', '/logout', cookie)
    await this.#seeNobody(cookie!)
    await slow
    await this.#seeNobody(cookie!)
    this.#endedCookies.push(cookie!)
    this.logouts++
    await this.#logIn(visitor)
  }

  async #seeNobody (cookie: string): Promise<void> {
    assert.equal((await this.#send('GET', '/me', cookie)).body, { user: null, count: null }, 'a logout is final')
  }
}
