import { type Report, reportMissing } from '../src/gateway/config/problem.ts'
import type { ConfigurationWarning } from '../src/gateway/config/warnings.ts'
import type { GatewayConfig } from '../src/gateway/index.ts'
import type { Env } from './bindings.ts'

/** Describes a binding of `wrangler.toml`. */
interface Binding {
  readonly name: string
  /** A method that only a binding of this kind has. */
  readonly method: string
  /** The TOML table that binds it. */
  readonly table: string
}

/** The gateway can neither record nor deliver a payment without these. */
const REQUIRED: readonly (Binding & { readonly what: string })[] = [
  { name: 'LEDGER', method: 'getByName', table: 'durable_objects.bindings', what: 'the ledgers' },
  { name: 'DELIVERIES', method: 'sendBatch', table: 'queues.producers', what: 'the queue of deliveries' },
]
const RATE_LIMIT: Binding = { name: 'NOTIFY_RATE_LIMIT', method: 'limit', table: 'ratelimits' }
const CERTIFICATES = 'WECHATPAY_CERTIFICATES'

/** Names both tables, because an environment of `wrangler.toml` does not inherit the bindings of the top level. */
const howToBind = (table: string): string =>
  `bind it under [[${table}]] in wrangler.toml, or under [[env.NAME.${table}]] for another environment`

const isBound = (env: Env, { name, method }: Binding): boolean =>
  typeof (env[name] as Record<string, unknown> | undefined)?.[method] === 'function'

/** Reports the required bindings that are missing. */
export function checkBindings(env: Env, report: Report): void {
  for (const binding of REQUIRED)
    if (!isBound(env, binding)) reportMissing(report, binding.name, `: ${binding.what}; ${howToBind(binding.table)}`)
}

/** Lists the missing bindings without which the gateway works, but is less safe or slower. */
export function warnOfBindings(env: Env, merchants: GatewayConfig['merchants']): ConfigurationWarning[] {
  const merchantsNeedingStore = merchants.filter(
    ({ environment }) => !environment[CERTIFICATES] && !environment.WECHATPAY_PUBLIC_KEY,
  )
  const warnings: ConfigurationWarning[] = []
  if (!isBound(env, RATE_LIMIT))
    warnings.push({
      option: RATE_LIMIT.name,
      message: `missing: a single address can send any number of notifications, and each signature check costs CPU time; ${howToBind(RATE_LIMIT.table)}`,
      affectsHealth: true,
    })
  if (merchantsNeedingStore.length > 0) {
    const mchids = merchantsNeedingStore.map(({ mchid }) => mchid).join(', ')
    warnings.push({
      option: CERTIFICATES,
      message: `missing: every isolate downloads the platform certificates (平台证书) of ${mchids} again; ${howToBind('kv_namespaces')}`,
      affectsHealth: true,
    })
  }
  return warnings
}
