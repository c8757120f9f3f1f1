import type { Random } from '../random.ts'
import { ensure } from '../trial.ts'
import type { Response, Server } from './server.ts'

/** What all users together have done. */
export interface Counts {
  requests: number
  kills: number
  logins: number
  logouts: number
}

/** A user with a browser, who checks that each login, count and logout that was answered has happened. */
export class User {
  readonly #name: string
  readonly #servers: readonly Server[]
  readonly #random: Random
  readonly #counts: Counts
  #cookie: string | null = null
  // The bounds of the counter: a request whose response was lost may have counted.
  #least = 0
  #most = 0
  #slowRequests = 0

  constructor (name: string, { servers, random, counts }: { readonly servers: readonly Server[], readonly random: Random, readonly counts: Counts }) {
    this.#name = name
    this.#servers = servers
    this.#random = random
    this.#counts = counts
  }

  /** Sends requests, one after the other, until `isOver`. Rejects with the first wrong response. */
  async browse (isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (this.#cookie === null) await this.#logIn()
      else if (this.#random.next() < 0.9) await this.#use(this.#cookie)
      else await this.#logOut(this.#cookie)
    }
  }

  async #logIn (): Promise<void> {
    const response = await this.#request(`/login/${this.#name}`, null)
    if (response === null) return
    ensure(response.cookie !== null, 'a login gave no cookie')
    this.#counts.logins++
    this.#cookie = response.cookie
    this.#least = this.#most = 0
  }

  async #use (cookie: string): Promise<void> {
    const isCounting = this.#random.next() < 0.6
    if (isCounting) this.#most++
    const response = await this.#request(isCounting ? '/count' : '/read', cookie)
    if (response === null) return
    const { user, count } = response.body
    ensure(user === this.#name, `the login of ${this.#name} was lost: ${user}`)
    const least = this.#least + (isCounting ? 1 : 0)
    ensure(count >= least && count <= this.#most, `the count of ${this.#name} is ${count}, expected ${least} to ${this.#most}`)
    this.#least = this.#most = count
  }

  // During the logout a slow request is under way, in any of the servers. It saves what it loaded after the logout.
  async #logOut (cookie: string): Promise<void> {
    const name = `${this.#name}-${this.#slowRequests++}`
    const server = this.#random.pick(this.#servers)
    const isLoaded = server.loaded(name)
    const slow = server.request(`/slow/${name}`, cookie)
    await Promise.race([isLoaded, slow])
    let response = null
    while (response === null) response = await this.#request('/logout', cookie)
    await server.request(`/continue/${name}`, null)
    await slow
    this.#counts.logouts++
    for (let time = 0; time < 2; time++) {
      const response = await this.#request('/read', cookie)
      ensure(response === null || response.body.user === null, `the logout of ${this.#name} was undone`)
    }
    this.#cookie = null
  }

  async #request (path: string, cookie: string | null): Promise<Response | null> {
    this.#counts.requests++
    return await this.#random.pick(this.#servers).request(path, cookie)
  }
}
