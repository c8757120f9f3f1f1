/** Something that the shop sells; the price is in cents. */
export interface Product {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly price: number
}

/** How many of each product, by the product's id. */
export type Cart = Readonly<Record<string, number>>

/** All that the shop sells. */
export const products: readonly Product[] = [
  { id: 'notebook', title: 'Notebook', about: 'Ruled, 120 pages, sewn', price: 1250 },
  { id: 'pencils', title: 'Pencils', about: 'Half a dozen, HB, cedar', price: 480 },
  { id: 'envelopes', title: 'Envelopes', about: 'Two dozen, cream laid', price: 690 },
  { id: 'ink', title: 'Ink', about: 'Blue black, 50 ml', price: 1490 }
]

/** The cart with `change` more of a product (or fewer, when negative): never less than none, never more than 99. */
export function changeCart (cart: Cart, id: string, change: number): Cart {
  const { [id]: count = 0, ...others } = cart
  const next = Math.min(count + change, 99)
  return next > 0 ? { ...others, [id]: next } : others
}

/** What is in the cart, in the order of the shelf. */
export function cartLines (cart: Cart): ReadonlyArray<Product & { readonly count: number }> {
  return products.map(product => ({ ...product, count: cart[product.id] ?? 0 })).filter(({ count }) => count > 0)
}

/** What the cart costs, in cents. */
export function cartTotal (cart: Cart): number {
  return cartLines(cart).reduce((total, { price, count }) => total + price * count, 0)
}

/** How many pieces are in the cart. */
export function cartCount (cart: Cart): number {
  return cartLines(cart).reduce((total, { count }) => total + count, 0)
}
