import { InvalidArgumentError, Option, type Command } from 'commander'
import { usageError } from './exit.ts'
import { requireDirectory } from './files.ts'
import { parseDuration } from './format.ts'
import { Inspector, type InspectOptions } from './inspect.ts'
import type { Output } from './output.ts'
import { readSecrets, type SecretSource } from './secrets.ts'

/** What every command writes to and is interrupted by. */
export interface Terminal {
  /** What was asked for. */
  readonly out: Output
  /** What is said about it: notes, progress, questions, errors. */
  readonly err: Output
  readonly signal: AbortSignal
}

/** A terminal and the session directory that the command line names. */
export interface Context extends Terminal, InspectOptions {
  readonly inspector: Inspector
  /** Says something beside the result. */
  note (message: string): void
}

/** Where sessions are kept unless told otherwise. */
const defaultDirectory = './sessions'

/** The environment variable that names another. */
export const directoryVariable = 'FILE_SESSIONS_DIRECTORY'

const group = 'Session directory:'

/** Adds the options that say where sessions are and how they are kept. */
export function withStoreOptions (command: Command): Command {
  const sources: SecretSource[] = []
  const source = (kind: SecretSource['kind']) => (name: string) => {
    sources.push({ kind, name })
    return sources
  }
  return command.addOption(new Option('-d, --directory <path>', `the session directory (default: $${directoryVariable}, or ${defaultDirectory})`).helpGroup(group))
    .addOption(new Option('--extension <text>', "what session files end in; '' for none").default('.json').argParser(parseExtension).helpGroup(group))
    .addOption(new Option('--ttl <duration>', "the store's ttl, as in 14d").argParser(parseTtl).helpGroup(group))
    .addOption(new Option('--secret-env <name>', 'the environment variable that holds the secret; repeat it for older ones (default: SESSION_FILE_SECRET)').argParser(source('environment')).helpGroup(group))
    .addOption(new Option('--secret-file <file>', 'a file that holds secrets, one a line, the current one first').argParser(source('file')).helpGroup(group))
}

interface StoreFlags {
  readonly directory?: string
  readonly extension: string
  readonly ttl?: number
  readonly secretEnv?: readonly SecretSource[]
  readonly secretFile?: readonly SecretSource[]
}

/** The context that a command line describes. `argument` is the directory where it was given as an argument. */
export function contextOf (command: Command, terminal: Terminal, argument?: string): Context {
  const { directory: option, extension, ttl, secretEnv, secretFile } = command.opts<StoreFlags>()
  if (argument !== undefined && option !== undefined) throw usageError('The directory is given twice; leave out --directory or the argument.')
  const directory = argument ?? option ?? (process.env[directoryVariable] || defaultDirectory)
  if (directory === '') throw usageError('The name of the directory is empty; name the one that the server keeps its sessions in.')
  requireDirectory(directory)
  const note = (message: string) => { void terminal.err.write(`${terminal.err.paint('yellow', message)}\n`) }
  // Both options fill one list, in the order of the command line.
  const options = { directory, extension, ttl, secrets: readSecrets(secretEnv ?? secretFile ?? [], note) }
  return { ...terminal, ...options, inspector: new Inspector(options), note }
}

/** Parses a duration of the command line. */
export function durationArgument (text: string): number {
  const duration = parseDuration(text)
  if (duration === null) throw new InvalidArgumentError('Expected a duration such as 30s, 10m, 2h or 14d.')
  return duration
}

/** Parses a whole number of the command line. */
export function countArgument (text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}

/** Collects the values of an option that may be repeated. */
export function collect (value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value]
}

// The store takes milliseconds.
function parseTtl (text: string): number {
  const ttl = /^\d+$/.test(text) ? Number(text) : durationArgument(text)
  if (ttl <= 0) throw new InvalidArgumentError('Expected a duration above 0.')
  return ttl
}

function parseExtension (text: string): string {
  if (!/^[\w.-]*$/.test(text)) throw new InvalidArgumentError("Expected letters, digits, '.', '_' and '-', or nothing.")
  return text
}
