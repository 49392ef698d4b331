import { parseJson } from '../../core/codec/json.ts'
import { MalformedError } from '../../core/errors.ts'
import type { Caller } from '../caller/caller.ts'
import { isPrivateHost as isPrivate } from '../delivery/address.ts'
import type { Endpoint } from '../delivery/endpoint.ts'
import type { FixedIpGateway } from '../fixed-ip/fixed-ip.ts'
import { LOG_LEVELS, type LogLevel } from '../log/log.ts'
import { RETENTION_DAYS } from '../store/retention.ts'
import { addressOf, type IsPrivateHost, parseUrl } from './address.ts'
import { readCallers } from './callers.ts'
import { readEndpoints as endpointsOf } from './endpoints.ts'
import { readFixedIp } from './fixed-ip.ts'
import { given, isMembers, type Members, membersOf } from './members.ts'
import { type MerchantEnvironment, readMerchants } from './merchants.ts'
import { type ConfigurationProblem, GatewayConfigurationError, type Report } from './problem.ts'
import { refuseUnread } from './unread.ts'
import { type Env, textOf } from './variables.ts'
import { type ConfigurationWarning, warningsOf } from './warnings.ts'

/** What the gateway is started with. */
export interface GatewayConfig {
  readonly merchants: readonly MerchantEnvironment[]
  readonly callers: readonly Caller[]
  readonly endpoints: readonly Endpoint[]
  /** Where the gateway is reached from outside, without a slash at its end: https://pay.example.com */
  readonly publicUrl?: string
  /** The gateway with a fixed IP address, for the calls that WeChat Pay admits from listed addresses only. */
  readonly fixedIp?: FixedIpGateway
  /** How many days the ledger keeps what is done with. */
  readonly retentionDays: number
  /** Records APIv2 payments and refunds without asking WeChat Pay whether they happened. */
  readonly trustUnconfirmedV2?: boolean
  /** What is worth a line in the log. */
  readonly log: LogLevel
  /** What works, and is probably not meant: each is to be told once. */
  readonly warnings: readonly ConfigurationWarning[]
}

const KEYS = ['callers', 'endpoints', 'publicUrl', 'retentionDays', 'trustUnconfirmedV2', 'fixedIpPaths']
/** Ten years: more is a slip of the keyboard. */
const MAX_DAYS = 3660

export interface ConfigOptions {
  /** Tells a host in the gateway's own network or machine. Default: by its name and the special-purpose registries. */
  isPrivateHost?: IsPrivateHost
  /** Variables that somebody else reads, a server or a Worker, and that are no misspelt ones of these. */
  known?: readonly string[]
  /** Checks those variables; what it reports stands with the other mistakes. */
  check?: (report: Report) => void
}

/**
 * Reads and checks the gateway's whole configuration: merchants, callers, endpoints. Keys are not imported here, nor files
 * read: that is the adapters' part.
 *
 * @param env a Worker's `env`, `process.env`, `Deno.env.toObject()`
 * @throws {GatewayConfigurationError} naming every mistake at once, and no value that may be secret
 * @example
 * ```ts
 * const { merchants, callers } = readConfig(process.env)
 * const clients = merchants.map(({ environment }) => wechatpay(environment))
 * ```
 */
export function readConfig(
  env: Env,
  { isPrivateHost = isPrivate, known = [], check }: ConfigOptions = {},
): GatewayConfig {
  const { problems, report } = collectProblems()
  const file = fileOf(env, report)
  const merchants = readMerchants(env, report)
  const context = { mchids: merchants.map(({ mchid }) => mchid), isPrivateHost, hasFile: file !== undefined, report }
  const callers = readCallers(env, file?.callers, context)
  const { endpoints, secretVariables } = endpointsOf(env, file?.endpoints, context)
  const config: Omit<GatewayConfig, 'warnings'> = {
    merchants,
    callers,
    endpoints,
    ...given('fixedIp', readFixedIp(env, file?.fixedIpPaths, context)),
    ...given('publicUrl', publicUrlOf(env, file?.publicUrl, isPrivateHost, report)),
    retentionDays: retentionOf(file?.retentionDays, report),
    ...given('trustUnconfirmedV2', trustOf(file?.trustUnconfirmedV2, report)),
    log: logLevelOf(env, report),
  }
  check?.(report)
  refuseUnread(env, new Set([...known, ...secretVariables]), context)
  return { ...unlessWrong(config, problems), warnings: warningsOf(callers, endpoints) }
}

