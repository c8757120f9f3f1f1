import Bowser from 'bowser'

/** A browser as its owner would recognise it in a list. */
export interface Device {
  /** For example `Firefox on Linux`. */
  readonly name: string
  readonly kind: 'computer' | 'phone' | 'tablet'
}

/** Names a browser by what it says of itself. Good enough to be recognised, not to be relied on. */
export function deviceOf (userAgent = ''): Device {
  // Bowser throws at an empty text.
  const { browser, os, platform } = Bowser.parse(userAgent || 'unknown')
  const kind = platform.type === 'mobile' ? 'phone' : platform.type === 'tablet' ? 'tablet' : 'computer'
  const name = browser.name || 'Unknown browser'
  return { name: os.name ? `${name} on ${os.name}` : name, kind }
}
