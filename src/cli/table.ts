import type { Format, Output } from './output.ts'
import { pad, printable, truncate, widthOf } from './text.ts'

/** A column of a table. */
export interface Column {
  readonly title: string
  /** @default 'left' */
  readonly align?: 'left' | 'right'
  /** How its cells are painted on a terminal. */
  readonly format?: Format
}

// The widths are those of the first rows: a table is shown before its last row is known.
const rowsMeasured = 200

// Between columns.
const gap = '  '

/** Shows rows as a table with aligned columns, as they come. On a terminal a row takes one line: its last columns are shortened. */
export class Table {
  readonly #output: Output
  readonly #columns: readonly Column[]
  readonly #waiting: string[][] = []
  #widths: readonly number[] | null = null

  constructor (output: Output, columns: readonly Column[]) {
    this.#output = output
    this.#columns = columns
  }

  /** Adds a row; its cells become printable. */
  async row (cells: readonly string[]): Promise<void> {
    const safe = cells.map(printable)
    if (this.#widths !== null) return await this.#print(safe)
    this.#waiting.push(safe)
    if (this.#waiting.length === rowsMeasured) await this.end()
  }

  /** Shows the rows that wait. Nothing at all where there was no row. */
  async end (): Promise<void> {
    if (this.#widths !== null || this.#waiting.length === 0) return
    this.#widths = this.#measure()
    await this.#line(this.#columns.map(({ title }) => title), ['bold'])
    for (const cells of this.#waiting.splice(0)) await this.#print(cells)
  }

  async #print (cells: readonly string[]): Promise<void> {
    await this.#line(cells, null)
  }

  async #line (cells: readonly string[], format: Format | null): Promise<void> {
    const widths = this.#widths!
    const painted = this.#columns.map(({ align = 'left', format: own }, index) => {
      const text = cells[index] ?? ''
      const width = widths[index]!
      const cut = this.#output.isTerminal ? truncate(text, width) : text
      const isLast = index === this.#columns.length - 1
      const paint = format ?? own
      const padded = align === 'left' && isLast ? cut : pad(cut, width, align)
      return paint === undefined ? padded : this.#output.paint(paint, padded)
    })
    await this.#output.line(painted.join(gap).trimEnd())
  }

  #measure (): readonly number[] {
    const widths = this.#columns.map(({ title }, index) =>
      Math.max(widthOf(title), ...this.#waiting.map(cells => widthOf(cells[index] ?? ''))))
    const { columns } = this.#output
    if (columns === null) return widths
    // From the right: the requested columns follow those that are always shown.
    let excess = widths.reduce((sum, width) => sum + width + gap.length, -gap.length) - columns
    for (let index = widths.length - 1; index > 0 && excess > 0; index--) {
      const cut = Math.min(excess, Math.max(0, widths[index]! - 8))
      widths[index]! -= cut
      excess -= cut
    }
    return widths
  }
}
