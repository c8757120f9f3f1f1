import stringWidth from 'fast-string-width'

const segmenter = new Intl.Segmenter()

// A visible character (grapheme) may consist of several code units; more than this are rare.
const longestCharacter = 16

// Control characters of both sets, line and paragraph separators, and what changes the direction of writing:
// a session's content must not be able to move the cursor of the terminal that shows it, or to rearrange its text.
// eslint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** The text with everything escaped that a terminal would act on. */
export function printable (text: string): string {
  return text.replace(unsafe, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The columns that a text without colors takes on a terminal. */
export function widthOf (text: string): number {
  return stringWidth(text)
}

/** The text, shortened to `width` columns with an ellipsis where it is longer. */
export function truncate (text: string, width: number): string {
  const start = text.slice(0, width * longestCharacter)
  if (start === text && widthOf(text) <= width) return text
  let kept = ''
  let left = width - 1
  for (const { segment } of segmenter.segment(start)) {
    left -= widthOf(segment)
    if (left < 0) break
    kept += segment
  }
  return kept + '…'
}

/** The text with spaces up to `width` columns, after it or before it. */
export function pad (text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'left' ? text + spaces : spaces + text
}
