/** What the shop sells; the price is in cents. */
export interface Product { readonly name: string, readonly title: string, readonly price: number }

/** How many of each product somebody wants, by the product's name. */
export type Cart = Readonly<Record<string, number>>

const products: readonly Product[] = [
  { name: 'notebook', title: 'Notebook, ruled', price: 650 },
  { name: 'pencil', title: 'Pencil, HB', price: 120 },
  { name: 'folder', title: 'Folder, manila', price: 85 },
  { name: 'envelopes', title: 'Envelopes, a dozen', price: 240 }
]

/** Everything on the shelf. */
export const shelf = products

/** The names on the shelf: nothing else gets into a cart. */
export const productNames = products.map(({ name }) => name)

/** The cart with one more of a product, or with one less. */
export function changed (cart: Cart, name: string, by: 1 | -1): Cart {
  const count = (cart[name] ?? 0) + by
  const { [name]: _, ...others } = cart
  return count > 0 ? { ...others, [name]: Math.min(count, 99) } : others
}

/** The lines of a cart, in the order of the shelf. */
export function linesOf (cart: Cart): ReadonlyArray<Product & { readonly count: number }> {
  return products.map(product => ({ ...product, count: cart[product.name] ?? 0 })).filter(({ count }) => count > 0)
}

/** What a cart costs, in cents. */
export function totalOf (cart: Cart): number {
  return linesOf(cart).reduce((total, { price, count }) => total + price * count, 0)
}
