import { status } from './exit.ts'

/**
 * A signal that is aborted by Ctrl-C and by a request to end: the command stops at the next file and says what was done.
 * At the second signal the process exits immediately.
 */
export function interruptSignal (): AbortSignal {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(status.interrupted)
    controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt)
  return controller.signal
}
