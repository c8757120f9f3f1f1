import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import xterm, { type Terminal as ScreenType } from '@xterm/headless'
import { writeIfChanged } from '../src/index.ts'
import { put, runOnTerminal, type Answers } from '../test/cli/command.ts'

// Records what an operator sees: runs the built command on a terminal, in a directory of made-up sessions, and writes
// `docs/command.cast` (for asciinema) and `docs/command.svg`. Run it after a build: node --import tsx scripts/record-command.ts

interface Scene {
  readonly comment: string
  readonly parameters: readonly string[]
  readonly answers?: Answers
}

const docs = join(import.meta.dirname, '../docs')
const columns = 100
const [newSecret, oldSecret] = ['n'.repeat(64), 'o'.repeat(64)]

// Of the 16 colors of a terminal those that are used.
const palette = ['#1c1f26', '#ff6b6b', '#7bd88f', '#f5c86c', '#6cb2f5', '#d59cf5', '#5ad4d4', '#d6d6d6', '#8a919e']

const minute = 60_000
const day = 24 * 60 * minute

const scenes: readonly Scene[] = [
  { comment: 'Who used the app in the last ten minutes?', parameters: ['list', '--since', '10m', '--field', 'user.name,user.roles'] },
  { comment: 'What is in one session?', parameters: ['show', 'Xk3f9aQ2'] },
  { comment: 'Sign Ada out everywhere.', parameters: ['revoke', '--where', 'user.name=Ada'], answers: [[/End these 2 sessions\?/, 'y']] },
  { comment: 'Clear what has expired.', parameters: ['prune'] },
  { comment: 'Change the secret.', parameters: ['rotate', '--secret-env', 'NEW_SECRET', '--secret-env', 'OLD_SECRET'] }
]

const directory = await mkdtemp(join(tmpdir(), 'file-sessions-recording-'))
try {
  await populate(join(directory, 'sessions'))
  const events: Array<readonly [seconds: number, text: string]> = []
  let clock = 0.5
  const say = (text: string, pause: number) => {
    events.push([clock, text])
    clock += pause
  }
  for (const { comment, parameters, answers = [] } of scenes) {
    say(`\u001b[2m# ${comment}\u001b[22m\r\n\u001b[32m$\u001b[39m `, 0.6)
    for (const character of `file-sessions ${parameters.join(' ')}`) say(character, 0.04)
    say('\r\n', 0.3)
    const env = { SESSION_FILE_SECRET: parameters[0] === 'rotate' ? undefined : oldSecret, NEW_SECRET: newSecret, OLD_SECRET: oldSecret }
    const { output } = await runOnTerminal(parameters, answers, { env, cwd: directory })
    say(output, 2.5)
    say('\r\n', 0.5)
  }
  await writeFile(join(docs, 'command.cast'), castOf(events))
  await writeFile(join(docs, 'command.svg'), await svgOf(events.map(([, text]) => text).join('')))
} finally {
  await rm(directory, { recursive: true, force: true })
}

async function populate (sessions: string): Promise<void> {
  const users: ReadonlyArray<readonly [id: string, name: string, roles: readonly string[], age: number]> = [
    ['Xk3f9aQ2mB7tLw5ZrYc1VhNe8DsGp0uJ', 'Ada', ['admin'], 20_000],
    ['q8WnT2xLk5BvR9eYsHc3ZmGd7JfUp1oA', 'Grace', ['editor'], 95_000],
    ['m4VbC6zXq1NsK8rTyLw0HjPd5GfEa2uR', 'Edsger', ['editor', 'reviewer'], 4 * minute],
    ['t7YhG3nBv9MkJ5qWsXe2RfCz0LpDa8uI', 'Ada', ['admin'], 8 * minute],
    ['b1NmL6kJh4GfDs8aPo3IuYt5ReWq2ZxC', 'Barbara', [], 3 * 60 * minute],
    ['z9XcV2bNm5AsDf7gHj1KlQw4ErTy8UiO', 'Tony', ['reviewer'], 2 * day],
    ['e3RtY7uIo1PaSd5fGh9JkLz2XcVb6NmQ', 'Niklaus', [], 9 * day],
    ['w5EsD8rFt2GyHu6jIk0OlPz3QaXc9VbN', 'Frances', [], 12 * day]
  ]
  for (const [id, name, roles, age] of users) {
    const file = await put(sessions, id, '')
    const session = { cookie: { originalMaxAge: 7 * day, path: '/', httpOnly: true, sameSite: 'lax' }, user: { name, roles }, visits: 1 + age % 17 }
    const time = Date.now() - age - 500
    ;(await writeIfChanged(file, session, { secret: oldSecret, clock: () => time })).unwrapOr(null)
    await utimes(file, (time + 7 * day) / 1000, time / 1000)
  }
}

function castOf (events: ReadonlyArray<readonly [number, string]>): string {
  const lines = [{ version: 2, width: columns, height: 30, title: 'file-sessions' }, ...events.map(([seconds, text]) => [Number(seconds.toFixed(3)), 'o', text])]
  return lines.map(line => JSON.stringify(line)).join('\n') + '\n'
}

async function svgOf (text: string): Promise<string> {
  const screen = new xterm.Terminal({ cols: columns, rows: 200, allowProposedApi: true })
  await new Promise<void>(resolve => screen.write(text, resolve))
  const lines = linesOf(screen)
  const [width, height] = [columns * 8.43 + 32, lines.length * 19 + 32]
  const rows = lines.map((line, index) => `<text x="16" y="${(index + 1) * 19 + 10}" xml:space="preserve">${line}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="#d6d6d6">
<title>Five tasks of an operator with file-sessions</title>
<rect width="100%" height="100%" rx="8" fill="#1c1f26"/>
${rows.join('\n')}
</svg>
`
}

function linesOf (screen: ScreenType): readonly string[] {
  const lines: string[] = []
  const { active } = screen.buffer
  for (let y = 0; y < active.length; y++) {
    const line = active.getLine(y)!
    let svg = ''
    for (let x = 0; x < line.length;) {
      const style = styleOf(line.getCell(x)!)
      let run = ''
      for (; x < line.length && styleOf(line.getCell(x)!) === style; x++) run += line.getCell(x)!.getChars() || (line.getCell(x)!.getWidth() === 0 ? '' : ' ')
      svg += style === '' ? escaped(run) : `<tspan ${style}>${escaped(run)}</tspan>`
    }
    lines.push(svg.trimEnd())
  }
  while (lines.at(-1) === '') lines.pop()
  return lines
}

type Cell = NonNullable<ReturnType<NonNullable<ReturnType<ScreenType['buffer']['active']['getLine']>>['getCell']>>

function styleOf (cell: Cell): string {
  const styles = []
  if (!cell.isFgDefault()) styles.push(`fill="${palette[cell.getFgColor()] ?? palette[7]}"`)
  if (cell.isBold() !== 0) styles.push('font-weight="bold"')
  if (cell.isDim() !== 0) styles.push('opacity="0.6"')
  return styles.join(' ')
}

function escaped (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
