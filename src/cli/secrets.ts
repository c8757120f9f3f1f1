import { Cipher } from '../index.ts'
import { reasonOf, usageError } from './exit.ts'
import { modeOf, readText } from './files.ts'

/** Where a secret is to be found. Never on the command line, which every user of the machine can see. */
export interface SecretSource {
  readonly kind: 'environment' | 'file'
  readonly name: string
}

/** The environment variable that holds the secret unless told otherwise. */
export const defaultVariable = 'SESSION_FILE_SECRET'

/** The secrets from these sources, in their order; without sources from the usual variable, if it is set. */
export function readSecrets (sources: readonly SecretSource[], warn: (message: string) => void): readonly string[] {
  const usual = process.env[defaultVariable]
  if (sources.length === 0) return usual === undefined || usual === '' ? [] : checked([usual], `the environment variable ${defaultVariable}`)
  return sources.flatMap(({ kind, name }) => kind === 'environment' ? fromEnvironment(name) : fromFile(name, warn))
}

function fromEnvironment (name: string): readonly string[] {
  const secret = process.env[name]
  if (secret === undefined || secret === '') {
    throw usageError(`The environment variable ${name} is not set; set it to the secret, or name the one that holds it.`)
  }
  return checked([secret], `the environment variable ${name}`)
}

// A line each: the first one encrypts.
function fromFile (file: string, warn: (message: string) => void): readonly string[] {
  try {
    const secrets = readText(file).split(/\r?\n/).filter(line => line !== '')
    if (secrets.length === 0) throw usageError(`The file ${file} holds no secret; put one on each line, the current one first.`)
    if (process.platform !== 'win32' && (modeOf(file) & 0o077) !== 0) warn(`Other users may read the secrets in ${file}: chmod 600 ${file}`)
    return checked(secrets, `the file ${file}`)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    throw usageError(`The secret file ${file} cannot be read (${reasonOf(cause)}); check its path and its permissions.`)
  }
}

function checked (secrets: readonly string[], source: string): readonly string[] {
  try {
    return new Cipher(secrets) && secrets
  } catch {
    throw usageError(`A secret in ${source} is shorter than 32 bytes; 'file-sessions secret' prints a new one.`)
  }
}
