import { nearestName } from '../../core/nearest-name.ts'
import type { CallerContext } from './callers.ts'
import { SECRET_VARIABLE } from './endpoints.ts'
import { MERCHANT_VARIABLES } from './merchant.ts'
import { type Env, GATEWAY_VARIABLES } from './variables.ts'

const OURS = /^(?:WECHATPAY|GATEWAY|WEBHOOK)_/
/** `WECHATPAY_1900000109_…` is looked at with the merchants. */
const NUMBERED = /^WECHATPAY_\d+_/
/**
 * What others set under such names: Kubernetes for every service of the cluster (`GATEWAY_SERVICE_HOST`,
 * `WECHATPAY_GATEWAY_PORT_8080_TCP_ADDR`), CGI `GATEWAY_INTERFACE`.
 */
const FOREIGN =
  /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$|^GATEWAY_INTERFACE$/

/**
 * Reports variables that have a name of ours and that nobody reads: a misspelt one would quietly mean its default.
 *
 * @param read what else is read
 */
export function refuseUnread(
  env: Env,
  read: ReadonlySet<string>,
  { hasFile, report }: Pick<CallerContext, 'hasFile' | 'report'>,
): void {
  const known = [
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
      known.includes(name)
    )
      continue
    if (SECRET_VARIABLE.test(name)) {
      if (hasFile) report(name, `no endpoint of GATEWAY_CONFIG names it: "secret": "${name}"`)
      continue
    }
    const near = nearestName(name, known)
    report(name, `no such variable exists. ${near ? `Is ${near} meant?` : 'Correct its name, or remove it'}`)
  }
}
