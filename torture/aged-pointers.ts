import { sep } from 'node:path'
import { nodeFs } from './internals.ts'

/**
 * Makes every pointer of the index appear older than any write, to all stores of this process: then one that is wrong may
 * be removed. Gives what undoes it.
 */
export function agePointers (): () => void {
  const { statSync, stat } = nodeFs
  const isPointer = (file: string) => file.includes(`${sep}.owners${sep}`)
  Object.assign(nodeFs, {
    statSync (file: string) {
      const version = statSync(file)
      return version && isPointer(file) ? { ...version, ctimeMs: 0 } : version
    },
    async stat (file: string) {
      const version = await stat(file)
      return isPointer(file) ? { ...version, ctimeMs: 0 } : version
    }
  })
  return () => { Object.assign(nodeFs, { statSync, stat }) }
}
