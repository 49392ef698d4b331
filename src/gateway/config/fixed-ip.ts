import { TOKEN_HASH } from '../caller/token.ts'
import { patternProblem } from '../caps/allow.ts'
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
    if (configured !== undefined) report(PATHS_NAME, `has no effect without ${URL_NAME}, which is missing`)
    return undefined
  }
  if (address === undefined)
    reportMissing(report, URL_NAME, `, but ${TOKEN_NAME} is set: give the address of the other gateway, https://…`)
  if (token === undefined)
    reportMissing(
      report,
      TOKEN_NAME,
      `, but ${URL_NAME} is set: give the token of a caller of the other gateway (npx wechatpay-edge token)`,
    )
  else if (TOKEN_HASH.test(token.toLowerCase()))
    report(TOKEN_NAME, 'this is the hash of a token, which belongs to the other gateway; give the token itself, wxe_…')
  const paths = configured === undefined ? [] : textsOf(configured, PATHS_NAME, report)
  for (const [index, pattern] of paths.entries()) {
    const problem = patternProblem(pattern)
    if (problem) report(`${PATHS_NAME}[${index}]`, problem)
  }
  if (address === undefined || token === undefined) return undefined
  // The calls contain the token, so plain HTTP is allowed in the gateway's own network only.
  const isPrivate = isPrivateHost(parseUrl(address)?.hostname ?? '')
  const url = addressOf(address, URL_NAME, { isPrivateHost, allowPrivate: isPrivate }, report)
  if (url?.search) report(URL_NAME, 'must not have a query')
  return { url: url?.href.replace(/\/+$/, '') ?? '', token, paths }
}
