import { Command, CommanderError } from 'commander'
import { copyCommand } from './commands/copy.ts'
import { decryptCommand } from './commands/decrypt.ts'
import { doctorCommand } from './commands/doctor.ts'
import { encryptCommand } from './commands/encrypt.ts'
import { listCommand } from './commands/list.ts'
import { pruneCommand } from './commands/prune.ts'
import { revokeCommand } from './commands/revoke.ts'
import { rotateCommand } from './commands/rotate.ts'
import { secretCommand } from './commands/secret.ts'
import { showCommand } from './commands/show.ts'
import { statsCommand } from './commands/stats.ts'
import { addCompletion } from './completion.ts'
import type { Terminal } from './context.ts'
import { CommandError, reasonOf, status, type Status } from './exit.ts'
import { guardIds } from './ids.ts'
import { interruptSignal } from './interrupt.ts'
import { Output } from './output.ts'
import { version } from './version.ts'

const examples = `
Examples:
  file-sessions list --since 10m --field user.name    who used the app in the last ten minutes
  file-sessions show Xk3f                             what is in one session
  file-sessions revoke --where user.name=Ada          sign Ada out everywhere
  file-sessions prune                                 remove what has expired
  file-sessions rotate --secret-env NEW --secret-env OLD    change the secret`

/** Carries out a command line, and resolves to the exit status. Does not throw: what goes wrong is one sentence on stderr. */
export async function run (parameters: readonly string[]): Promise<Status> {
  const terminal = { out: new Output(process.stdout), err: new Output(process.stderr), signal: interruptSignal() }
  let result: Status = status.done
  const program = programOf(terminal, outcome => { result = outcome })
  await addCompletion(program, parameters[0] === 'complete')
  try {
    await program.parseAsync(guardIds(parameters), { from: 'user' })
  } catch (error) {
    result = await explain(error, terminal)
  }
  await terminal.out.flush()
  return result
}

function programOf (terminal: Terminal, finish: (status: Status) => void): Command {
  const program = new Command('file-sessions')
    .description('Shows, ends, removes, checks and encrypts the sessions that fastify-file-session-store keeps in a directory.')
    .version(version)
    .addHelpText('after', examples)
    .addHelpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: text => { void terminal.err.write(text) }, outputError: (text, write) => write(asSentence(text)) })
  const make = [
    listCommand, showCommand, statsCommand, revokeCommand, pruneCommand, doctorCommand, encryptCommand, decryptCommand, rotateCommand, secretCommand, copyCommand
  ]
  for (const command of make) program.addCommand(command(terminal, finish).copyInheritedSettings(program))
  return program
}

async function explain (error: unknown, { err }: Terminal): Promise<Status> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? status.done : status.wrongUsage
  const message = error instanceof CommandError ? error.message : `This failed: ${reasonOf(error)}.`
  await err.write(`${err.paint('red', 'file-sessions:')} ${message}\n`)
  return error instanceof CommandError ? error.status : status.failed
}

// Commander's own: "error: unknown option '--limt'", and on a second line what was meant.
function asSentence (text: string): string {
  const [message = '', ...hints] = text.trim().replace(/^error: /, '').split('\n')
  const sentence = message.charAt(0).toUpperCase() + message.slice(1)
  const hint = hints.map(line => line.replace(/^\((.*)\)$/, '$1')).join(' ')
  return `file-sessions: ${sentence.replace(/[.?!]?$/, hint === '' ? '; --help shows what is possible.' : '. ' + hint)}\n`
}
