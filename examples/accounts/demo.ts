import type { NewUser } from './users.ts'

/** People to try the shop with. The sign-in page shows their passwords, so these accounts are not for a real server. */
export const demoUsers: readonly NewUser[] = [
  { name: 'Ada', password: 'analytical engine' },
  { name: 'Grace', password: 'nanoseconds of wire' },
  { name: 'Admin', password: 'paper and ink', role: 'admin' }
]
