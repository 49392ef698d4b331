/** What a runtime gives: a Worker's `env`, `process.env`. Texts, on Cloudflare bindings and JSON too. */
export type Env = Readonly<Record<string, unknown>>

/** A variable's text, as it stands; undefined when it is not there or blank. Cloudflare's variables may be numbers. */
export function textOf(env: Env, name: string): string | undefined {
  const value = env[name]
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}

/** Whether anything is set under a name: a text that is not blank, a binding. */
export const isSet = (env: Env, name: string): boolean =>
  textOf(env, name) !== undefined || (typeof env[name] === 'object' && env[name] !== null)

/** What a list in one variable has: between commas, blanks or line breaks. */
export const listOf = (text: string | undefined): string[] => text?.split(/[\s,]+/).filter(Boolean) ?? []

/** What the gateway reads beside the merchants' variables. */
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
