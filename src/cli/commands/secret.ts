import { randomBytes } from 'node:crypto'
import { Command } from 'commander'
import type { Terminal } from '../context.ts'
import { status, type Status } from '../exit.ts'

// In bytes: what a key of AES-256 has.
const length = 32

/** The command `secret`: a new one. */
export function secretCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return new Command('secret')
    .summary('print a new secret')
    .description('Prints a new secret for the option `secret` of the store: 32 random bytes, in hexadecimal.')
    .action(async () => {
      await terminal.out.line(randomBytes(length).toString('hex'))
      finish(status.done)
    })
}
