import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const installed = fileURLToPath(new URL('node_modules/.installed', import.meta.url))

/** Installs what only the benchmark needs, unless that was done before from the same lock file. */
export function install (): void {
  const hash = createHash('sha256').update(readFileSync(new URL('package-lock.json', import.meta.url))).digest('hex')
  if (lastInstalled() === hash) return
  console.log('Installing what the benchmark compares with (once; better-sqlite3 may be compiled, which takes minutes) …')
  execFileSync('npm', ['ci', '--prefix', here], { stdio: 'inherit', shell: process.platform === 'win32' })
  writeFileSync(installed, hash)
}

function lastInstalled (): string | null {
  try {
    return readFileSync(installed, 'utf8')
  } catch {
    return null
  }
}
