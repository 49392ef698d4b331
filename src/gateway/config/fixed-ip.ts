import { TOKEN_HASH } from '../caller/token.ts'
import { patternFault } from '../caps/allow.ts'
import type { FixedIpGateway } from '../fixed-ip/fixed-ip.ts'
import { addressOf, type IsPrivateHost, parseUrl } from './address.ts'
import { textsOf } from './members.ts'
import { type Report, reportMissing } from './problem.ts'
import { type Env, textOf } from './variables.ts'

const URL_NAME = 'GATEWAY_FIXED_IP_URL'
const TOKEN_NAME = 'GATEWAY_FIXED_IP_TOKEN'
const PATHS_NAME = 'GATEWAY_CONFIG.fixedIpPaths'

/**
 * Reads the gateway with a fixed IP address that makes the calls which WeChat Pay admits from listed addresses only.
 *
 * @param configured `fixedIpPaths` of GATEWAY_CONFIG
 */
export function readFixedIp(
  env: Env,
  configured: unknown,
  { isPrivateHost, report }: { isPrivateHost: IsPrivateHost; report: Report },
): FixedIpGateway | undefined {
  const address = textOf(env, URL_NAME)
  const token = textOf(env, TOKEN_NAME)?.trim()
  if (address === undefined && token === undefined) {
    if (configured !== undefined) report(PATHS_NAME, `it says what goes by ${URL_NAME}, which is missing`)
    return undefined
  }
  if (address === undefined)
    reportMissing(report, URL_NAME, ` beside ${TOKEN_NAME}: https://…, where the other gateway is`)
  if (token === undefined)
    reportMissing(
      report,
      TOKEN_NAME,
      ` beside ${URL_NAME}: the token of a caller of the other gateway: npx wechatpay-edge token`,
    )
  else if (TOKEN_HASH.test(token.toLowerCase()))
    report(TOKEN_NAME, "it is a token's hash, which the other gateway holds; give the token itself, wxe_…")
  const paths = configured === undefined ? [] : textsOf(configured, PATHS_NAME, report)
  for (const [index, pattern] of paths.entries()) {
    const fault = patternFault(pattern)
    if (fault) report(`${PATHS_NAME}[${index}]`, fault)
  }
  if (address === undefined || token === undefined) return undefined
  // Whoever reads the calls on their way has the token: https, except in the gateway's own network.
  const isPrivate = isPrivateHost(parseUrl(address)?.hostname ?? '')
  const url = addressOf(address, URL_NAME, { isPrivateHost, allowPrivate: isPrivate }, report)
  if (url?.search) report(URL_NAME, 'it takes no query')
  return { url: url?.href.replace(/\/+$/, '') ?? '', token, paths }
}
