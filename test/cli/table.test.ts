import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Output } from '../../src/cli/output.ts'
import { Table, type Column } from '../../src/cli/table.ts'
import { truncate, widthOf } from '../../src/cli/text.ts'

const table = suite('Table')

/** What a table shows on a stream, which is a terminal where it has columns. */
async function shown (columns: readonly Column[], rows: ReadonlyArray<readonly string[]>, width?: number): Promise<readonly string[]> {
  let text = ''
  const stream = { isTTY: width !== undefined, columns: width, on: () => stream, hasColors: () => false, write: (part: string) => { text += part; return true } }
  const output = new Output(stream as unknown as NodeJS.WriteStream)
  const table = new Table(output, columns)
  for (const row of rows) await table.row(row)
  await table.end()
  await output.flush()
  return text.split('\n').slice(0, -1)
}

table('aligns columns by their width on a terminal', async () => {
  assert.equal(await shown([{ title: 'A' }, { title: 'N', align: 'right' }, { title: 'C' }], [['松本', '1', 'x'], ['b', '100', 'yy']]), [
    'A       N  C', '松本    1  x', 'b     100  yy'
  ])
})

table('shows nothing where there is no row', async () => {
  assert.equal(await shown([{ title: 'A' }], []), [])
})

table('takes its widths from the first 200 rows, and shows the others as they come', async () => {
  const lines = await shown([{ title: 'A' }, { title: 'B' }], [...Array.from({ length: 200 }, () => ['a', 'b']), ['longer', 'b'], ['a', 'b']])
  assert.equal([lines.length, lines[200], lines[201], lines[202]], [203, 'a  b', 'longer  b', 'a  b'])
})

table('shortens on a terminal what does not fit, the last column first', async () => {
  const columns = [{ title: 'A' }, { title: 'B' }, { title: 'C' }]
  const row = ['x'.repeat(20), 'y'.repeat(30), 'z'.repeat(30)]
  assert.equal((await shown(columns, [row], 60))[1], `${row[0]}  ${'y'.repeat(27)}…  ${'z'.repeat(7)}…`)
  assert.equal((await shown(columns, [row]))[1], row.join('  '))
})

table.run()

const text = suite('truncate')

for (const [given, width, expected] of [
  ['abc', 3, 'abc'], ['abcd', 3, 'ab…'], ['松本松本', 5, '松本…'], ['松本松本', 4, '松…'], ['Алан', 3, 'Ал…'], ['', 3, ''], ['abc', 1, '…'],
  ['👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'], ['e\u0301e\u0301', 1, '…'], ['e\u0301e\u0301', 2, 'e\u0301e\u0301']
] as const) {
  text(`shortens '${given}' to ${width} columns`, () => {
    assert.is(truncate(given, width), expected)
    assert.ok(widthOf(truncate(given, width)) <= width)
  })
}

text('shortens a long text without looking at all of it', () => {
  const long = 'x'.repeat(50_000_000)
  const start = performance.now()
  assert.is(truncate(long, 10), 'xxxxxxxxx…')
  assert.ok(performance.now() - start < 1000)
})

text.run()
