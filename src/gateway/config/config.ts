import type { Caller } from '../caller/caller.ts'
import type { Endpoint } from '../delivery/endpoint.ts'
import { callersOf } from './callers.ts'
import { readDocument } from './document.ts'
import { endpointsOf, secretNames } from './endpoints.ts'
import { type Members, wholeOf } from './members.ts'
import { type MerchantConfig, readMerchants } from './merchants.ts'
import { type Report, reporting } from './problems.ts'
import { refuseUnread, type Variables, variableOf } from './variables.ts'

export type { MerchantConfig } from './merchants.ts'
export { type ConfigProblem, GatewayConfigurationError } from './problems.ts'

/** What a gateway is made from. */
export interface GatewayConfig {
  readonly merchants: readonly MerchantConfig[]
  readonly callers: readonly Caller[]
  readonly endpoints: readonly Endpoint[]
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly retentionDays: number | undefined
  /** What is logged: this, and what is graver. */
  readonly level: 'debug' | 'info' | 'warn'
}

const LEVELS = ['debug', 'info', 'warn'] as const
const KNOWN = ['GATEWAY_TOKEN', 'GATEWAY_ADMIN_TOKEN', 'GATEWAY_CONFIG', 'GATEWAY_LOG', 'GATEWAY_DATA']

/**
 * Reads the configuration of a gateway: `WECHATPAY_…`, `GATEWAY_…`, `WEBHOOK_…` and `PUBLIC_URL`.
 *
 * @param env variables, secrets and bindings: `process.env`, a Worker's `env`
 * @throws {GatewayConfigurationError} naming everything that is missing, wrong, or read by nobody
 * @example
 * ```ts
 * const { merchants, level, ...config } = readConfig(process.env)
 * ```
 */
export function readConfig(env: Variables): GatewayConfig {
  return reporting(report => {
    const read = readDocument(env, report)
    const document = read ?? {}
    const merchants = readMerchants(env, secretNames(document), report)
    const mchids = merchants.map(({ mchid }) => mchid)
    const callers = callersOf(env, read, mchids, report)
    const endpoints = endpointsOf(env, document, mchids, report)
    refuseUnread(env, 'GATEWAY_', [...KNOWN, ...secretNames(document)], report)
    return {
      ...{ merchants, callers, endpoints },
      publicUrl: publicUrlOf(env, document, report),
      retentionDays: wholeOf(document.retentionDays, 'GATEWAY_CONFIG.retentionDays', 'days', report),
      level: levelOf(env, report),
    }
  })
}

/**
 * Reads where events go, alone: `WEBHOOK_URL`, and the endpoints of `GATEWAY_CONFIG`.
 *
 * @param env variables, secrets and bindings
 * @throws {GatewayConfigurationError} naming everything that is missing, wrong, or read by nobody
 */
export function readEndpoints(env: Variables): readonly Endpoint[] {
  return reporting(report => endpointsOf(env, readDocument(env, report) ?? {}, undefined, report))
}

function publicUrlOf(env: Variables, document: Members, report: Report): string | undefined {
  const variable = variableOf(env, 'PUBLIC_URL', report)
  const { publicUrl: member } = document
  if (variable !== undefined && member !== undefined)
    report('PUBLIC_URL', 'GATEWAY_CONFIG.publicUrl is set too. Keep one of them')
  const text = variable ?? member
  if (text === undefined) return undefined
  const option = variable === undefined ? 'GATEWAY_CONFIG.publicUrl' : 'PUBLIC_URL'
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  if (!url || !isSafe || url.username || url.password || url.search || url.hash) {
    report(option, 'is where the gateway is reached from outside, https://pay.example.com, without a query')
    return undefined
  }
  return url.href.replace(/\/+$/, '')
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

function levelOf(env: Variables, report: Report): GatewayConfig['level'] {
  const text = variableOf(env, 'GATEWAY_LOG', report)
  const level = LEVELS.find(known => known === text)
  if (text !== undefined && !level) report('GATEWAY_LOG', `is ${LEVELS.join(', ')}`)
  return level ?? 'info'
}
