import { fileURLToPath } from 'node:url'
import { Child, reply } from './child.ts'

/**
 * Calls the function `name` that `module` exports in a new process, with one
 * argument, and resolves to what it returns: for start-up time, resident
 * memory, and whatever blocks the event loop. `gc` is available there.
 */
export async function callInOwnProcess<Argument, Result> (module: URL, name: string, argument: Argument): Promise<Awaited<Result>> {
  const child = Child.start(new URL(import.meta.url), [module.href, name, JSON.stringify(argument)], null)
  try {
    return await child.next()
  } finally {
    await child.stop()
  }
}

const [href, name, argument] = process.argv.slice(2)
if (process.argv[1] === fileURLToPath(import.meta.url) && href !== undefined && name !== undefined && argument !== undefined) {
  process.once('disconnect', () => process.exit())
  await reply(async () => {
    const { [name]: call } = await import(href) as Record<string, (argument: unknown) => unknown>
    if (call === undefined) throw new Error(`${href} exports no ${name}`)
    return await call(JSON.parse(argument))
  })
}
