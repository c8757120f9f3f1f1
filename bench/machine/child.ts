import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pin } from './cores.ts'

/** A process of the benchmark that answers questions one by one. */
export class Child {
  readonly #process: ChildProcess

  private constructor (process: ChildProcess) {
    this.#process = process
  }

  /** Starts a module in a new process, on `core` unless that is `null`. It ends when it is disconnected. */
  static start (module: URL, args: readonly string[], core: number | null): Child {
    // The flag gives it `gc`.
    const [command, commandArgs] = pin(core, process.execPath, [...process.execArgv, '--expose-gc', fileURLToPath(module), ...args])
    return new Child(spawn(command, commandArgs, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, NODE_ENV: 'production' }
    }))
  }

  /** Sends a question and resolves to the answer. Rejects with the error's message when the child could not answer, or ended. */
  async ask<Answer> (question: object): Promise<Answer> {
    this.#process.send(question)
    return await this.next<Answer>()
  }

  /** Resolves to the next message of the child. */
  async next<Answer> (): Promise<Answer> {
    const settled = new AbortController()
    const { signal } = settled
    const message = await Promise.race([once(this.#process, 'message', { signal }), once(this.#process, 'exit', { signal })])
      .then(([first]) => first as Reply<Answer> | number | null)
      .finally(() => settled.abort())
    if (typeof message !== 'object' || message === null) throw new Error('A process of the benchmark ended without an answer')
    if ('error' in message) throw new Error(message.error)
    return message.answer
  }

  async stop (): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.disconnect()
    await exit
  }
}

type Reply<Answer> = { readonly answer: Answer } | { readonly error: string }

/** In a child: sends the result of `answer`, or its error, to the parent. */
export async function reply (answer: () => unknown): Promise<void> {
  let message: Reply<unknown>
  try {
    message = { answer: await answer() }
  } catch (cause) {
    message = { error: cause instanceof Error ? cause.message : String(cause) }
  }
  process.send?.(message)
}
