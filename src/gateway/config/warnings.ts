import { isNearMiss } from '../../core/base/near-miss.ts'
import type { Caller } from '../caller/caller.ts'
import { compileAllow } from '../caps/allow.ts'
import type { Endpoint } from '../delivery/endpoint.ts'
import type { Log } from '../log/log.ts'
import { MERCHANT_VARIABLES } from './merchant.ts'
import { unmatchedAllow, unmatchedEvent } from './unmatched.ts'
import { type Env, GATEWAY_VARIABLES, isSet } from './variables.ts'

/** A setting that is valid, but probably unintended. */
export interface ConfigurationWarning {
  /** The variable, the binding, or the path in GATEWAY_CONFIG. */
  readonly option: string
  /** Describes the problem and what to do about it, without secrets. */
  readonly message: string
  /** `GET /healthz` reports it too. Default: it is only logged, once. */
  readonly affectsHealth?: boolean
}

/** Logs the warnings. To be called once, when a gateway is started. */
export function logWarnings(log: Pick<Log, 'warn'>, warnings: readonly ConfigurationWarning[]): void {
  for (const { option, message } of warnings) log.warn('configuration', { kind: option, detail: message })
}

/** Lists the warnings about valid callers and endpoints. */
export function warningsOf(callers: readonly Caller[], endpoints: readonly Endpoint[]): ConfigurationWarning[] {
  const ofCallers = callers.flatMap(({ name, allow }) =>
    allow.flatMap(pattern =>
      warningOf('GATEWAY_CONFIG.callers', `"allow": "${pattern}" of ${name}`, unmatchedAllow(pattern)),
    ),
  )
  const ofEndpoints = endpoints.flatMap(({ name, events }) =>
    events.flatMap(pattern =>
      warningOf('GATEWAY_CONFIG.endpoints', `"events": "${pattern}" of ${name}`, unmatchedEvent(pattern)),
    ),
  )
  const hasOperator = callers.some(({ allow }) => compileAllow(allow)('GET', '/admin/merchants'))
  return [...(hasOperator ? [] : [NO_OPERATOR]), ...ofCallers, ...ofEndpoints]
}

const NAMES: readonly string[] = [
  'PUBLIC_URL',
  ...GATEWAY_VARIABLES,
  'WECHATPAY_MERCHANTS',
  ...MERCHANT_VARIABLES.map(name => `WECHATPAY_${name}`),
]
/** Matches variables whose misspelling is an error: see `reportUnread`. */
const OURS = /^(?:WECHATPAY|GATEWAY|WEBHOOK)_/

/** Effects of a variable that is not set, where nothing else tells of them but a refusal that its caller gets. */
const EFFECTS: Readonly<Record<string, string>> = {
  GATEWAY_TOKEN: ', so that its token is refused unless GATEWAY_CONFIG has it',
  GATEWAY_ADMIN_TOKEN: ', so that its token is refused unless GATEWAY_CONFIG has it',
}

/** A variable without a prefix of the gateway that is a near miss of a variable that is not set. It may be another program's. */
export interface Misspelt {
  readonly name: string
  /** The variable that is probably meant. */
  readonly meant: string
}

/** @param file GATEWAY_CONFIG, whose members replace variables */
export function findMisspelt(env: Env, file: Readonly<Record<string, unknown>> = {}): readonly Misspelt[] {
  const isReplaced = (name: string): boolean =>
    (name === 'PUBLIC_URL' && 'publicUrl' in file) || (name.startsWith('WEBHOOK_') && 'endpoints' in file)
  const missing = NAMES.filter(name => !isSet(env, name) && !isReplaced(name))
  return Object.keys(env).flatMap(name => {
    if (OURS.test(name) || !isSet(env, name)) return []
    const meant = missing.find(known => isNearMiss(name, known))
    return meant === undefined ? [] : [{ name, meant }]
  })
}

/** Warns of a misspelt variable without which the gateway starts. */
export const misspeltWarning = ({ name, meant }: Misspelt): ConfigurationWarning => ({
  option: name,
  message: misspeltMessage(meant, EFFECTS[meant]),
})

export const misspeltMessage = (meant: string, effect = ''): string =>
  `not read, and ${meant} is not set${effect}. If ${meant} is meant, rename it`

const NO_OPERATOR: ConfigurationWarning = {
  option: 'GATEWAY_ADMIN_TOKEN',
  message:
    'missing, so that nobody can open /admin, /metrics and the details of /healthz. Create a token and its hash: npx wechatpay-edge token',
}

const warningOf = (option: string, setting: string, problem: string | undefined): ConfigurationWarning[] =>
  problem === undefined ? [] : [{ option, message: `${setting}: ${problem}` }]
