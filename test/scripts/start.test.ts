import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'

const test = suiteOnDisk('npm start')
const root = join(import.meta.dirname, '../..')

test('ends the example when npm gets SIGTERM', async ({ directory }) => {
  // Without `prestart`, which builds: other suites use dist/ meanwhile.
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', SESSIONS_DIRECTORY: join(directory, 'sessions') },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(npm, 'close')
  const address = await new Promise<string>((resolve, reject) => {
    let output = ''
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const found = /http:\/\/\S+/.exec(output)?.[0]
      if (found !== undefined) resolve(found)
    })
    npm.on('close', () => reject(new Error(`it did not start: ${output}`)))
  })
  assert.ok((await fetch(address)).ok)
  npm.kill('SIGTERM')
  await ended
  const cause = await fetch(address).then(() => null, error => error.cause.code)
  assert.is(cause, 'ECONNREFUSED')
})

test.run()
