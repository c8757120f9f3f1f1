import { Command } from 'commander'
import { contextOf, withStoreOptions, type Context, type Terminal } from '../context.ts'
import { examineDirectory } from '../doctor/directory.ts'
import { examineDisk } from '../doctor/disk.ts'
import type { Finding } from '../doctor/finding.ts'
import { examineSessions } from '../doctor/sessions.ts'
import { status, type Status } from '../exit.ts'
import { canWrite } from '../files.ts'
import { plural } from '../format.ts'

interface DoctorFlags {
  readonly json?: boolean
  /** `--no-probe` makes it `false`. */
  readonly probe: boolean
}

/** The command `doctor`: what is wrong with a directory, and what to do about it. */
export function doctorCommand (terminal: Terminal, finish: (status: Status) => void): Command {
  return withStoreOptions(new Command('doctor')
    .summary('what is wrong with a directory, and what to do about it')
    .description('Examines a session directory: modes, owners, free space, what is not a session, encryption, the clock, and what the file system is like. Each finding says what to do about it.')
    .argument('[directory]', 'the session directory')
    .option('--no-probe', 'write nothing: do not try the file system with hidden files, which are removed again')
    .option('--json', 'one JSON object a line'))
    .action(async (directory: string | undefined, flags: DoctorFlags, command: Command) => {
      finish(await doctor(contextOf(command, terminal, directory), flags))
    })
}

async function doctor (context: Context, { json, probe }: DoctorFlags): Promise<Status> {
  const examinations = [examineDirectory, examineSessions, ...(probe && canWrite(context.directory) ? [examineDisk] : [])]
  const levels = { ok: 0, note: 0, problem: 0 }
  for (const examine of examinations) {
    if (context.signal.aborted) break
    for (const finding of await examine(context)) {
      levels[finding.level]++
      if (json === true) await context.out.line(JSON.stringify(finding))
      else await show(finding, context)
    }
  }
  if (context.signal.aborted) context.note('Interrupted: not everything was examined.')
  else if (json !== true) await context.out.line(levels.problem === 0 ? '\nAll is well.' : `\n${plural(levels.problem, 'problem')} found.`)
  return context.signal.aborted ? status.interrupted : levels.problem > 0 ? status.failed : status.done
}

async function show ({ level, subject, message, advice }: Finding, { out }: Context): Promise<void> {
  const [symbol, format] = ({ ok: ['ok  ', 'green'], note: ['note', 'yellow'], problem: ['BAD ', 'red'] } as const)[level]
  await out.line(`${out.paint(format, symbol)} ${out.paint('dim', subject.padEnd(12))} ${message}`)
  if (advice !== undefined) await out.line(`${' '.repeat(18)}${out.paint('cyan', `→ ${advice}`)}`)
}
