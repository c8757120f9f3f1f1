import { reply } from '../machine/child.ts'
import { Visitors, type Load } from './visitors.ts'

/** What the load generator is asked: to sign visitors in at a server, to make them request a route, or to forget a server. */
export type LoadQuestion = { readonly port: number } & ({ readonly signIn: number } | { readonly load: Load })

// A process of its own, so that the load and the server do not share a core.
const visitorsByPort = new Map<number, Visitors>()
process.once('disconnect', () => process.exit())
process.on('message', (question: LoadQuestion) => { void reply(() => answer(question)) })

async function answer (question: LoadQuestion): Promise<unknown> {
  const visitors = visitorsByPort.get(question.port) ?? new Visitors(question.port)
  visitorsByPort.set(question.port, visitors)
  return 'load' in question ? await visitors.request(question.load) : await visitors.signIn(question.signIn)
}
