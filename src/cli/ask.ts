import { usageError } from './exit.ts'
import type { Output } from './output.ts'

/**
 * Asks the operator a question; `false` for No, `null` for Ctrl-C. With `yes` the answer is `true`, without a question.
 * Throws a usage error where there is no terminal.
 */
export async function confirm (question: string, output: Output, yes = false): Promise<boolean | null> {
  if (yes) return true
  if (process.stdin.isTTY !== true || !output.isTerminal) {
    throw usageError('This is not a terminal, so the command cannot ask: add --yes to do it without a question.')
  }
  const prompts = await import('@clack/prompts')
  const answer = await prompts.confirm({ message: question, initialValue: false, output: process.stderr, withGuide: false })
  return prompts.isCancel(answer) ? null : answer
}
