import { Command } from 'commander'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { status, type Status } from '../exit.ts'
import { formatCount, plural } from '../format.ts'
import { explainRest, recodeAll } from '../recode.ts'

/** The command `encrypt`: encrypts what is there. */
export function encryptCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('encrypt')
    .alias('seal')
    .summary('encrypt the sessions that are plain')
    .description('Encrypts the sessions that are plain, under the first secret, while servers go on. First start all servers with that secret: one without it takes an encrypted session for none.')
    .argument('[directory]', 'the session directory'))
    .action(async (directory: string | undefined, _flags: object, command: Command) => {
      finish(await encrypt(contextOf(command, terminal, directory)))
    })
}

async function encrypt (context: Context): Promise<Status> {
  let old = 0
  const report = await recodeAll(context, 'encrypted', ({ isEncrypted, isUnderOldSecret }) => {
    if (isUnderOldSecret) old++
    return isEncrypted
  })
  const { changed, already, failed, locked } = report
  await context.out.line(`Encrypted ${plural(changed, 'session')}; ${formatCount(already + locked)} were encrypted already.`)
  explainRest(report, context)
  if (old > 0) context.note(`${plural(old, 'session is', 'sessions are')} encrypted under an old secret; 'file-sessions rotate' changes that.`)
  if (context.signal.aborted) context.note('Interrupted: the other sessions are as they were.')
  return context.signal.aborted ? status.interrupted : failed > 0 ? status.failed : status.done
}
