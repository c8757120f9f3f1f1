// No argument contains it otherwise.
const guard = '\0'

/** Commands whose arguments are ids. */
const commands = new Set(['show', 'revoke'])

// One in 64 ids begins with a hyphen; what `list` shows of an id has eight characters at least.
const hyphenated = /^-[A-Za-z0-9_][\w-]{6,}$/

/** The command line with ids that begin with a hyphen marked, so that they are not taken for options. */
export function guardIds (parameters: readonly string[]): readonly string[] {
  if (!commands.has(parameters[0] ?? '')) return parameters
  return parameters.map(parameter => hyphenated.test(parameter) ? guard + parameter : parameter)
}

/** The id of an argument. */
export function idArgument (argument: string): string {
  return argument.startsWith(guard) ? argument.slice(guard.length) : argument
}

/** The ids of an argument that may be repeated. */
export function collectIds (argument: string, ids: readonly string[] = []): readonly string[] {
  return [...ids, idArgument(argument)]
}
