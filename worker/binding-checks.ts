import { type Report, reportMissing } from '../src/gateway/config/problem.ts'
import type { ConfigurationWarning } from '../src/gateway/config/warnings.ts'
import type { GatewayConfig } from '../src/gateway/index.ts'
import type { Env } from './bindings.ts'

/** A binding of `wrangler.toml`: the method that tells one, and the table that binds it. */
interface Binding {
  readonly name: string
  readonly method: string
  readonly table: string
}

/** Without these no payment is recorded, and none is delivered. */
const REQUIRED: readonly (Binding & { readonly what: string })[] = [
  { name: 'LEDGER', method: 'getByName', table: 'durable_objects.bindings', what: 'the ledgers' },
  { name: 'DELIVERIES', method: 'sendBatch', table: 'queues.producers', what: 'the queue of deliveries' },
]
const RATE_LIMIT: Binding = { name: 'NOTIFY_RATE_LIMIT', method: 'limit', table: 'ratelimits' }
const CERTIFICATES = 'WECHATPAY_CERTIFICATES'

/** Environments of `wrangler.toml` inherit no binding, so one that was copied in part lacks some. */
const howToBind = (table: string): string =>
  `bind it under [[${table}]] of wrangler.toml, of another environment under [[env.NAME.${table}]]`

const isBound = (env: Env, { name, method }: Binding): boolean =>
  typeof (env[name] as Record<string, unknown> | undefined)?.[method] === 'function'

/** Reports the bindings that a gateway cannot do without. */
export function checkBindings(env: Env, report: Report): void {
  for (const binding of REQUIRED)
    if (!isBound(env, binding)) reportMissing(report, binding.name, `: ${binding.what}; ${howToBind(binding.table)}`)
}

/** Lists the bindings that are missing, and without which a gateway is less safe or slower. */
export function warnOfBindings(env: Env, merchants: GatewayConfig['merchants']): ConfigurationWarning[] {
  const needStore = merchants.filter(
    ({ environment }) => !environment[CERTIFICATES] && !environment.WECHATPAY_PUBLIC_KEY,
  )
  const warnings: ConfigurationWarning[] = []
  if (!isBound(env, RATE_LIMIT))
    warnings.push({
      option: RATE_LIMIT.name,
      message: `missing: one address may send any number of notifications, whose signatures are paid for; ${howToBind(RATE_LIMIT.table)}`,
      affectsHealth: true,
    })
  if (needStore.length > 0)
    warnings.push({
      option: CERTIFICATES,
      message: `missing: every isolate fetches platform certificates (平台证书) anew for ${needStore.map(({ mchid }) => mchid).join(', ')}; ${howToBind('kv_namespaces')}`,
      affectsHealth: true,
    })
  return warnings
}
