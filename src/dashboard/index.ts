export { dashboard } from './plugin.ts'
export { defaultRedact } from './options.ts'

export type { DashboardGuard, DashboardOptions } from './options.ts'
