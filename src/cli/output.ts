import { once } from 'node:events'
import { styleText } from 'node:util'

// In characters. One system call for each line would take longer than formatting it.
const bufferSize = 16 * 1024

// In milliseconds. How long a line may wait in the buffer.
const patience = 100

/** The formats of `util.styleText`. */
export type Format = Parameters<typeof styleText>[0]

/**
 * A stream of the process to write to. Uses colours only on a terminal. When the reader closes early (`| head`),
 * `isClosed` is `true` and there is no error.
 */
export class Output {
  readonly isTerminal: boolean
  readonly hasColors: boolean
  readonly #stream: NodeJS.WriteStream
  #buffer = ''
  #flushedAt = 0
  #isClosed = false

  constructor (stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.isTerminal = stream.isTTY === true
    // Respects NO_COLOR and TERM=dumb.
    this.hasColors = this.isTerminal && stream.hasColors()
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#isClosed = true
      if (error.code !== 'EPIPE') process.exitCode = 1
    })
  }

  /** Whether the reader has closed the output. */
  get isClosed (): boolean {
    return this.#isClosed
  }

  /** The width of the terminal in characters, or `null` when it is none. */
  get columns (): number | null {
    return this.isTerminal ? this.#stream.columns || 80 : null
  }

  /** The height of the terminal in lines. */
  get rows (): number {
    return this.#stream.rows || 24
  }

  /** The text in this format, where there are colors. */
  paint (format: Format, text: string): string {
    return this.hasColors && text !== '' ? styleText(format, text, { validateStream: false }) : text
  }

  /** Writes a line, soon. Resolves when the stream can take more. */
  line (text = ''): Promise<void> | undefined {
    this.#buffer += text + '\n'
    if (this.#buffer.length >= bufferSize || performance.now() - this.#flushedAt > patience) return this.flush()
  }

  /** Writes a text or bytes as they are, after the lines before. */
  async write (content: string | Uint8Array): Promise<void> {
    if (typeof content === 'string') this.#buffer += content
    await this.flush()
    if (typeof content !== 'string') await this.#send(content)
  }

  /** Writes what waits. */
  async flush (): Promise<void> {
    const text = this.#buffer
    this.#buffer = ''
    this.#flushedAt = performance.now()
    if (text !== '') await this.#send(text)
  }

  async #send (content: string | Uint8Array): Promise<void> {
    if (this.#isClosed || this.#stream.write(content)) return
    await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => {})
  }
}
