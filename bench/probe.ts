import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { measureMemory } from './memory.ts'
import { populate } from './population.ts'
import { measurePrune } from './reapers.ts'
import { measureStart } from './start.ts'

/** What is measured in a process of its own: start-up, resident memory, and who holds up the event loop. */
export const probes = { populate, start: measureStart, memory: measureMemory, prune: measurePrune }

type Probes = typeof probes

/** What a probe answers. */
export type Answer<Name extends keyof Probes> = Awaited<ReturnType<Probes[Name]>>

/** Runs a probe in a process of its own. */
export async function probe<Name extends keyof Probes> (name: Name, options: Parameters<Probes[Name]>[0]): Promise<Answer<Name>> {
  const child = fork(fileURLToPath(import.meta.url), [name, JSON.stringify(options)], { execArgv: [...process.execArgv, '--expose-gc'] })
  const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (typeof first !== 'object' || first === null) throw new Error(`The probe ${name} ended without an answer`)
  if (child.exitCode === null) await once(child, 'exit')
  return (first as { answer: Answer<Name> }).answer
}

const [name, options] = process.argv.slice(2)
if (process.argv[1] === fileURLToPath(import.meta.url) && name !== undefined) {
  const run = probes[name as keyof Probes] as (options: unknown) => unknown
  const answer = await run(JSON.parse(options ?? '{}'))
  process.send?.({ answer }, () => process.exit())
}
