import { existsSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { dashboard } from '../src/dashboard/index.ts'
import { FileStore } from '../src/index.ts'
import { idOf, populate } from './fixtures/population.ts'

// Measures the dashboard over a large directory: `node --import tsx bench/dashboard.ts [sessions] [directory]`.
// A directory that is given is filled when it does not exist, and stays. The process serves nothing else, so the delay
// of its event loop is what the dashboard adds to other requests; `idle` is what the timer itself is late by.

const sessions = Number(process.argv[2] ?? 1_000_000)
const directory = process.argv[3] ?? join(tmpdir(), `dashboard-bench-${process.pid}`)

if (!existsSync(directory)) {
  console.log(`filling ${directory} with ${sessions} sessions took ${Math.round(populate({ directory, sessions, usedAgo: 60_000 }) / 1000)} s`)
}
// Spread over ten days, so that pages have an order.
for (let number = 0; number < sessions; number++) {
  const time = Date.now() / 1000 - (number * 864_000) / sessions
  utimesSync(join(directory, `${idOf(number)}.json`), time, time)
}

const store = new FileStore(directory, { pruneInterval: 0 })
const app = Fastify()
await app.register(dashboard, { store, preHandler: async () => {}, sampleInterval: 0 })
await app.ready()
gc()
const before = process.memoryUsage()

await phase('idle', () => delay(3_000))

await phase('first page', async () => {
  const start = performance.now()
  const first = await timed('/')
  console.log(`  answered after ${first.ms} ms: ${/Reading the directory: [^.]*/.exec(first.body)?.[0] ?? 'with the list'}`)
  while ((await timed('/')).body.includes('Reading the directory')) await delay(200)
  console.log(`  with the list after ${((performance.now() - start) / 1000).toFixed(1)} s`)
})
memory('with the index')

await phase('100 pages, one after the other', async () => {
  const times: number[] = []
  for (let url: string | undefined = '/'; url !== undefined && times.length < 100;) {
    const { ms, body }: { ms: number, body: string } = await timed(url)
    times.push(ms)
    url = /rel="next" href="([^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
  }
  report(times)
})

await phase('50 pages anywhere', async () => {
  const times: number[] = []
  for (let count = 0; count < 50; count++) times.push((await timed(`/?before=${Date.now() - Math.floor(Math.random() * 864_000_000)}-0`)).ms)
  report(times)
})

await phase('20 searches for a part of an id', async () => {
  const times: number[] = []
  for (let count = 0; count < 20; count++) times.push((await timed(`/?q=${idOf(count * 997).slice(5, 17)}`)).ms)
  report(times)
})

await phase('live for 60 s, 500 sessions used per second', async () => {
  let newest = ''
  const seen: number[] = []
  const times: number[] = []
  for (let second = 0; second < 60; second += 2) {
    for (let number = 0; number < 1_000; number++) {
      newest = idOf(Math.floor(Math.random() * sessions))
      utimesSync(store.sessionFile(newest), new Date(), new Date())
      if (number % 10 === 9) await delay(18)
    }
    const start = performance.now()
    let answer = await timed('/')
    times.push(answer.ms)
    while (!answer.body.includes(newest) && performance.now() - start < 60_000) {
      await delay(100)
      answer = await timed('/')
    }
    seen.push(performance.now() - start)
  }
  report(times)
  console.log(`  the newest is shown after ${Math.round(seen.sort((one, other) => one - other)[Math.floor(seen.length / 2)]!)} ms (median), ${Math.round(seen.at(-1)!)} ms at most`)
})
memory('while the index is made anew')

await phase('a search by field', async () => {
  const start = performance.now()
  for (let isDone = false; !isDone; await delay(500)) isDone = !(await timed('/?in=field&q=user.name%3Dnobody')).body.includes('Searching:')
  console.log(`  done after ${((performance.now() - start) / 1000).toFixed(1)} s`)
})

await app.close()
await store.close()
if (process.argv[3] === undefined) rmSync(directory, { recursive: true })

async function timed (url: string): Promise<{ ms: number, body: string }> {
  const start = performance.now()
  const { body, statusCode } = await app.inject({ url })
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode}`)
  return { ms: Math.round((performance.now() - start) * 10) / 10, body }
}

async function phase (name: string, run: () => Promise<unknown>): Promise<void> {
  console.log(name)
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  const cpu = process.cpuUsage()
  const start = performance.now()
  histogram.enable()
  await run()
  histogram.disable()
  const { user, system } = process.cpuUsage(cpu)
  const ms = (nanoseconds: number) => (nanoseconds / 1e6).toFixed(1)
  console.log(`  event loop delay: p50 ${ms(histogram.percentile(50))}, p99 ${ms(histogram.percentile(99))}, most ${ms(histogram.max)} ms; took ${((performance.now() - start) / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of processor time`)
}

function report (times: number[]): void {
  const sorted = times.toSorted((one, other) => one - other)
  console.log(`  an answer takes ${sorted[Math.floor(sorted.length / 2)]} ms (median), ${sorted.at(-1)} ms at most`)
}

function memory (when: string): void {
  gc()
  const now = process.memoryUsage()
  const mb = (bytes: number) => Math.round(bytes / 1e6)
  console.log(`memory ${when}: ${mb(now.rss - before.rss)} MB resident, ${mb(now.heapUsed - before.heapUsed)} MB heap, ${mb(now.arrayBuffers - before.arrayBuffers)} MB buffers more than before`)
}

function gc (): void {
  (globalThis as { gc?: () => void }).gc?.()
}
