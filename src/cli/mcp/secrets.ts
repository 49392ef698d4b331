import type { McpContext } from './context.ts'

/** Variables whose values are secret. */
const SECRET_VARIABLE = /KEY|PASSPHRASE|TOKEN|SECRET/

/** Returns the texts that no result may contain: configured keys, line by line, and the token. Demo keys are public. */
export function secretsOf({ keys, environment = {}, gateway }: McpContext): string[] {
  const { options } = keys
  const own = keys.kind === 'configured' ? [options.privateKey, options.apiv3Key, options.apiv2Key] : []
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    SECRET_VARIABLE.test(name) && !/PUBLIC|_FILE$|_ID$/.test(name) ? [value] : [],
  )
  const texts = [...own, ...variables, gateway?.token].filter(text => typeof text === 'string')
  return [...new Set(texts.flatMap(text => text.split(/\r?\n|\\n/)))].filter(
    line => line.length >= MIN_SECRET && !line.startsWith('-----'),
  )
}

/** A shorter text would be replaced where it stands by chance. */
const MIN_SECRET = 12
