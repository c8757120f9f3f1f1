import { spawn } from 'node:child_process'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sessionFile } from '../../src/index.ts'
import { valueOf } from '../support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

// Coverage is counted in the sources; everything else runs what is installed.
const command = process.env['NODE_V8_COVERAGE'] === undefined
  ? [join(root, 'dist/cli/main.js')]
  : ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), join(root, 'src/cli/main.ts')]

// In milliseconds.
const patience = 120_000

/** What became of the command. */
export interface Ended {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** How to run the command. */
export interface RunOptions {
  readonly env?: Record<string, string | undefined>
  readonly cwd?: string
  /** Called with the process as soon as it runs. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void
  readonly uid?: number
}

/** Runs the built command as a process of its own, without a terminal. */
export function run (parameters: readonly string[], { env, cwd, onStart, uid }: RunOptions = {}): Promise<Ended> {
  return ended(spawn(process.execPath, [...command, ...parameters], {
    env: environment(env), cwd, stdio: ['ignore', 'pipe', 'pipe'], ...(uid !== undefined && { uid, gid: uid })
  }), onStart)
}

/** Runs Node.js with these parameters. */
export function runNode (parameters: readonly string[]): Promise<Ended> {
  return ended(spawn(process.execPath, parameters, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** The environment of a command whose clock is ahead by so many milliseconds. */
export function ahead (milliseconds: number): Record<string, string> {
  return { NODE_OPTIONS: `--import=data:text/javascript,{const${'%20'}now=Date.now;Date.now=()=>now()+${milliseconds}}` }
}

/** Runs a line of shell in which `file-sessions` is the built command. */
export function shell (line: string, { env, cwd }: RunOptions = {}): Promise<Ended> {
  const definition = `file-sessions () { ${quoted([process.execPath, ...command])} "$@"; }`
  return ended(spawn('bash', ['-c', `set -o pipefail; ${definition}; ${line}`], { env: environment(env), cwd, stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** What is typed when the terminal shows something: each once, in their order. */
export type Answers = ReadonlyArray<readonly [shown: RegExp, typed: string]>

/** As a user whom modes stop: root is stopped by none. */
export const asNobody: RunOptions = process.getuid?.() === 0 ? { uid: 65534 } : {}

/** Ctrl-C, as a terminal sends it. */
export const ctrlC = '\u0003'

/** Runs the built command on a terminal of 100 columns; output and errors come together. */
export function runOnTerminal (parameters: readonly string[], answers: Answers = [], { env, cwd }: RunOptions = {}): Promise<Ended> {
  const line = `stty cols 100 rows 30; exec ${quoted([process.execPath, ...command, ...parameters])}`
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], { env: environment({ TERM: 'xterm-256color', ...env }), cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  const waiting = [...answers]
  let seen = ''
  child.stdout.on('data', (text: Buffer) => {
    seen += text
    while (waiting[0]?.[0].test(seen) === true) {
      seen = ''
      child.stdin.write(waiting.shift()![1])
    }
  })
  return ended(child)
}

/** A text without what colors it and moves the cursor. */
export function plain (text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r\n', '\n')
}

/** How a test's session file is to be. */
export interface FileOptions {
  /** How long ago it was used last, in milliseconds. */
  readonly age?: number
  readonly extension?: string
}

const week = 7 * 24 * 3_600_000

/** A session as `@fastify/session` stores it, with what is given. */
export function sessionOf (content: object = {}, cookie: object = {}): object {
  return { cookie: { originalMaxAge: week, expires: new Date(Date.now() + week).toISOString(), path: '/', httpOnly: true, ...cookie }, ...content }
}

/** Writes a session's file, or a text that is none; its path. */
export async function put (directory: string, id: string, content: object | string, { age = 0, extension = '.json' }: FileOptions = {}): Promise<string> {
  const file = valueOf(sessionFile(directory, id, { extension }))
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  const time = (Date.now() - age) / 1000
  await utimes(file, time, time)
  return file
}

/** The rows of a table, cells separated at two spaces or more; without its head. */
export function rowsOf (output: string): string[][] {
  return output.trimEnd().split('\n').slice(1).map(line => line.trim().split(/ {2,}/))
}

// Nothing of who runs the tests, and no color unless a test asks for it.
function environment (env: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NODE_V8_COVERAGE } = process.env
  return { PATH, HOME, TMPDIR, NODE_V8_COVERAGE, LANG: 'C.UTF-8', TZ: 'UTC', ...env }
}

function ended (child: ReturnType<typeof spawn>, onStart?: (child: ReturnType<typeof spawn>) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let output = ''
    let errors = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => { output += text })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => { errors += text })
    // A command that waits for something that never comes is to fail here, and not to hold up the others.
    const timer = setTimeout(() => child.kill('SIGKILL'), patience)
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(timer)
      resolve({ code: code ?? -1, output, errors })
    })
    onStart?.(child)
  })
}

function quoted (words: readonly string[]): string {
  return words.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}
