import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { compileModules, type CompiledModules } from './compile.ts'
import type { Script, ScriptResult } from './store-process.ts'

/** How the process of a script is started. */
export interface ScriptOptions {
  /** The command before that of Node.js, such as `strace` with its options. */
  readonly command?: readonly string[]
  /** Options of Node.js, given the directory of the compiled modules. */
  readonly nodeOptions?: (modules: string) => readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Runs scripts in processes of their own, which are started from compiled modules. */
export class ScriptRunner {
  readonly #modules: CompiledModules

  private constructor (modules: CompiledModules) {
    this.#modules = modules
  }

  /** Runs `body` with a runner. */
  static async use<T> (body: (runner: ScriptRunner) => Promise<T>): Promise<T> {
    const modules = await compileModules(['store-process', 'plugin-session'])
    try {
      return await body(new ScriptRunner(modules))
    } finally {
      await modules.remove()
    }
  }

  /** Runs one script. Rejects when its process fails. */
  async run (script: Script, { command = [], nodeOptions = () => [], env = {} }: ScriptOptions = {}): Promise<ScriptResult> {
    const file = this.#modules.file('store-process')
    const [name = '', ...parameters] = [...command, process.execPath, ...nodeOptions(this.#modules.root), file, JSON.stringify(script)]
    const { FORCE_COLOR, ...inherited } = process.env
    const child = spawn(name, parameters, { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const [output, errors, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (code !== 0) throw new Error(`the process ended with ${code ?? signal}: ${errors}`)
    return JSON.parse(output)
  }
}

/** The value of a call of a script. Throws when the call failed. */
export function valueAt ({ results }: ScriptResult, index: number): any {
  const result = results[index]
  if (result === undefined || result.error !== undefined) throw new Error(`call ${index} failed: ${result?.error}`)
  return result.value
}
