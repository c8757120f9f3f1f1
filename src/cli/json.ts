import type { Output } from './output.ts'
import { printable } from './text.ts'

// A key, a text, a number or a word, in what JSON.stringify writes.
const token = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g

/** A value as indented JSON, colored on a terminal, with nothing in it that a terminal would act on. */
export function colorJson (value: unknown, output: Output): string {
  const lines = JSON.stringify(value, null, 2).split('\n').map(printable)
  if (!output.hasColors) return lines.join('\n')
  return lines.map(line => line.replace(token, (match, text?: string, colon?: string) => {
    if (text === undefined) return output.paint(/^[tfn]/.test(match) ? 'magenta' : 'yellow', match)
    return colon === undefined ? output.paint('green', text) : output.paint('blue', text) + colon
  })).join('\n')
}
