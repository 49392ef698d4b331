import type { Caller } from '../caller/caller.ts'
import { compileAllow } from '../caps/allow.ts'
import type { Endpoint } from '../delivery/endpoint.ts'
import type { Log } from '../log/log.ts'
import { unmatchedAllow, unmatchedEvent } from './unmatched.ts'

/** What is unusual about a configuration that works, and probably not meant. */
export interface ConfigurationWarning {
  /** The variable, the binding, or what in GATEWAY_CONFIG. */
  readonly option: string
  /** What is unusual, and what to do; nothing secret. */
  readonly message: string
  /** `GET /healthz` warns of it too. Default: only the log does, once. */
  readonly affectsHealth?: boolean
}

/** Logs each warning, once: where a gateway is started. */
export function logWarnings(log: Pick<Log, 'warn'>, warnings: readonly ConfigurationWarning[]): void {
  for (const { option, message } of warnings) log.warn('configuration', { kind: option, detail: message })
}

/** Lists what is unusual about callers and endpoints that are valid. */
export function warningsOf(callers: readonly Caller[], endpoints: readonly Endpoint[]): ConfigurationWarning[] {
  const ofCallers = callers.flatMap(({ name, allow }) =>
    allow.flatMap(pattern =>
      unusual('GATEWAY_CONFIG.callers', `"allow": "${pattern}" of ${name}`, unmatchedAllow(pattern)),
    ),
  )
  const ofEndpoints = endpoints.flatMap(({ name, events }) =>
    events.flatMap(pattern =>
      unusual('GATEWAY_CONFIG.endpoints', `"events": "${pattern}" of ${name}`, unmatchedEvent(pattern)),
    ),
  )
  const hasOperator = callers.some(({ allow }) => compileAllow(allow)('GET', '/admin/merchants'))
  return [...(hasOperator ? [] : [NO_OPERATOR]), ...ofCallers, ...ofEndpoints]
}

const NO_OPERATOR: ConfigurationWarning = {
  option: 'GATEWAY_ADMIN_TOKEN',
  message:
    'missing: nobody may open /admin, /metrics and the details of /healthz. Make a token and its hash: npx wechatpay-edge token',
}

const unusual = (option: string, what: string, fault: string | undefined): ConfigurationWarning[] =>
  fault === undefined ? [] : [{ option, message: `${what}: ${fault}` }]
