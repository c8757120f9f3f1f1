import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as assert from 'uvu/assert'
import { Client } from './client.ts'
import { signIn } from './shop.ts'
import { suiteOnDisk } from './support.ts'

const test = suiteOnDisk('npm start')

/** Runs `npm start` until `story` is over, and resolves to the exit code of npm after `signal`. */
async function start (directory: string, signal: NodeJS.Signals, story: (address: string) => Promise<void>): Promise<number | null> {
  // Without scripts: `prestart` would build anew, under the suites that use `dist` meanwhile. Detached: a group of
  // processes of its own, so that nothing of it is left behind when the test fails.
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, NODE_ENV: 'development', PORT: '0', DATA_DIRECTORY: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true
  })
  const ended = once(npm, 'exit', { signal: AbortSignal.timeout(60_000) })
  let address = ''
  try {
    for await (const line of createInterface({ input: npm.stdout })) {
      address = /open at (http:.*)$/.exec(line)?.[1] ?? ''
      if (address === '') continue
      await story(address)
      npm.kill(signal)
      break
    }
    const [code] = await ended
    // The server has ended, not only npm.
    assert.is(await fetch(address).then(() => 'answered', () => 'refused'), 'refused')
    return code
  } finally {
    killGroup(npm.pid!)
  }
}

function killGroup (id: number): void {
  try {
    process.kill(-id, 'SIGKILL')
  } catch (error: any) {
    if (error.code !== 'ESRCH') throw error
  }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`ends when npm gets ${signal}, and everybody is still signed in at the next start`, async ({ directory }) => {
    let client = new Client('')
    assert.is(await start(directory, signal, async address => {
      client = client.at(address)
      assert.is((await signIn(client)).status, 303)
    }), 0)
    await start(directory, signal, async address => {
      assert.match((await client.at(address).ask('/')).text, 'Hello, Ada')
    })
  })
}

test.run()
