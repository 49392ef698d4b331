import { fromBase64 } from '../../core/base/bytes.ts'
import type { Endpoint } from '../delivery/endpoint.ts'
import { addressOf, type IsPrivateHost } from './address.ts'
import { itemsOf, mchidsOf, membersOf, nameOf, optionalMember, textsOf } from './members.ts'
import { type Report, reportMissing } from './problem.ts'
import { type Env, isSet, listOf, textOf } from './variables.ts'

const KEYS = ['name', 'url', 'events', 'merchants', 'secret', 'allowPrivate']
/** `*`, `REFUND.*`, `TRANSACTION.SUCCESS`, `transaction-success`, `v2/TRANSACTION.SUCCESS`, `brand/REFUND.*` */
const EVENT = /^(?:\*|(?:(?:v2|v3|brand)\/)?[\w-]+(?:\.[\w-]+)*(?:\.\*)?)$/
/** Matches the variables that may contain a secret. */
export const SECRET_VARIABLE: RegExp = /^WEBHOOK_SECRET(?:_[A-Z0-9]+)*$/

export interface EndpointContext {
  /** The merchants of the gateway. */
  mchids: readonly string[]
  isPrivateHost: IsPrivateHost
  /** GATEWAY_CONFIG is valid or not set. Otherwise its contents are unknown, and nothing can be reported as missing from it. */
  hasFile: boolean
  report: Report
}

/**
 * Reads the endpoints of an environment.
 *
 * @param configured `endpoints` of GATEWAY_CONFIG
 * @returns the endpoints, and the names of the variables that contain their secrets
 */
export function readEndpoints(
  env: Env,
  configured: unknown,
  context: EndpointContext,
): { endpoints: readonly Endpoint[]; secretVariables: ReadonlySet<string> } {
  const names = new Set<string>()
  const secretVariables = new Set<string>()
  const simple = simpleEndpoint(env, context)
  if (simple) {
    names.add(simple.name)
    secretVariables.add('WEBHOOK_SECRET')
  }
  const endpoints = itemsOf(configured, 'GATEWAY_CONFIG.endpoints', context.report).flatMap(
    (item, index) => endpointOf(item, `GATEWAY_CONFIG.endpoints[${index}]`, env, names, secretVariables, context) ?? [],
  )
  if (!simple && isSet(env, 'WEBHOOK_SECRET') && !secretVariables.has('WEBHOOK_SECRET') && context.hasFile)
    reportMissing(context.report, 'WEBHOOK_URL', ': the address for the deliveries that WEBHOOK_SECRET signs')
  if (!simple && isSet(env, 'WEBHOOK_ALLOW_PRIVATE'))
    context.report(
      'WEBHOOK_ALLOW_PRIVATE',
      'applies to WEBHOOK_URL, which is not set; for an endpoint of GATEWAY_CONFIG use its "allowPrivate"',
    )
  return { endpoints: simple ? [simple, ...endpoints] : endpoints, secretVariables }
}

function simpleEndpoint(env: Env, { isPrivateHost, report }: EndpointContext): Endpoint | undefined {
  const address = textOf(env, 'WEBHOOK_URL')
  if (address === undefined) return undefined
  const allowed = textOf(env, 'WEBHOOK_ALLOW_PRIVATE')?.trim()
  if (allowed !== undefined && allowed !== 'true' && allowed !== 'false')
    report('WEBHOOK_ALLOW_PRIVATE', 'must be true or false')
  const allowPrivate = allowed === 'true'
  const rules = { isPrivateHost, allowPrivate, privateBy: 'WEBHOOK_ALLOW_PRIVATE=true' }
  return {
    name: 'default',
    url: addressOf(address, 'WEBHOOK_URL', rules, report)?.href ?? '',
    events: ['*'],
    secrets: secretsOf(env, 'WEBHOOK_SECRET', report),
    ...(allowPrivate && { allowPrivate }),
  }
}

function endpointOf(
  value: unknown,
  at: string,
  env: Env,
  names: Set<string>,
  secretVariables: Set<string>,
  { mchids, isPrivateHost, report }: EndpointContext,
): Endpoint | undefined {
  const members = membersOf(value, KEYS, at, report)
  if (!members) return undefined
  const { allowPrivate, secret = 'WEBHOOK_SECRET' } = members
  if (allowPrivate !== undefined && typeof allowPrivate !== 'boolean')
    report(`${at}.allowPrivate`, 'must be true or false')
  const rules = { isPrivateHost, allowPrivate: allowPrivate === true, privateBy: '"allowPrivate": true' }
  const variable = variableOf(secret, `${at}.secret`, report)
  if (variable) secretVariables.add(variable)
  return {
    name: nameOf(members.name, `${at}.name`, names, report) ?? '',
    url: addressOf(members.url, `${at}.url`, rules, report)?.href ?? '',
    events: members.events === undefined ? ['*'] : eventsOf(members.events, `${at}.events`, report),
    secrets: variable ? secretsOf(env, variable, report) : [],
    ...optionalMember('merchants', mchidsOf(members.merchants, `${at}.merchants`, mchids, report)),
    ...(allowPrivate === true && { allowPrivate }),
  }
}

function variableOf(value: unknown, at: string, report: Report): string | undefined {
  if (typeof value === 'string' && SECRET_VARIABLE.test(value)) return value
  report(
    at,
    String(value).startsWith('whsec_')
      ? 'GATEWAY_CONFIG must not contain secrets. Set a variable WEBHOOK_SECRET_… and write its name here'
      : 'must be the name of the variable that contains the secret: WEBHOOK_SECRET, WEBHOOK_SECRET_ORDERS',
  )
  return undefined
}

function eventsOf(value: unknown, at: string, report: Report): readonly string[] {
  const events = textsOf(value, at, report)
  for (const [index, event] of events.entries())
    if (!EVENT.test(event)) report(`${at}[${index}]`, 'must be an event: TRANSACTION.SUCCESS, REFUND.*, *')
  return events
}

/** Reads the secrets of an endpoint. There are several while a secret is being rotated. */
function secretsOf(env: Env, variable: string, report: Report): readonly string[] {
  const secrets = listOf(textOf(env, variable))
  if (secrets.length === 0)
    reportMissing(
      report,
      variable,
      ': the secret that signs deliveries. Create one: npx wechatpay-edge token --webhook',
    )
  for (const [index, secret] of secrets.entries())
    if (!isSecret(secret))
      report(
        variable,
        `${secrets.length > 1 ? `number ${index + 1} is not a secret` : 'not a secret'}: whsec_ and base64 of 24 to 64 bytes. Create one: npx wechatpay-edge token --webhook`,
      )
  return secrets
}

function isSecret(text: string): boolean {
  try {
    const { length } = fromBase64(/^whsec_([A-Za-z\d+/]+=*)$/.exec(text)![1]!)
    return length >= 24 && length <= 64
  } catch {
    return false
  }
}
