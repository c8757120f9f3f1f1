import { isUtf8 } from 'node:buffer'
import * as fs from 'node:fs'
import { promisify } from 'node:util'

/** How often this process gave up its core to wait for something, and how often it was taken away. */
export type Switches = Pick<NodeJS.ResourceUsage, 'voluntaryContextSwitches' | 'involuntaryContextSwitches'>

/** The calls to the disk: the door at which a test makes it slow or broken. */
export type Calls = typeof nodeCalls

const stat = promisify(fs.stat)
const read = promisify(fs.readFile)
const write = promisify(fs.writeFile)
const utimes = promisify(fs.utimes)
const makeDirectory = promisify(fs.mkdir)
const openDirectory = promisify(fs.opendir)
const open = promisify(fs.open)
const date = promisify(fs.futimes)
const look = promisify(fs.fstat)
const sync = promisify(fs.fsync)
const close = promisify(fs.close)

/** The calls as Node makes them. */
export const nodeCalls = {
  // An exception for each absent session would cost more than the call.
  statSync: (file: string) => fs.statSync(file, { throwIfNoEntry: false }),
  stat: (file: string) => stat(file),
  readSync: (file: string) => decoded(fs.readFileSync(file)),
  read: async (file: string) => decoded(await read(file)),
  touchSync: (file: string, seconds: number) => fs.utimesSync(file, seconds, seconds),
  touch: (file: string, seconds: number) => utimes(file, seconds, seconds),
  create: (file: string, mode: number) => open(file, 'wx', mode),
  // All that is left to do to a file that was just created.
  fillSync (descriptor: number, text: string, seconds: number): fs.Stats {
    try {
      fs.writeFileSync(descriptor, text)
      fs.futimesSync(descriptor, seconds, seconds)
      return fs.fstatSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
  },
  async fill (descriptor: number, text: string, seconds: number, flush: boolean): Promise<fs.Stats> {
    try {
      await write(descriptor, text)
      await date(descriptor, seconds, seconds)
      if (flush) await sync(descriptor)
      return await look(descriptor)
    } finally {
      await close(descriptor)
    }
  },
  rename: promisify(fs.rename),
  remove: promisify(fs.unlink),
  makeDirectory: (directory: string, mode: number) => makeDirectory(directory, { recursive: true, mode }),
  async flushDirectory (directory: string) {
    const descriptor = await open(directory, 'r')
    try {
      await sync(descriptor)
    } finally {
      await close(descriptor)
    }
  },
  openDirectory: (directory: string, bufferSize: number) => openDirectory(directory, { bufferSize }),
  now: () => performance.now(),
  switches: () => process.resourceUsage() as Switches
}

/** What a file holds is no text. */
export class NotUtf8 extends TypeError {}

// Decoding alone would put something else in the place of what is broken, and the next write would keep that.
function decoded (bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new NotUtf8('it is not UTF-8')
  return bytes.toString()
}
