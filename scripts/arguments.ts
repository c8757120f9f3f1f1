import { parseArgs } from 'node:util'

/** An option of a script: `--name`, or `--name VALUE` when `value` names what it takes. */
export interface Option {
  readonly description: string
  readonly value?: string
  /** Checked before the script starts. */
  readonly pattern?: RegExp
}

/** What a script tells and takes. */
export interface Command {
  /** How one starts it: `npm test --`. */
  readonly command: string
  /** One or two sentences: what it does. */
  readonly summary: string
  /** Arguments without a name, in their order, each with its description. All may be left out. */
  readonly positionals?: Readonly<Record<string, string>>
  readonly options?: Readonly<Record<string, Option>>
}

/** What the command line said. An option without a value is `true` when it was given. */
export interface Arguments {
  readonly positionals: readonly string[]
  readonly options: Readonly<Record<string, string | true | undefined>>
}

/**
 * Reads the command line of a script. Ends the process with the help and status 0 at `--help` or `-h`, and with
 * one sentence and status 2 at an argument that the script does not take.
 */
export function readArguments (command: Command, given: readonly string[] = process.argv.slice(2)): Arguments {
  const { options = {}, positionals: names = {} } = command
  const { tokens } = parseArgs({ args: [...given], strict: false, tokens: true, allowPositionals: true, options: parserOptions(options) })
  const positionals: string[] = []
  const values: Record<string, string | true> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (positionals.push(token.value) > Object.keys(names).length) refuse(`Unknown argument: ${token.value}.`, command)
    } else if (token.kind === 'option') {
      if (token.rawName === '--help' || token.rawName === '-h') help(command)
      values[token.name] = optionValue(token, options[token.name], command)
    }
  }
  return { positionals, options: values }
}

/** Ends the process with one sentence on standard error and status 2. With `command`, the sentence names its `--help`. */
export function refuse (sentence: string, command?: Command): never {
  console.error(command === undefined ? sentence : `${sentence} ${command.command} --help lists what it takes.`)
  process.exit(2)
}

/** Ends the process with status 2 when nothing was selected, naming what there is. */
export function requireMatch<T extends string> (matched: readonly T[], pattern: string, all: readonly string[]): void {
  if (matched.length === 0) refuse(`Nothing matched ${pattern}. There is: ${all.join(', ')}.`)
}

/** Why this process cannot do what only root may, or `null` when it is root. Windows has no root. */
export function rootMissing (): string | null {
  return process.getuid?.() === 0 ? null : 'needs root'
}

/** The regular expression that `text` is. Ends the process with status 2 when it is none. */
export function readPattern (text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    return refuse(`${(error as Error).message}.`)
  }
}

function optionValue ({ rawName, value, inlineValue }: { rawName: string, value?: string | undefined, inlineValue?: boolean | undefined }, option: Option | undefined, command: Command): string | true {
  if (option === undefined || !rawName.startsWith('--')) return refuse(`Unknown argument: ${rawName}.`, command)
  if (option.value === undefined) return value === undefined ? true : refuse(`${rawName} takes no value.`, command)
  if (value === undefined || value === '' || (value.startsWith('-') && inlineValue !== true)) return refuse(`${rawName} needs a value: ${option.value}.`, command)
  return option.pattern === undefined || option.pattern.test(value) ? value : refuse(`${rawName} cannot be ${value}.`, command)
}

function parserOptions (options: Readonly<Record<string, Option>>) {
  return Object.fromEntries(Object.entries(options).map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' as const : 'string' as const }]))
}

function help ({ command, summary, positionals = {}, options = {} }: Command): never {
  const rows = [
    ...Object.entries(positionals).map(([name, description]) => [name, description] as const),
    ...Object.entries(options).map(([name, { value, description }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, description] as const),
    ['--help', 'Show this help.'] as const
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const usage = [command, ...Object.keys(positionals).map(name => `[${name}]`), ...Object.keys(options).length > 0 ? ['[options]'] : []]
  console.log(`${usage.join(' ')}\n\n${summary}\n\n${rows.map(([name, description]) => `  ${name.padEnd(width)}  ${description}`).join('\n')}`)
  process.exit(0)
}
