/** The environment of a runtime: a Worker's `env`, `process.env`. Values are texts; on Cloudflare also bindings and JSON. */
export type Env = Readonly<Record<string, unknown>>

/** Returns the text of a variable, untrimmed; undefined if it is missing or blank. On Cloudflare it may be a number. */
export function textOf(env: Env, name: string): string | undefined {
  const value = env[name]
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}

/** Returns whether a variable has a text that is not blank, or is a binding. */
export const isSet = (env: Env, name: string): boolean =>
  textOf(env, name) !== undefined || (typeof env[name] === 'object' && env[name] !== null)

/** Splits a list at commas, spaces and line breaks. */
export const listOf = (text: string | undefined): string[] => text?.split(/[\s,]+/).filter(Boolean) ?? []

/** The variables of the gateway itself, without those of merchants. */
export const GATEWAY_VARIABLES = [
  'GATEWAY_TOKEN',
  'GATEWAY_ADMIN_TOKEN',
  'GATEWAY_CONFIG',
  'GATEWAY_LOG',
  'GATEWAY_FIXED_IP_URL',
  'GATEWAY_FIXED_IP_TOKEN',
  'WEBHOOK_URL',
  'WEBHOOK_SECRET',
  'WEBHOOK_ALLOW_PRIVATE',
] as const
