import { nodeFs, type FsCalls } from './internals.ts'

/** Says which calls to the file system fail at this moment: the code of the error, or `null`. */
export type Fault = (call: keyof FsCalls, parameters: readonly unknown[]) => string | null

/**
 * Runs `body` while calls to the file system of all stores of this process fail
 * as `fault` says, before they have done anything.
 */
export async function withFailingCalls<T> (fault: Fault, body: () => Promise<T>): Promise<T> {
  const original = { ...nodeFs }
  for (const [name, call] of Object.entries(original) as Array<[keyof FsCalls, Function]>) {
    const isSync = name.endsWith('Sync') || name === 'now'
    const failing = (...parameters: unknown[]) => {
      const code = fault(name, parameters)
      if (code === null) return call(...parameters)
      const error = Object.assign(new Error(`${code}: injected, ${name}`), { code })
      if (isSync) throw error
      return Promise.reject(error)
    }
    Object.assign(nodeFs, { [name]: failing })
  }
  try {
    return await body()
  } finally {
    Object.assign(nodeFs, original)
  }
}
