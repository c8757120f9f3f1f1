import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A network namespace: a machine with its own network, as far as those who run there can tell. */
export interface Host {
  /** Its address, which the other hosts and this process reach. */
  readonly address: string
  /** What starts a process there, before the command itself. */
  readonly on: readonly string[]
}

/** Two hosts, and this process as a third. */
export interface Hosts {
  readonly hosts: readonly [Host, Host]
  /** The address of this process, which both reach. */
  readonly address: string
  remove (): Promise<void>
}

// The range that RFC 2544 reserves for tests of networks.
const network = '198.18.77'

/** Why there cannot be network namespaces here, or `null`. */
export async function whyNoHosts (): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  return await run('ip', ['netns', 'list']).then(() => null, () => 'there is no ip command: apt-get install iproute2')
}

/** Makes two network namespaces, each connected to this process. */
export async function makeHosts (): Promise<Hosts> {
  const names = ['a', 'b'].map(letter => `ffss${process.pid}${letter}`)
  const remove = async () => {
    // The devices go with the namespace at their other end.
    for (const name of names) await ip('netns', 'delete', name).catch(() => {})
  }
  try {
    for (const [index, name] of names.entries()) await connect(name, `${network}.${index * 4 + 1}`, `${network}.${index * 4 + 2}`)
  } catch (cause) {
    await remove()
    throw cause
  }
  const [one, other] = names.map((name, index) => ({ address: `${network}.${index * 4 + 2}`, on: ['ip', 'netns', 'exec', name] }))
  return { hosts: [one!, other!], address: `${network}.1`, remove }
}

async function connect (name: string, here: string, there: string): Promise<void> {
  // The name of a device has 15 characters at most.
  const device = `v${name}`.slice(0, 15)
  await ip('netns', 'add', name)
  await ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  await ip('address', 'add', `${here}/30`, 'dev', device)
  await ip('link', 'set', device, 'up')
  for (const command of [
    ['address', 'add', `${there}/30`, 'dev', 'eth0'], ['link', 'set', 'lo', 'up'], ['link', 'set', 'eth0', 'up'], ['route', 'add', 'default', 'via', here]
  ]) await ip('-netns', name, ...command)
}

async function ip (...parameters: string[]): Promise<void> {
  await run('ip', parameters)
}
