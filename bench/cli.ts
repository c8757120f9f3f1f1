import { spawn } from 'node:child_process'
import { utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// What the command costs in a directory of 1,000 sessions and of 1,000,000 (or as many as the first parameter says):
// time and resident memory, beside a walk through the directory that looks at each file's metadata and does nothing else.

const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const counts = [1_000, Number(process.argv[2] ?? 1_000_000)]

// The best of so many: what else the machine does only ever adds.
const rounds = Number(process.argv[3] ?? 3)

// What each process says when it ends: its memory in kilobytes, and its time on the processor in microseconds.
const reporting = "--import=data:text/javascript,process.on('exit',()=>{const{maxRSS,userCPUTime,systemCPUTime}=process.resourceUsage();process.stderr.write(['usage',maxRSS,userCPUTime+systemCPUTime].join('/'))})"

const walk = `
  import { opendir } from 'node:fs/promises'
  import { statSync } from 'node:fs'
  let size = 0
  const entries = await opendir(process.argv[1], { bufferSize: 512 })
  for await (const { name } of entries) size += statSync(process.argv[1] + '/' + name).size
`

interface Measure {
  readonly seconds: number
  /** On the processor: what the machine does besides matters less to that. */
  readonly cpuSeconds: number
  readonly megabytes: number
}

const results: Array<Record<string, Measure>> = []
for (const count of counts) results.push(await measureAll(count))
report(results as [Record<string, Measure>, Record<string, Measure>])

async function measureAll (count: number): Promise<Record<string, Measure>> {
  const directory = await mkdtemp(join(tmpdir(), 'file-sessions-bench-'))
  try {
    populate(directory, count)
    const session = idOf(Math.floor(count / 2))
    const runs: Record<string, readonly string[]> = {
      'a walk with stat': ['--input-type=module', '--eval', walk, directory],
      'list --limit 20': [command, 'list', directory, '--limit', '20'],
      'list --limit 20 --json': [command, 'list', directory, '--limit', '20', '--json'],
      'show, whole id': [command, 'show', session, directory],
      'show, beginning of an id': [command, 'show', session.slice(0, 12), directory],
      'list --where (1 in 1000)': [command, 'list', directory, '--where', 'user.name=user7'],
      'list --sort none': [command, 'list', directory, '--sort', 'none'],
      list: [command, 'list', directory],
      stats: [command, 'stats', directory],
      'prune --dry-run': [command, 'prune', directory, '--dry-run']
    }
    const measures: Record<string, Measure> = {}
    for (const [name, parameters] of Object.entries(runs)) measures[name] = await best(parameters)
    return measures
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function populate (directory: string, count: number): void {
  const now = Date.now() / 1000
  for (let index = 0; index < count; index++) {
    const file = join(directory, `${idOf(index)}.json`)
    writeFileSync(file, JSON.stringify(sessionOf(index)), { mode: 0o600 })
    // Used within the last week, as the store leaves it: the access time is the expiry.
    const used = now - index * 7919 % 604_000
    utimesSync(file, used + 604_800, used)
  }
}

function idOf (index: number): string {
  return Buffer.from(String(index * 2_654_435_761 % 2 ** 32).padStart(12, '0') + String(index).padStart(12, '0')).toString('base64url')
}

function sessionOf (index: number): object {
  return {
    cookie: { originalMaxAge: 604_800_000, path: '/', httpOnly: true, sameSite: 'lax' },
    user: { name: `user${index % 1000}`, roles: ['user'] },
    cart: Array.from({ length: 5 }, (_, item) => ({ item: `item ${item}`, price: index % 100 }))
  }
}

async function best (parameters: readonly string[]): Promise<Measure> {
  const measures = []
  for (let round = 0; round < rounds; round++) measures.push(await measure(parameters))
  return {
    seconds: Math.min(...measures.map(({ seconds }) => seconds)),
    cpuSeconds: Math.min(...measures.map(({ cpuSeconds }) => cpuSeconds)),
    megabytes: Math.max(...measures.map(({ megabytes }) => megabytes))
  }
}

function measure (parameters: readonly string[]): Promise<Measure> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(process.execPath, parameters, { env: { ...process.env, NODE_OPTIONS: reporting }, stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
    child.on('close', code => {
      const [, kilobytes, microseconds] = /usage\/(\d+)\/(\d+)/.exec(errors) ?? []
      if (code !== 0 || kilobytes === undefined) reject(new Error(`${parameters.join(' ')} ended with ${code}: ${errors}`))
      else resolve({ seconds: (performance.now() - start) / 1000, cpuSeconds: Number(microseconds) / 1e6, megabytes: Number(kilobytes) / 1024 })
    })
  })
}

function report ([few, many]: [Record<string, Measure>, Record<string, Measure>]): void {
  const [fewer, more] = counts.map(count => count.toLocaleString('en-US'))
  console.log(`| | s, ${fewer} | s, ${more} | CPU s, ${more} | MB, ${fewer} | MB, ${more} |`)
  console.log('| --- | --: | --: | --: | --: | --: |')
  for (const [name, { seconds, megabytes }] of Object.entries(few)) {
    const other = many[name]!
    const cells = [seconds.toFixed(2), other.seconds.toFixed(2), other.cpuSeconds.toFixed(2), megabytes.toFixed(0), other.megabytes.toFixed(0)]
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
}
