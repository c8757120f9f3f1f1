import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isTemporary } from '../internals.ts'
import { directoryTrial, ensure, type Trial } from '../trial.ts'

const run = promisify(execFile)

const systemCalls = ['openat', 'write', 'pwrite64', 'fsync', 'fdatasync', 'utimensat', 'rename', 'renameat', 'renameat2', 'mkdir', 'unlink']

/** The system calls of durable changes and their order. */
export function syscallOrderTrials (): Trial[] {
  return [directoryTrial('flushes file and directory in the right order when durable', traceDurableChanges, ['linux', 'strace'])]
}

async function traceDurableChanges (root: string): Promise<number> {
  const directory = join(root, 'above', 'sessions')
  const log = join(root, 'log')
  // With -y strace prints the path of each descriptor.
  await run('strace', [
    '-f', '-qq', '-y', '-s', '0', '-e', `trace=${systemCalls.join()}`, '-o', log,
    process.execPath, '--import', 'tsx', fileURLToPath(new URL('durable-process.ts', import.meta.url)), directory
  ], { env: { ...process.env, UV_USE_IO_URING: '0' } })
  const traced = changesIn(await readFile(log, 'utf8'), root)
  const write = ['create .tmp', 'write .tmp', 'set time of .tmp', 'flush .tmp', 'rename .tmp over sessions/a.json', 'flush above/sessions']
  const expected = [
    'make above', 'make above/sessions', 'flush above', 'flush .', ...write,
    ...write,
    'remove sessions/a.json', 'flush above/sessions'
  ]
  ensure(JSON.stringify(traced) === JSON.stringify(expected), `the calls were\n  ${traced.join('\n  ')}\nexpected\n  ${expected.join('\n  ')}`)
  return 3
}

// The successful calls on paths below `root`, in words. The process does one
// thing after the other, so the order of the lines is that of the calls; a line
// that strace had to split counts where it is resumed.
function changesIn (log: string, root: string): string[] {
  const unfinished = new Map<string, string>()
  const changes: string[] = []
  for (const line of log.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const parts = rest.split(' <unfinished ...>')
    if (parts.length > 1) {
      unfinished.set(thread, parts[0] ?? '')
      continue
    }
    const call = rest.replace(/^<\.\.\. \w+ resumed>/, unfinished.get(thread) ?? '')
    if (!call.includes(`${root}/`) && !call.includes(`${root}>`) && !call.includes(`${root}"`)) continue
    if (/ = -1 /.test(call)) continue
    const description = describeCall(call, root)
    if (description !== null) changes.push(description)
  }
  return changes
}

function describeCall (call: string, root: string): string | null {
  const [, name = '', parameters = ''] = /^(\w+)\((.*)\) += /.exec(call) ?? []
  const paths = Array.from(parameters.matchAll(/["<](\/[^">]*)[">]/g), ([, path = '']) => path)
    .filter(path => path.startsWith(root))
    .map(path => nameOf(path, root))
  switch (name) {
    case 'openat': return parameters.includes('O_CREAT') ? `create${isExclusive(parameters) ? '' : ' (not exclusive)'} ${paths[0]}` : null
    case 'write':
    case 'pwrite64': return `write ${paths[0]}`
    case 'fsync':
    case 'fdatasync': return `flush ${paths[0]}`
    case 'utimensat': return `set time of ${paths[0]}`
    case 'mkdir': return `make ${paths[0]}`
    case 'unlink': return `remove ${paths[0]}`
    default: return `rename ${paths.join(' over ')}`
  }
}

function isExclusive (parameters: string): boolean {
  return parameters.includes('O_EXCL|') && parameters.includes('0600')
}

function nameOf (path: string, root: string): string {
  if (isTemporary(basename(path))) return '.tmp'
  if (path === root) return '.'
  return path.endsWith('.json') ? path.slice(root.length + '/above/'.length) : path.slice(root.length + 1)
}
