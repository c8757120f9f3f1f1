import { hash, verify } from '@node-rs/argon2'
import { JSONFilePreset } from 'lowdb/node'

declare module 'fastify' {
  interface FastifyInstance {
    readonly users: Users
  }
}

/** Somebody with an account. */
export interface User {
  /** The name in lower case: `Ada` and `ada` are one account. */
  readonly id: string
  readonly name: string
  readonly role: 'customer' | 'admin'
  /** Made by argon2id. It contains its own salt and parameters. */
  readonly passwordHash: string
}

/** Somebody who is to get an account. */
export interface NewUser {
  readonly name: string
  readonly password: string
  /** @default 'customer' */
  readonly role?: User['role']
}

/** The accounts of this shop. */
export interface Users {
  find (name: string): User | null
  /** Adds a user. Resolves to `null` when the name is taken. */
  add (user: NewUser): Promise<User | null>
  /** Resolves to the user whose name and password these are, or to `null`. */
  verify (name: string, password: string): Promise<User | null>
}

/**
 * Opens the accounts in a small JSON file, and makes the file when there is none.
 * It is read once: one process can use it. A real application has these three functions ask its database.
 */
export async function openUsers (file: string, first: readonly NewUser[]): Promise<Users> {
  const { data, write } = await JSONFilePreset<{ users: User[] }>(file, { users: [] }).then(db => ({ data: db.data, write: () => db.write() }))
  // What a password is compared with when there is no such user: the answer then takes as long, and does not
  // tell who has an account here.
  const nobody = await hash('nobody has this password')

  const users: Users = {
    find: name => data.users.find(({ id }) => id === userId(name)) ?? null,

    async add ({ name, password, role = 'customer' }) {
      const passwordHash = await hash(password)
      // After the hash, which takes a moment: from here to the `push` nobody else gets a turn.
      if (users.find(name) !== null) return null
      const user = { id: userId(name), name: name.normalize().trim(), role, passwordHash }
      data.users.push(user)
      await write()
      return user
    },

    async verify (name, password) {
      const user = users.find(name)
      const isRight = await verify(user?.passwordHash ?? nobody, password)
      return isRight ? user : null
    }
  }

  for (const user of first) {
    if (users.find(user.name) === null) await users.add(user)
  }
  return users
}

/** The id of the user who goes by this name. */
export function userId (name: string): string {
  return name.normalize().trim().toLowerCase()
}
