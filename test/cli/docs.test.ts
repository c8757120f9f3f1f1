import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suiteOnDisk } from '../support.ts'
import { put, run, sessionOf, shell } from './command.ts'

const test = suiteOnDisk('docs/command.md')

const text = await readFile(join(import.meta.dirname, '../../docs/command.md'), 'utf8')

test('describes every command and every option', async () => {
  const { output } = await run(['--help'])
  const commands = [...output.matchAll(/^ {2}([a-z]+)[ |].*/gm)].map(([, name]) => name!).filter(name => name !== 'file')
  assert.ok(commands.length > 10)
  for (const command of commands) {
    const { output: help } = await run([command, '--help'])
    for (const [flag] of help.matchAll(/(?<=^ {2}.*)--[a-z-]+(?=.*)/gm)) {
      if (flag !== '--help') assert.ok(text.includes(`\`${flag}`), `${command} ${flag}`)
    }
    assert.match(text, new RegExp(`^##.*\`${command}\\b`, 'm'))
  }
})

const recipes = [...text.matchAll(/^(file-sessions .*)$|`(file-sessions [a-z]+ [^`]+)`/gm)].map(([, line, inline]) => (line ?? inline)!)

for (const recipe of recipes) {
  test(`has ${recipe}, which works`, async ({ directory }) => {
    await put(join(directory, 'sessions'), 'Xk3f9aQ2mB7tLw5ZrYc1VhNe8DsGp0uJ', sessionOf({ user: { name: 'Ada', email: 'ada@example.com', roles: ['admin'] } }))
    const { code, errors } = await shell(recipe, { cwd: directory, env: { NEW_SECRET: 'n'.repeat(32), OLD_SECRET: 'o'.repeat(32), SESSION_FILE_SECRET: 's'.repeat(32) } })
    if (recipe.includes('--watch')) assert.match(errors, /--watch needs a terminal/)
    else if (/revoke --where/.test(recipe)) assert.match(errors, /This is not a terminal/)
    else assert.ok(code === 0 || (code === 1 && /No session .* matches/.test(errors)), `${code}: ${errors}`)
  })
}

test('has recipes', () => {
  assert.ok(recipes.length > 15)
})

test.run()
