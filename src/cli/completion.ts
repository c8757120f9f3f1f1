import type { Command } from 'commander'

/**
 * Adds the command `complete`, which prints a shell's completion script, and which that script asks. Its library is
 * only loaded when it is wanted (`isWanted`).
 */
export async function addCompletion (program: Command, isWanted: boolean): Promise<void> {
  if (!isWanted) {
    program.command('complete').summary('print a script that completes command lines').argument('<shell>', 'zsh, bash, fish or powershell')
    return
  }
  const { default: tab } = await import('@bomb.sh/tab/commander')
  tab(program)
}
