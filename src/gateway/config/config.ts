import { MalformedError } from '../../core/base/errors.ts'
import { parseJson } from '../../core/codec/json.ts'
import { malformedJson } from '../body/malformed-json.ts'
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
import { isMembers, type Members, membersOf, optionalMember } from './members.ts'
import { type MerchantEnvironment, readMerchants } from './merchants.ts'
import { type ConfigurationProblem, GatewayConfigurationError, type Report } from './problem.ts'
import { reportUnread } from './unread.ts'
import { type Env, textOf } from './variables.ts'
import { type ConfigurationWarning, findMisspelt, misspeltMessage, misspeltWarning, warningsOf } from './warnings.ts'

/** The configuration of a gateway. */
export interface GatewayConfig {
  readonly merchants: readonly MerchantEnvironment[]
  readonly callers: readonly Caller[]
  readonly endpoints: readonly Endpoint[]
  /** The public address of the gateway, without a slash at its end: https://pay.example.com */
  readonly publicUrl?: string
  /** The gateway with a fixed IP address, for the calls that WeChat Pay admits from listed addresses only. */
  readonly fixedIp?: FixedIpGateway
  /** Days for which the ledger keeps completed events and calls. */
  readonly retentionDays: number
  /** Records APIv2 payments and refunds without confirming them by a query. */
  readonly trustUnconfirmedV2?: boolean
  /** The minimum level of log lines. */
  readonly log: LogLevel
  /** Settings that are valid but probably unintended, to be logged once. */
  readonly warnings: readonly ConfigurationWarning[]
}

const KEYS = ['callers', 'endpoints', 'publicUrl', 'retentionDays', 'trustUnconfirmedV2', 'fixedIpPaths']
/** Ten years. A greater number is probably a typing error. */
const MAX_DAYS = 3660

export interface ConfigOptions {
  /** Default: by its name and IANA's special-purpose address registries. */
  isPrivateHost?: IsPrivateHost
  /** Variables that the server or the Worker reads, so that they are not reported as misspelt. */
  known?: readonly string[]
  /** Checks those variables. Its problems are reported together with the others. */
  check?: (report: Report) => void
}

/**
 * Reads and checks the gateway's whole configuration: merchants, callers, endpoints. It imports no keys and reads no files; the
 * adapters do that.
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
    ...optionalMember('fixedIp', readFixedIp(env, file?.fixedIpPaths, context)),
    ...optionalMember('publicUrl', publicUrlOf(env, file?.publicUrl, isPrivateHost, report)),
    retentionDays: retentionOf(file?.retentionDays, report),
    ...optionalMember('trustUnconfirmedV2', trustOf(file?.trustUnconfirmedV2, report)),
    log: logLevelOf(env, report),
  }
  check?.(report)
  reportUnread(env, new Set([...known, ...secretVariables]), context)
  const misspelt = findMisspelt(env, file)
  const missing = problems.filter(({ code }) => code === 'OPTION_MISSING').map(({ option }) => option)
  // The user sees the variable set, and would not find out why it is missing.
  for (const { name, meant } of misspelt)
    if (missing.includes(meant.replace(/_FILE$/, ''))) report(name, misspeltMessage(meant))
  return {
    ...throwIfAny(config, problems),
    warnings: [...warningsOf(callers, endpoints), ...misspelt.map(misspeltWarning)],
  }
}

/**
 * Reads only the endpoints: `WEBHOOK_URL`, and `endpoints` of `GATEWAY_CONFIG`.
 *
 * @param env a Worker's `env`, `process.env`
 * @throws {GatewayConfigurationError} naming every mistake at once
 */
export function readEndpoints(env: Env): readonly Endpoint[] {
  const { problems, report } = collectProblems()
  const file = fileOf(env, report)
  const context = { mchids: [], isPrivateHost: isPrivate, hasFile: file !== undefined, report }
  return throwIfAny(endpointsOf(env, file?.endpoints, context).endpoints, problems)
}

/**
 * Reads only `retentionDays` of `GATEWAY_CONFIG`.
 *
 * @param env a Worker's `env`, `process.env`
 * @throws {GatewayConfigurationError} naming every mistake at once
 */
export function readRetentionDays(env: Env): number {
  const { problems, report } = collectProblems()
  return throwIfAny(retentionOf(fileOf(env, report)?.retentionDays, report), problems)
}

function collectProblems(): { problems: readonly ConfigurationProblem[]; report: Report } {
  const problems: ConfigurationProblem[] = []
  return { problems, report: (option, message, code = 'OPTION_INVALID') => problems.push({ code, option, message }) }
}

function throwIfAny<T>(value: T, [first, ...rest]: readonly ConfigurationProblem[]): T {
  if (first) throw new GatewayConfigurationError([first, ...rest])
  return value
}

/**
 * Reads GATEWAY_CONFIG: JSON text, or on Cloudflare a JSON variable.
 *
 * @returns undefined if it is invalid, which is reported
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
    report('GATEWAY_CONFIG', malformedJson(text, error))
    return undefined
  }
  return membersOf(parsed, KEYS, 'GATEWAY_CONFIG', report)
}

function publicUrlOf(env: Env, configured: unknown, isPrivateHost: IsPrivateHost, report: Report): string | undefined {
  const text = textOf(env, 'PUBLIC_URL')
  if (text !== undefined && configured !== undefined)
    report('PUBLIC_URL', 'GATEWAY_CONFIG.publicUrl is set too. Keep one of them')
  const value = text ?? configured
  if (value === undefined) return undefined
  const at = text === undefined ? 'GATEWAY_CONFIG.publicUrl' : 'PUBLIC_URL'
  // A private address is of no use with WeChat Pay, but with a simulator in the gateway's network.
  const isLocal = isPrivateHost(parseUrl(value)?.hostname ?? '')
  const url = addressOf(value, at, { isPrivateHost, allowPrivate: isLocal }, report)
  if (url?.search) report(at, 'must not have a query, because WeChat Pay refuses a notify_url with a query')
  if (url && url.pathname !== '/')
    report(
      at,
      'must be without a path, https://pay.example.com: the gateway receives notifications at /notify/… of the host only',
    )
  return url?.origin
}

function retentionOf(days: unknown, report: Report): number {
  if (days === undefined) return RETENTION_DAYS
  if (!(Number.isSafeInteger(days) && (days as number) >= 1 && (days as number) <= MAX_DAYS))
    report('GATEWAY_CONFIG.retentionDays', `must be a whole number of days, 1 to ${MAX_DAYS}`)
  return days as number
}

function trustOf(value: unknown, report: Report): boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean')
    report(
      'GATEWAY_CONFIG.trustUnconfirmedV2',
      'must be true or false: whether APIv2 payments and refunds are recorded without a query that confirms them',
    )
  return value === true ? true : undefined
}

function logLevelOf(env: Env, report: Report): LogLevel {
  const level = textOf(env, 'GATEWAY_LOG')?.trim() ?? 'info'
  if (!(LOG_LEVELS as readonly string[]).includes(level))
    report('GATEWAY_LOG', `must be one of ${LOG_LEVELS.join(', ')}`)
  return level as LogLevel
}
