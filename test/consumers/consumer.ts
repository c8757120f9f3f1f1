import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { suite, type Test } from 'uvu'

const execute = promisify(execFile)
const here = import.meta.dirname

// In milliseconds. The slowest command takes 15 s on an idle machine: what hangs fails.
const patience = 600_000

/** What a test of `consumerSuite` is given: the installed project. */
export interface Consumer {
  readonly root: string
}

/** A command with its arguments. */
export type CommandLine = readonly [program: string, ...parameters: string[]]

/** What a process printed. */
export interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** A suite whose tests share one project of `projects/`, installed by npm with the packed package beside its dependencies. */
export function consumerSuite (name: string, project: string): Test<Consumer> {
  const test = suite<{ root: string }>(name)
  test.before(async context => {
    context.root = await copyProject(project)
    await run(context.root, ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  })
  test.after(({ root }) => rm(root, { recursive: true, force: true }))
  return test
}

/** A new folder with the package.json of `project`, which depends on the packed package, too, and these files of `apps/`. */
export async function copyProject (project: string, files: readonly string[] = []): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), `consumer-${project}-`))
  const manifest = JSON.parse(readFileSync(join(here, 'projects', project, 'package.json'), 'utf8'))
  // Beside it, since pnpm and Yarn look for a `file:` below the project.
  const packed = tarball()
  cpSync(packed, join(root, basename(packed)))
  manifest.dependencies['fastify-file-session-store'] = `file:./${basename(packed)}`
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest, null, 2))
  copyApps(root, files)
  return root
}

/** A folder in `root` that is a package of this `type`; what is installed in `root` is found from there. Files come from `apps/`. */
export function subfolder (root: string, name: string, type: 'module' | 'commonjs', files: readonly string[]): string {
  const directory = join(root, name)
  mkdirSync(directory)
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type }))
  copyApps(directory, files)
  return directory
}

/** Runs a command to its end. Rejects, with what it printed, unless it ends with status 0. */
export async function run (directory: string, [program, ...parameters]: CommandLine, environment: NodeJS.ProcessEnv = {}): Promise<Printed> {
  try {
    return await execute(program, parameters, { cwd: directory, env: { ...environmentOf(), ...environment }, maxBuffer: 16 * 1024 * 1024, timeout: patience, killSignal: 'SIGKILL' })
  } catch (error) {
    const { message, stdout, stderr } = error as Error & Printed
    throw new Error(`${message}\n${stdout}\n${stderr}`)
  }
}

/** The environment of a user's shell: without the colours that uvu forces on its own process, and without what npm tells the scripts that it runs. */
export function environmentOf (): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'FORCE_COLOR' && !/^npm_(?!config_)/.test(name)))
}

/**
 * Starts the app of `command`, signs in, ends it with SIGTERM, starts it again with the same sessions and asks who is
 * signed in. Resolves to that user, and to what both processes wrote to standard error.
 */
export async function signInAndRestart (directory: string, command: CommandLine): Promise<{ user: unknown, errors: string }> {
  const first = await startApp(directory, command)
  const login = await fetch(`${first.address}/login`, { method: 'POST' })
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const firstErrors = await first.stop()
  const second = await startApp(directory, command)
  const { user } = await (await fetch(`${second.address}/me`, { headers: { cookie } })).json() as { user: unknown }
  return { user, errors: firstErrors + await second.stop() }
}

/** Resolves once the app has printed where it listens. */
async function startApp (directory: string, [program, ...parameters]: CommandLine): Promise<{ address: string, stop: () => Promise<string> }> {
  const app = spawn(program, parameters, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], timeout: patience, killSignal: 'SIGKILL' })
  let errors = ''
  app.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
  const ended = once(app, 'close')
  for await (const line of createInterface({ input: app.stdout })) {
    if (line.startsWith('http://')) return { address: line, stop: () => stop(app, ended, () => errors) }
  }
  await ended
  throw new Error(`${basename(program)} ${parameters.join(' ')} ended before it listened:\n${errors}`)
}

async function stop (app: ChildProcess, ended: Promise<unknown>, errors: () => string): Promise<string> {
  app.kill('SIGTERM')
  await ended
  if (app.exitCode !== 0) throw new Error(`the app ended with ${app.exitCode ?? app.signalCode} after SIGTERM:\n${errors()}`)
  return errors()
}

/** The packed package that `run.ts` made. */
export function tarball (): string {
  const file = process.env.CONSUMERS_TARBALL
  if (file === undefined) throw new Error('there is no packed package: start this suite by `npm run consumers`')
  return file
}

function copyApps (directory: string, files: readonly string[]): void {
  for (const file of files) cpSync(join(here, 'apps', file), join(directory, file))
}
