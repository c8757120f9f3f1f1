import { watch as watchDirectory } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from './context.ts'
import { status, type Status } from './exit.ts'
import { localTime } from './format.ts'
import { Output } from './output.ts'

// In milliseconds. Relative times change, and not every file system reports changes.
const interval = 1000

// In milliseconds. A burst of changes is drawn once.
const shortestPause = 100

// Drawing takes at most this share of the time.
const share = 5

// The alternate screen leaves what was on the terminal before as it was.
const enterScreen = '\u001b[?1049h\u001b[?25l'
const leaveScreen = '\u001b[?25h\u001b[?1049l'

/**
 * Draws again and again what `draw` writes to its output, immediately when a session comes or goes and every second
 * otherwise, until Ctrl-C. `draw` is given how many rows fit, and returns the line below.
 */
export async function watch (context: Context, draw: (output: Output, rows: number) => Promise<string>): Promise<Status> {
  const { out, directory, signal } = context
  let change = new AbortController()
  const watcher = watchDirectory(directory, { persistent: false }, () => change.abort())
  // Without the watcher it draws every second.
  watcher.on('error', () => watcher.close())
  await out.write(enterScreen)
  try {
    while (!signal.aborted && !out.isClosed) {
      change = new AbortController()
      const start = performance.now()
      const { output, text } = captured(out)
      const footer = await draw(output, Math.max(1, out.rows - 3))
      await output.flush()
      if (signal.aborted) break
      const lines = `${text()}\n${out.paint('dim', `${localTime(Date.now())}  ${directory}: ${footer}. Ctrl-C ends.`)}`
      await out.write(`\u001b[H${lines.replaceAll('\n', '\u001b[K\n')}\u001b[K\u001b[J`)
      const pause = Math.max(shortestPause, (performance.now() - start) * (share - 1))
      await sleep(pause, signal)
      await sleep(interval - pause, AbortSignal.any([signal, change.signal]))
    }
  } finally {
    watcher.close()
    await out.write(leaveScreen)
  }
  return status.done
}

async function sleep (milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0 && !signal.aborted) await delay(milliseconds, undefined, { signal }).catch(() => {})
}

// An output like `out` that keeps what is written to it, so that a screen is drawn in one go.
function captured (out: Output): { readonly output: Output, readonly text: () => string } {
  const texts: string[] = []
  const stream = {
    isTTY: true,
    columns: out.columns ?? 80,
    rows: out.rows,
    hasColors: () => out.hasColors,
    on: () => stream,
    write: (text: string) => texts.push(text) > 0
  }
  return { output: new Output(stream as unknown as NodeJS.WriteStream), text: () => texts.join('') }
}
