import { Command } from 'commander'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { status, type Status } from '../exit.ts'
import { formatCount, plural } from '../format.ts'
import { explainRest, recodeAll } from '../recode.ts'

/** The command `decrypt`: decrypts what is there. */
export function decryptCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('decrypt')
    .alias('unseal')
    .summary('decrypt the sessions that are encrypted')
    .description('Decrypts the sessions that are encrypted, while servers go on. First start all servers without requireEncryption; as long as they have the secret, they encrypt what they write.')
    .argument('[directory]', 'the session directory'))
    .action(async (directory: string | undefined, _flags: object, command: Command) => {
      finish(await decrypt(contextOf(command, terminal, directory)))
    })
}

async function decrypt (context: Context): Promise<Status> {
  const report = await recodeAll(context, 'plain', ({ isEncrypted }) => !isEncrypted)
  const { changed, already, failed, locked } = report
  await context.out.line(`Decrypted ${plural(changed, 'session')}; ${formatCount(already)} were plain already.`)
  explainRest(report, context)
  if (context.signal.aborted) context.note('Interrupted: the other sessions are as they were.')
  return context.signal.aborted ? status.interrupted : failed + locked > 0 ? status.failed : status.done
}
