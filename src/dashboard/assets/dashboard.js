/* global DOMParser, Element, HTMLTableRowElement, document, fetch, history, location */
// Keeps the page up to date: fetches it again while it is visible, and changes what differs.
// Without this script the page is the same, and is loaded again by hand.

const everyMs = 2_000

const control = /** @type {HTMLButtonElement} */ (document.querySelector('[data-live-switch]'))
const label = /** @type {HTMLElement} */ (control.querySelector('[data-live-label]'))
let isLive = true
let isBusy = false

control.hidden = false
control.addEventListener('click', () => {
  isLive = !isLive
  control.setAttribute('aria-pressed', String(isLive))
  label.textContent = isLive ? 'Live' : 'Paused'
  if (isLive) refresh()
})
document.addEventListener('visibilitychange', () => refresh())
setInterval(() => refresh(), everyMs)

const hints = { id: 'an id, or a part of one', owner: 'an owner', field: 'user.name=Ada' }
const scope = /** @type {HTMLSelectElement | null} */ (document.getElementById('in'))
const search = /** @type {HTMLInputElement | null} */ (document.getElementById('q'))
if (scope !== null && search !== null) {
  const help = /** @type {HTMLElement} */ (document.getElementById('help'))
  const showHint = () => {
    search.placeholder = hints[/** @type {keyof typeof hints} */ (scope.value)]
    help.hidden = scope.value !== 'field'
  }
  scope.addEventListener('change', showHint)
  showHint()
}

// The message about what was ended is for once: a reload must not repeat it.
const address = new URL(location.href)
if (address.searchParams.has('ended')) {
  address.searchParams.delete('ended')
  history.replaceState(null, '', address)
}

async function refresh () {
  if (!isLive || isBusy || document.hidden) return
  isBusy = true
  try {
    const response = await fetch(location.href, { credentials: 'same-origin', signal: AbortSignal.timeout(10_000) })
    // A sign-in page, most likely.
    if (response.redirected || response.status === 401 || response.status === 403) return stop('Signed out')
    if (response.status === 404) return stop('Ended')
    if (response.ok) update(new DOMParser().parseFromString(await response.text(), 'text/html'))
    label.textContent = response.ok ? 'Live' : 'No answer'
  } catch {
    label.textContent = 'No answer'
  } finally {
    isBusy = false
  }
}

/** @param {string} why */
function stop (why) {
  isLive = false
  control.setAttribute('aria-pressed', 'false')
  label.textContent = why
}

/** @param {Document} next */
function update (next) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)
  for (const part of document.querySelectorAll('[data-live]')) {
    const replacement = next.getElementById(part.id)
    if (replacement !== null) updateChildren(part, replacement)
  }
  // Moving an element takes its focus away; removing it would send the focus to the top of the page.
  if (focused !== null && focused !== document.activeElement) {
    const target = focused.isConnected ? focused : document.getElementById('results')
    target?.focus({ preventScroll: true })
  }
}

/**
 * Makes the children of `current` those of `next`, and keeps the elements that stay: focus, selection and open details
 * stay with them. Children with an id are the same child wherever they are.
 *
 * @param {Element} current
 * @param {Element} next
 */
function updateChildren (current, next) {
  let place = current.firstChild
  for (const wanted of [...next.childNodes]) {
    const match = sameChild(current, wanted, place)
    if (match === null) {
      const added = document.importNode(wanted, true)
      current.insertBefore(added, place)
      if (added instanceof HTMLTableRowElement) highlight(added)
      continue
    }
    if (match !== place) current.insertBefore(match, place)
    place = match.nextSibling
    updateNode(match, wanted)
  }
  while (place !== null) {
    const following = place.nextSibling
    place.remove()
    place = /** @type {ChildNode | null} */ (following)
  }
}

/**
 * @param {Element} parent
 * @param {Node} wanted
 * @param {ChildNode | null} place
 * @returns {ChildNode | null}
 */
function sameChild (parent, wanted, place) {
  const id = wanted instanceof Element ? wanted.id : ''
  if (id !== '') return [...parent.children].find(child => child.id === id) ?? null
  return place !== null && place.nodeName === wanted.nodeName && !(place instanceof Element && place.id !== '') ? place : null
}

/**
 * @param {Node} current
 * @param {Node} wanted
 */
function updateNode (current, wanted) {
  if (!(current instanceof Element && wanted instanceof Element)) {
    if (current.nodeValue !== wanted.nodeValue) current.nodeValue = wanted.nodeValue
    return
  }
  if (current.outerHTML === wanted.outerHTML) return
  for (const { name, value } of [...wanted.attributes]) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value)
  }
  updateChildren(current, wanted)
}

/** @param {HTMLTableRowElement} row */
function highlight (row) {
  row.classList.add('new')
  setTimeout(() => row.classList.remove('new'), 1_500)
}
