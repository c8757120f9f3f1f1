import { Command } from 'commander'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { status, type Status } from '../exit.ts'
import { formatCount, localTime, plural } from '../format.ts'
import type { InspectedSession } from '../inspect.ts'
import { explainRest, recodeAll } from '../recode.ts'
import { survey } from '../survey.ts'

/** The command `rotate`: everything under the first secret, so that the others can go. */
export function rotateCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('rotate')
    .summary('encrypt everything under the first secret, so that older ones can go')
    .description('Encrypts every session under the first secret, while servers go on, and says when the older ones may go. First start all servers with the new secret before the old one: secret: [new, old].')
    .argument('[directory]', 'the session directory'))
    .action(async (directory: string | undefined, _flags: object, command: Command) => {
      finish(await rotate(contextOf(command, terminal, directory)))
    })
}

async function rotate (context: Context): Promise<Status> {
  const { out, note, signal } = context
  const report = await recodeAll(context, 'encrypted', isCurrent)
  await out.line(`Encrypted ${plural(report.changed, 'session')} under the first secret; ${formatCount(report.already)} were already.`)
  await out.flush()
  explainRest(report, context)
  if (signal.aborted) {
    note('Interrupted: the other sessions are as they were, and the old secret must stay.')
    return status.interrupted
  }
  if (report.failed + report.locked > 0) {
    note('The old secret must stay: not every session is under the first one.')
    return status.failed
  }
  return await verify(context)
}

// Servers may have written meanwhile.
async function verify (context: Context): Promise<Status> {
  let behind = 0
  let latest = 0
  await survey(context, 'Checking', inspected => {
    if (inspected.kind !== 'locked' && (inspected.kind !== 'session' || inspected.isForeign || isCurrent(inspected))) return
    behind++
    latest = Math.max(latest, inspected.stats.ctimeMs)
  })
  if (context.signal.aborted) {
    context.note('Interrupted: it was not checked whether the old secret may go.')
    return status.interrupted
  }
  if (behind > 0) {
    context.note(`The old secret must stay: a server still writes without the new one first (${plural(behind, 'session')}, the latest at ${localTime(latest)}); restart it with secret: [new, old] and repeat this.`)
    return status.failed
  }
  await context.out.line('Every session is encrypted under the first secret: the older ones may go, once every server has the new one first.')
  return status.done
}

function isCurrent ({ isEncrypted, isUnderOldSecret }: InspectedSession): boolean {
  return isEncrypted && !isUnderOldSecret
}
