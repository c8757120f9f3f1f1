import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs `body` while a tmpfs with these mount options is mounted on `directory`. Needs `mount`. */
export async function withTmpfs (directory: string, options: string, body: () => Promise<number>): Promise<number> {
  await run('mount', ['-t', 'tmpfs', '-o', `mode=0700,${options}`, 'tmpfs', directory])
  try {
    return await body()
  } finally {
    await run('umount', [directory])
  }
}
