import { agePointers } from '../aged-pointers.ts'
import type { DriverOptions, Operation } from './driver.ts'
import { StoreDriver } from './store-driver.ts'

/** What a driver process is sent: the directory that it opens its store on, or an operation. */
export type DriverMessage =
  | { readonly type: 'open', readonly directory: string }
  | { readonly type: 'perform', readonly operation: Operation, readonly now: number }

// A process that process-driver.ts starts with the options of its stores. It performs the operations that it is sent.
const options: DriverOptions = JSON.parse(process.argv[2] ?? '{}')
if (options.isAged) agePointers()
let driver: StoreDriver | null = null

process.on('message', (message: DriverMessage) => {
  void handle(message).then(reply => process.send?.(reply))
})

async function handle (message: DriverMessage): Promise<unknown> {
  if (message.type === 'perform') return await driver?.perform(message.operation, message.now)
  await driver?.close()
  driver = new StoreDriver(message.directory, options)
  return null
}
