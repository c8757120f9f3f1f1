import { html, type Markup } from './html.ts'
import { linesOf, shelf, totalOf, type Cart } from './shop.ts'
import { style } from './style.ts'

/** Who asked for a page. */
export interface Visitor { readonly account: string, readonly visits: number, readonly cart: Cart }

/** Somewhere that an account is signed in. */
export interface Place { readonly handle: string, readonly browser: string, readonly usedAt: Date, readonly isHere: boolean }

/** The page for those who are not signed in. */
export function signInPage (complaint = ''): string {
  return page('Sign in', html`
    <div class="paper narrow">
      <h1>Sign in</h1>
      <p class="faint">This is a demonstration: there are no passwords, and any name will do.</p>
      <form method="post" action="/sign-in">
        <label for="name">Name</label>
        <input id="name" name="name" maxlength="40" autocomplete="username" required autofocus>
        ${complaint === '' ? html`` : html`<p class="warn" role="alert">${complaint}</p>`}
        <button class="main wide">Sign in</button>
      </form>
    </div>`)
}

/** The page of somebody who is signed in: who, how often, and the cart. */
export function homePage ({ account, visits, cart }: Visitor): string {
  return page(`Hello, ${account}`, html`
    <div class="paper sides">
      <div>
        <h1>Hello, ${account}</h1>
        <p class="faint">You are signed in, and stay so while this server is restarted.</p>
      </div>
      <div class="number"><div class="visits">${visits}</div><span class="faint">${visits === 1 ? 'visit' : 'visits'}</span></div>
    </div>
    <div class="columns">
      <section class="paper">
        <h2>On the shelf</h2>
        <ul>${shelf.map(({ name, title, price }) => html`
          <li>
            <span>${title}<small class="faint">${euros(price)}</small></span>
            ${productButton('/cart/add', name, html`<button>Add</button>`)}
          </li>`)}
        </ul>
      </section>
      <section class="paper">
        <h2>Your cart</h2>
        ${cartOf(cart)}
      </section>
    </div>`, account)
}

/** The page "where I am signed in". */
export function placesPage (account: string, places: readonly Place[]): string {
  return page('Where I am signed in', html`
    <div class="paper">
      <h1>Where I am signed in</h1>
      <ul>${places.map(({ handle, browser, usedAt, isHere }) => html`
        <li>
          <span>${browser}<small class="faint">${isHere ? 'This browser, now' : html`last used <time datetime="${usedAt.toISOString()}">${usedAt.toUTCString()}</time>`}</small></span>
          ${isHere ? html`` : html`<form method="post" action="/places/end"><input type="hidden" name="place" value="${handle}"><button>Sign out</button></form>`}
        </li>`)}
      </ul>
      ${places.length > 1 ? html`<form method="post" action="/places/end-others"><button class="main">Sign out everywhere else</button></form>` : html``}
    </div>`, account)
}

/** The page of a request that could not be answered. */
export function errorPage (title: string, message: string): string {
  return page(title, html`
    <div class="paper narrow">
      <h1>${title}</h1>
      <p>${message}</p>
      <p><a href="/">Back to the shop</a></p>
    </div>`)
}

function cartOf (cart: Cart): Markup {
  const lines = linesOf(cart)
  if (lines.length === 0) return html`<p class="faint">Nothing in it yet.</p>`
  return html`
    <ul>${lines.map(({ name, title, price, count }) => html`
      <li>
        <span>${title}<small class="faint">${count} × ${euros(price)}</small></span>
        ${productButton('/cart/remove', name, html`<button class="round" aria-label="One ${title} less">−</button>`)}
        ${productButton('/cart/add', name, html`<button class="round" aria-label="One ${title} more">+</button>`)}
      </li>`)}
    </ul>
    <div class="total"><span>Total</span><span class="number">${euros(totalOf(cart))}</span></div>`
}

function productButton (action: string, product: string, button: Markup): Markup {
  return html`<form method="post" action="${action}"><input type="hidden" name="product" value="${product}">${button}</form>`
}

function euros (cents: number): string {
  return `€ ${(cents / 100).toFixed(2)}`
}

function page (title: string, main: Markup, account?: string): string {
  const menu = account === undefined
    ? html``
    : html`<nav><a href="/places">Where I am signed in</a><form method="post" action="/sign-out"><button>Sign out</button></form></nav>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · The Paper Shop</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header><a class="brand" href="/">The Paper Shop</a>${menu}</header>
<main>${main}</main>
<footer class="faint">An example of fastify-file-session-store: your session is one JSON file on this machine.</footer>
</body>
</html>
`.text
}
