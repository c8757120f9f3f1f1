import type { StoreOptions } from '../src/index.ts'

/** A configuration of the store under which trials are run. */
export type Variant = readonly [name: string, options: StoreOptions]

/** The secret of encrypted variants. */
export const secret = 'k'.repeat(32)

/** `total` repetitions are shared equally by all variants of a list. */
export function perVariant (total: number, variants: readonly Variant[]): number {
  return total / variants.length
}