/**
 * Reads where events go, alone: `WEBHOOK_URL`, and the endpoints of `GATEWAY_CONFIG`.
 *
 * @param env a Worker's `env`, `process.env`
 * @throws {GatewayConfigurationError} naming every mistake at once
 */
export function readEndpoints(env: Env): readonly Endpoint[] {
  const { problems, report } = collectProblems()
  const file = fileOf(env, report)
  const context = { mchids: [], isPrivateHost: isPrivate, hasFile: file !== undefined, report }
  return unlessWrong(endpointsOf(env, file?.endpoints, context).endpoints, problems)
}

/**
 * Reads for how many days a ledger keeps what is over, alone: `retentionDays` of `GATEWAY_CONFIG`.
 *
 * @param env a Worker's `env`, `process.env`
 * @throws {GatewayConfigurationError} naming every mistake at once
 */
export function readRetentionDays(env: Env): number {
  const { problems, report } = collectProblems()
  return unlessWrong(retentionOf(fileOf(env, report)?.retentionDays, report), problems)
}

function collectProblems(): { problems: readonly ConfigurationProblem[]; report: Report } {
  const problems: ConfigurationProblem[] = []
  return { problems, report: (option, message, code = 'OPTION_INVALID') => problems.push({ code, option, message }) }
}

function unlessWrong<T>(made: T, [first, ...rest]: readonly ConfigurationProblem[]): T {
  if (first) throw new GatewayConfigurationError([first, ...rest])
  return made
}

/**
 * Reads GATEWAY_CONFIG: JSON text, or on Cloudflare a JSON variable.
 *
 * @returns undefined, and reported, where it cannot be read: nobody knows then what it sets
 */
function fileOf(env: Env, report: Report): Members | undefined {
  const value = env.GATEWAY_CONFIG
  if (isMembers(value)) return membersOf(value, KEYS, 'GATEWAY_CONFIG', report)
  const text = textOf(env, 'GATEWAY_CONFIG')
  if (text === undefined) return {}
  let parsed: unknown
  try {
    parsed = parseJson(text)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    report('GATEWAY_CONFIG', `not JSON: malformed or cut short at ${placeIn(text, error)}`)
    return undefined
  }
  return membersOf(parsed, KEYS, 'GATEWAY_CONFIG', report)
}

/** Returns line and column, counted from 1, at which a text stops being JSON. */
function placeIn(text: string, { message }: MalformedError): string {
  const before = text.slice(0, Number(/\d+/.exec(message)?.[0] ?? 0)).split('\n')
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`
}

function publicUrlOf(env: Env, configured: unknown, isPrivateHost: IsPrivateHost, report: Report): string | undefined {
  const text = textOf(env, 'PUBLIC_URL')
  if (text !== undefined && configured !== undefined)
    report('PUBLIC_URL', 'GATEWAY_CONFIG.publicUrl is set too. Keep one of them')
  const value = text ?? configured
  if (value === undefined) return undefined
  const at = text === undefined ? 'GATEWAY_CONFIG.publicUrl' : 'PUBLIC_URL'
  // WeChat Pay notifies no private address; a simulator beside the gateway does.
  const isLocal = isPrivateHost(parseUrl(value)?.hostname ?? '')
  const url = addressOf(value, at, { isPrivateHost, allowPrivate: isLocal }, report)
  if (url?.search) report(at, 'WeChat Pay takes no notify_url with a query')
  if (url && url.pathname !== '/')
    report(
      at,
      'give it without a path, https://pay.example.com: the gateway takes notifications at /notify/… of the host, and nowhere below another path',
    )
  return url?.origin
}

function retentionOf(days: unknown, report: Report): number {
  if (days === undefined) return RETENTION_DAYS
  if (!(Number.isSafeInteger(days) && (days as number) >= 1 && (days as number) <= MAX_DAYS))
    report('GATEWAY_CONFIG.retentionDays', `give a whole number of days, 1 to ${MAX_DAYS}`)
  return days as number
}

function trustOf(value: unknown, report: Report): boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean')
    report(
      'GATEWAY_CONFIG.trustUnconfirmedV2',
      'true or false is expected: whether APIv2 payments and refunds are recorded without a query that confirms them',
    )
  return value === true ? true : undefined
}

function logLevelOf(env: Env, report: Report): LogLevel {
  const level = textOf(env, 'GATEWAY_LOG')?.trim() ?? 'info'
  if (!(LOG_LEVELS as readonly string[]).includes(level)) report('GATEWAY_LOG', `give one of ${LOG_LEVELS.join(', ')}`)
  return level as LogLevel
}
