import { nearestName } from '../../core/base/nearest-name.ts'
import type { CallerContext } from './callers.ts'
import { SECRET_VARIABLE } from './endpoints.ts'
import { MERCHANT_VARIABLES } from './merchant.ts'
import { type Env, GATEWAY_VARIABLES } from './variables.ts'

const OURS = /^(?:WECHATPAY|GATEWAY|WEBHOOK)_/
/** Matches the variables of numbered merchants, which `readMerchants` checks. */
const NUMBERED = /^WECHATPAY_\d+_/
/**
 * Matches variables that other programs set: Kubernetes for every service of the cluster (`GATEWAY_SERVICE_HOST`,
 * `WECHATPAY_GATEWAY_PORT_8080_TCP_ADDR`), and CGI (`GATEWAY_INTERFACE`).
 */
const FOREIGN =
  /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$|^GATEWAY_INTERFACE$/

/**
 * Reports variables with a prefix of ours that are not read, because a misspelt variable would silently have no effect.
 *
 * @param read further variables that are read
 */
export function reportUnread(
  env: Env,
  read: ReadonlySet<string>,
  { hasFile, report }: Pick<CallerContext, 'hasFile' | 'report'>,
): void {
  const variables = [
    ...read,
    ...GATEWAY_VARIABLES,
    'WECHATPAY_MERCHANTS',
    ...MERCHANT_VARIABLES.map(name => `WECHATPAY_${name}`),
  ]
  for (const name of Object.keys(env)) {
    if (
      env[name] === undefined ||
      !OURS.test(name) ||
      NUMBERED.test(name) ||
      FOREIGN.test(name) ||
      variables.includes(name)
    )
      continue
    if (SECRET_VARIABLE.test(name)) {
      if (hasFile) report(name, `no endpoint of GATEWAY_CONFIG uses it: "secret": "${name}"`)
      continue
    }
    const near = nearestName(name, variables)
    report(name, `no such variable exists. ${near ? `Is ${near} meant?` : 'Correct its name, or remove it'}`)
  }
}
