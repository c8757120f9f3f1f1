import type { FastifyError, FastifyInstance } from 'fastify'
import { showPage } from './pages.ts'

interface Explanation {
  readonly title: string
  readonly text: string
}

const badForm = {
  title: 'That form is out of date',
  text: 'Nothing was changed. You may have signed in or out in another tab, or your browser refuses cookies. Go back, reload the page, and try again.'
}

const badRequest = { title: 'That did not work', text: 'The shop could not make sense of this request.' }

const explanations: Readonly<Record<number, Explanation>> = {
  403: { title: 'Not for you', text: 'Your account has no access to this page.' },
  404: { title: 'Not found', text: 'There is no such page in this shop.' },
  429: { title: 'Too many requests', text: 'That was a lot in a short time. Wait a minute, and try again.' },
  500: { title: 'Something broke', text: 'It is our fault, and it is in our log.' }
}

/** Shows errors as pages that say what to do. Those that are ours are logged. */
export function addErrorPages (app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode: status = 500, code } = error
    if (status >= 500) request.log.error(error)
    return showPage(reply.code(status), 'error', code?.startsWith('FST_CSRF_') ? badForm : explanations[status] ?? badRequest)
  })
  app.setNotFoundHandler((_request, reply) => showPage(reply.code(404), 'error', explanations[404]!))
}
