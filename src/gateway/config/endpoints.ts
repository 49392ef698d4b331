import { fromBase64 } from '../../core/bytes.ts'
import { isPrivateHost } from '../delivery/address.ts'
import type { Endpoint } from '../delivery/endpoint.ts'
import { listOf, type Members, membersOf, merchantsOf, nameOf, refuseTwins, textOf, textsOf } from './members.ts'
import type { Report } from './problems.ts'
import { isSet, refuseUnread, type Variables, variableOf } from './variables.ts'

const KEYS = ['name', 'url', 'events', 'merchants', 'secret', 'allowPrivate']
const NEW_SECRET = 'npx wechatpay-edge token --webhook'
const SECRET = 'WEBHOOK_SECRET'
const BESIDE_URL = [SECRET, 'WEBHOOK_ALLOW_PRIVATE']

/** The endpoint of `WEBHOOK_URL`, and those of `GATEWAY_CONFIG`. @param mchids those that there are; undefined: any */
export function endpointsOf(
  env: Variables,
  document: Members,
  mchids: readonly string[] | undefined,
  report: Report,
): readonly Endpoint[] {
  const listed = listOf(document.endpoints, 'GATEWAY_CONFIG.endpoints', report)
  const secrets = secretNames(document)
  const url = variableOf(env, 'WEBHOOK_URL', report)
  refuseUnread(env, 'WEBHOOK_', ['WEBHOOK_URL', ...BESIDE_URL, ...secrets], report)
  for (const name of BESIDE_URL)
    if (url === undefined && isSet(env, name) && !secrets.includes(name)) report(name, 'is set without WEBHOOK_URL')
  const found = listed.flatMap((value, at) => {
    const option = `GATEWAY_CONFIG.endpoints[${at}]`
    const members = membersOf(value, option, KEYS, report)
    return members ? [{ option: `${option}.name`, endpoint: endpointOf(members, option, env, mchids, report) }] : []
  })
  if (url !== undefined) found.unshift({ option: 'WEBHOOK_URL', endpoint: simpleEndpoint(env, url, report) })
  refuseTwins(
    found.map(({ option, endpoint: { name } }) => ({ option, name })),
    report,
  )
  return found.map(({ endpoint }) => endpoint)
}

/** The variables that the endpoints of `GATEWAY_CONFIG` have their secrets in, whatever they are called. */
export function secretNames({ endpoints }: Members): readonly string[] {
  const names = Array.isArray(endpoints) ? endpoints.map(value => (Object(value) as Members).secret ?? SECRET) : []
  return names.filter(name => typeof name === 'string')
}

function simpleEndpoint(env: Variables, url: string, report: Report): Endpoint {
  const leave = variableOf(env, 'WEBHOOK_ALLOW_PRIVATE', report)
  if (leave !== undefined && leave !== 'true' && leave !== 'false') report('WEBHOOK_ALLOW_PRIVATE', 'is true or false')
  const allowPrivate = leave === 'true'
  const to = urlOf(url, 'WEBHOOK_URL', allowPrivate, 'set WEBHOOK_ALLOW_PRIVATE=true', report)
  return {
    name: 'default',
    url: to,
    events: ['*'],
    secrets: secretsOf(env, SECRET, SECRET, report),
    ...(allowPrivate && { allowPrivate }),
  }
}

function endpointOf(
  members: Members,
  option: string,
  env: Variables,
  mchids: readonly string[] | undefined,
  report: Report,
): Endpoint {
  const { allowPrivate = false } = members
  if (typeof allowPrivate !== 'boolean') report(`${option}.allowPrivate`, 'is true or false, without quotes')
  const merchants = merchantsOf(members.merchants, `${option}.merchants`, mchids, report)
  const url = textOf(members.url, `${option}.url`, 'where events are sent, https://…', report)
  const leave = 'set allowPrivate to true'
  return {
    name: nameOf(members.name, `${option}.name`, report),
    url: url && urlOf(url, `${option}.url`, allowPrivate === true, leave, report),
    events: eventsOf(members.events, `${option}.events`, report),
    ...(merchants && { merchants }),
    secrets: secretsOf(env, members.secret ?? SECRET, `${option}.secret`, report),
    ...(allowPrivate === true && { allowPrivate }),
  }
}

function eventsOf(value: unknown, option: string, report: Report): readonly string[] {
  const events = textsOf(value, option, '["*"], ["TRANSACTION.SUCCESS", "REFUND.*"]', report)
  events.forEach((event, at) => {
    if (!/^[\w.-]*[\w.*-]$/.test(event)) report(`${option}[${at}]`, 'is no event: TRANSACTION.SUCCESS, REFUND.*, *')
  })
  return events
}

/** What a URL says is not told: some hold a token. */
function urlOf(text: string, option: string, allowPrivate: boolean, leave: string, report: Report): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) report(option, 'is no URL: https://…')
  else if (url.username || url.password) report(option, 'has a user or a password in it, which would not be sent')
  else if (!allowPrivate && url.protocol === 'http:')
    report(option, `is not https. Where it lies in your own network ${leave}`)
  else if (!allowPrivate && isPrivateHost(url.hostname))
    report(option, `is a private address. Where that is meant ${leave}`)
  return text
}

/** The secrets that a variable holds, blanks between. */
function secretsOf(env: Variables, name: unknown, option: string, report: Report): readonly string[] {
  // A name is shown where it is missing: in capitals it is hardly a secret gone astray.
  if (typeof name !== 'string' || !/^[A-Z][A-Z0-9_]*$/.test(name)) {
    report(option, 'is the name, in capitals, of the variable that holds the secret; never the secret itself')
    return []
  }
  const text = variableOf(env, name, report)
  if (text === undefined) {
    if (!isSet(env, name)) report(name, `is missing: it signs what is sent. Make one: ${NEW_SECRET}`)
    return []
  }
  const secrets = text.split(/\s+/).filter(Boolean)
  if (secrets.length === 0 || !secrets.every(isSecret))
    report(
      name,
      `is no secret: whsec_ and 24 to 64 bytes in base64, several with blanks between. Make one: ${NEW_SECRET}`,
    )
  return secrets
}

function isSecret(text: string): boolean {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  try {
    const { length } = fromBase64(base64 ?? '')
    return length >= 24 && length <= 64
  } catch {
    return false
  }
}
