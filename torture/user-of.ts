/** Whose a session is, and something else in the same field. */
export interface User {
  readonly name: string
  readonly seen?: number
}

function user (session: object): string | null | undefined {
  return (session as { readonly user?: User | null }).user?.name
}

/**
 * The option `owner` of stores in processes that are compiled in different ways. The index depends on the source text of
 * the function, and a bound one has the same everywhere.
 */
export const userOf = user.bind(null)
