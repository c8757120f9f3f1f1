import { usageError } from './exit.ts'
import type { Output } from './output.ts'

/**
 * Asks the operator a question; `false` for No, `null` when Ctrl-C was the answer. With `yes` nobody is asked.
 * Where there is no terminal there is nobody to ask, which is wrong usage.
 */
export async function confirm (question: string, output: Output, yes = false): Promise<boolean | null> {
  if (yes) return true
  if (process.stdin.isTTY !== true || !output.isTerminal) {
    throw usageError('This is not a terminal, so there is nobody to ask: add --yes to do it without a question.')
  }
  const prompts = await import('@clack/prompts')
  const answer = await prompts.confirm({ message: question, initialValue: false, output: process.stderr, withGuide: false })
  return prompts.isCancel(answer) ? null : answer
}
