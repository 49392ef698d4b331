import type { ConfigurationError as E } from '../../core/index.ts'
import { ConfigurationError } from '../../core/index.ts'
import type { Caller } from '../caller/caller.ts'
import type { Endpoint } from '../delivery/endpoint.ts'
export class GatewayConfigurationError extends ConfigurationError {}
export interface GatewayConfig {
  merchants: { mchid: string; environment: Record<string, unknown> }[]
  callers: Caller[]
  endpoints: Endpoint[]
  publicUrl: string | undefined
  retentionDays: number | undefined
  level: 'debug' | 'info' | 'warn'
}
export const readConfig = (_: object): GatewayConfig => {
  throw new Error()
}
export const readEndpoints = (_: object): Endpoint[] => []
