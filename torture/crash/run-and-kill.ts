import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { ensure } from '../trial.ts'

/** Starts a process, kills it `lifetime` milliseconds after its first line, and resolves to all that it logged. */
export async function runAndKill (file: string, parameters: string[], lifetime: number): Promise<string> {
  const child = spawn(process.execPath, [file, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', chunk => { errors += chunk })
  const closed = once(child, 'close')
  const begun = new Promise<void>(resolve => {
    child.stdout.setEncoding('utf8').on('data', chunk => {
      log += chunk
      resolve()
    })
  })
  await Promise.race([begun, closed])
  await delay(lifetime)
  child.kill('SIGKILL')
  const [, signal] = await closed
  ensure(signal === 'SIGKILL', `the process ended by itself: ${errors}`)
  return log
}
