/** Text that is HTML already; only `html` makes it. */
export class Markup {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }
}

/** What may stand between the tags of an `html` template. */
export type Part = string | number | Markup | readonly Markup[]

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** A template tag: what is put in is escaped, between tags and in quoted attributes, unless it is `Markup` itself. */
export function html (strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...parts.map(textOf)))
}

function textOf (part: Part): string {
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(textOf).join('')
  return String(part).replace(/[&<>"']/g, character => entities[character] ?? '')
}
