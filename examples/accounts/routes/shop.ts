import type { FastifyInstance } from 'fastify'
import { membersOnly } from '../members.ts'
import { showPage } from '../pages.ts'
import { cartLines, cartTotal, changeCart, products } from '../products.ts'

const cartForm = {
  type: 'object',
  required: ['product', 'change'],
  properties: {
    product: { type: 'string', enum: products.map(({ id }) => id) },
    change: { type: 'integer', enum: [1, -1] },
    from: { type: 'string', enum: ['shelf', 'cart'] }
  }
}

/** The shop: what it sells, and the cart. */
export async function shopRoutes (app: FastifyInstance): Promise<void> {
  membersOnly(app)

  app.get('/', async (request, reply) => {
    const { visits, signedInAt, cookie, cart = {} } = request.session
    return showPage(reply, 'shop', {
      title: 'The shop',
      visits,
      signedInAt,
      isRemembered: cookie.originalMaxAge !== null,
      products,
      lines: cartLines(cart),
      total: cartTotal(cart)
    })
  })

  app.post<{ Body: { product: string, change: number, from: 'shelf' | 'cart' } }>('/cart', { schema: { body: cartForm } }, async (request, reply) => {
    const { product, change, from } = request.body
    const { title } = products.find(({ id }) => id === product)!
    const cart = changeCart(request.session.cart ?? {}, product, change)
    request.session.cart = cart
    request.flash('message', change > 0 ? `${title} added to your cart.` : `${title} taken out of your cart.`)
    // Back to the same button, which the browser then focuses: so the next press of Enter does it again.
    const button = change > 0 ? `${from}-more-${product}` : `${from}-less-${product}`
    return reply.redirect(product in cart ? `/#${button}` : '/#cart', 303)
  })
}
