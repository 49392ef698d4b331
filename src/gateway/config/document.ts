import { type Members, membersOf } from './members.ts'
import type { Report } from './problems.ts'
import { isSet, type Variables } from './variables.ts'

const KEYS = ['callers', 'endpoints', 'publicUrl', 'retentionDays']

/** `GATEWAY_CONFIG`: JSON text, or the object itself where a runtime has such variables. Undefined: it cannot be read. */
export function readDocument(env: Variables, report: Report): Members | undefined {
  if (!isSet(env, 'GATEWAY_CONFIG')) return {}
  const { GATEWAY_CONFIG: given } = env
  const value = typeof given === 'string' ? parse(given, report) : given
  return value === undefined ? undefined : membersOf(value, 'GATEWAY_CONFIG', KEYS, report)
}

/** The engine's own message quotes the text, which is not for logs. */
function parse(text: string, report: Report): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const [, position] = /position (\d+)/.exec((error as Error).message) ?? []
    const where = position === undefined ? '' : `, from character ${position} on`
    report(
      'GATEWAY_CONFIG',
      `is no JSON${where}. Names and texts stand in double quotes, and no comma before a bracket closes`,
    )
    return undefined
  }
}
