import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isTemporary } from '../src/temporary.ts'
import { freshDirectory } from '../test/support.ts'
import { ensure, type Trial } from './trial.ts'

const run = promisify(execFile)

const calls = ['openat', 'write', 'pwrite64', 'fsync', 'fdatasync', 'utimensat', 'rename', 'renameat', 'renameat2', 'mkdir', 'unlink']

/** The system calls of durable changes, in their order. Needs strace. */
export function traceTrials (): Trial[] {
  return [{ name: 'flushes in the right order when durable (strace)', run: traceDurable }]
}

async function traceDurable (): Promise<number> {
  const place = await freshDirectory()
  try {
    const directory = join(place, 'above', 'sessions')
    const log = join(place, 'log')
    // With -y, descriptors come with the paths that they stand for.
    await run('strace', [
      '-f', '-qq', '-y', '-s', '0', '-e', `trace=${calls.join()}`, '-o', log,
      process.execPath, '--import', 'tsx', fileURLToPath(new URL('durable.ts', import.meta.url)), directory
    ], { env: { ...process.env, UV_USE_IO_URING: '0' } })
    const seen = callsIn(await readFile(log, 'utf8'), place)
    const write = ['create .tmp', 'write .tmp', 'date .tmp', 'flush .tmp', 'rename .tmp over sessions/a.json', 'flush above/sessions']
    const expected = [
      'make above', 'make above/sessions', 'flush above', 'flush .', ...write,
      ...write,
      'remove sessions/a.json', 'flush above/sessions'
    ]
    ensure(JSON.stringify(seen) === JSON.stringify(expected), `the calls were\n  ${seen.join('\n  ')}\nexpected\n  ${expected.join('\n  ')}`)
    return 3
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

// What succeeded in `place`, in words. The process does one thing after the
// other, so the order of the lines is that of the calls, where a line that
// strace had to split counts when it is resumed.
function callsIn (log: string, place: string): string[] {
  const begun = new Map<string, string>()
  const seen: string[] = []
  for (const line of log.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const unfinished = rest.split(' <unfinished ...>')
    if (unfinished.length > 1) {
      begun.set(thread, unfinished[0] ?? '')
      continue
    }
    const call = rest.replace(/^<\.\.\. \w+ resumed>/, begun.get(thread) ?? '')
    if (!call.includes(`${place}/`) && !call.includes(`${place}>`) && !call.includes(`${place}"`)) continue
    if (/ = -1 /.test(call)) continue
    const word = wordsFor(call, place)
    if (word !== null) seen.push(word)
  }
  return seen
}

function wordsFor (call: string, place: string): string | null {
  const [, name = '', parameters = ''] = /^(\w+)\((.*)\) += /.exec(call) ?? []
  const paths = Array.from(parameters.matchAll(/["<](\/[^">]*)[">]/g), ([, path = '']) => path)
    .filter(path => path.startsWith(place))
    .map(path => nameOf(path, place))
  switch (name) {
    case 'openat': return parameters.includes('O_CREAT') ? `create${parameters.includes('O_EXCL|') && parameters.includes('0600') ? '' : ' (not alone)'} ${paths[0]}` : null
    case 'write':
    case 'pwrite64': return `write ${paths[0]}`
    case 'fsync':
    case 'fdatasync': return `flush ${paths[0]}`
    case 'utimensat': return `date ${paths[0]}`
    case 'mkdir': return `make ${paths[0]}`
    case 'unlink': return `remove ${paths[0]}`
    default: return `rename ${paths.join(' over ')}`
  }
}

function nameOf (path: string, place: string): string {
  if (isTemporary(basename(path))) return '.tmp'
  if (path === place) return '.'
  return path.endsWith('.json') ? path.slice(place.length + '/above/'.length) : path.slice(place.length + 1)
}
