import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatBytes, formatCount, formatDuration, formatSessions, relativeTime } from '../../src/dashboard/format.ts'
import { html } from '../../src/dashboard/html.ts'

const test = suite('html')

test('escapes every value that is not markup', () => {
  assert.is(html`<p title="${'"><b>'}">${"<i>&'"}</p>`.text, '<p title="&quot;&gt;&lt;b&gt;">&lt;i&gt;&amp;&#39;</p>')
})

test('takes markup as it is, and lists as one', () => {
  assert.is(html`<ul>${['<', 1].map(item => html`<li>${item}</li>`)}</ul>`.text, '<ul><li>&lt;</li><li>1</li></ul>')
})

test('leaves nothing out but what is not there', () => {
  assert.is(html`${0}|${''}|${null}|${undefined}|${false}|${[]}`.text, '0|||||')
})

test('does not take text for markup because it looks like it', () => {
  assert.is(html`${{ text: '<b>' } as never}`.text.includes('<b>'), false)
})

const formats = suite('format')

formats('gives numbers, sizes and durations as people read them', () => {
  assert.equal([formatCount(1_234_567), formatSessions(1), formatSessions(2_000)], ['1,234,567', '1 session', '2,000 sessions'])
  assert.equal([0, 999, 1000, 1_234, 99_999, 1e6, 5e9, 1e16].map(formatBytes), ['0 B', '999 B', '1 kB', '1.23 kB', '100 kB', '1 MB', '5 GB', '10,000 TB'])
  assert.equal([0, 1_500, 60_000, 119_999, 3_600_000, 86_400_000, 2.5 * 86_400_000].map(formatDuration), [
    '0 seconds', '1 second', '1 minute', '1 minute', '1 hour', '1 day', '2 days'
  ])
})

formats('gives times relative to now, and exactly', () => {
  const now = Date.parse('2026-01-31T12:00:00Z')
  assert.is(relativeTime(new Date(now - 120_500), now).text, '<time datetime="2026-01-31T11:57:59.500Z" title="2026-01-31 11:57:59 UTC">2 minutes ago</time>')
  assert.match(relativeTime(new Date(now + 3_600_000), now).text, '>in 1 hour<')
  assert.match(relativeTime(new Date(now + 999), now).text, '>just now<')
})

test.run()
formats.run()
