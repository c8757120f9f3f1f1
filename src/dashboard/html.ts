const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Markup: its text is as it goes to the browser. Only `html` makes it. */
export class Html {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

/** What can be put into markup. Texts are escaped, lists are joined, nothing is left out. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[]

/**
 * Makes markup of a template. Each value is escaped unless it is markup itself, so there is no way to forget it, and
 * none to get around it: attribute values stand in double quotes.
 */
export function html (strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.reduce((text, string, index) => text + textOf(values[index - 1]) + string))
}

function textOf (value: HtmlValue): string {
  if (value instanceof Html) return value.text
  if (value === null || value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map(textOf).join('')
  return String(value).replace(/[&<>"']/g, character => escapes[character]!)
}
