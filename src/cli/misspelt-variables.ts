import { type MisspeltName, NODE_VARIABLES } from '../adapters/refuse-misspelt.ts'
import { nearestName } from '../core/base/nearest-name.ts'

const KNOWN: readonly string[] = NODE_VARIABLES
const PREFIX = /^WECHAT_?PAY_/i
/** Returns what distinguishes names. The prefix is common to all, so that it would make every two of them similar. */
const distinctPart = (name: string): string => name.replace(PREFIX, '')

/** Returns the variable whose text a variable sets: that of `WECHATPAY_APIV3_KEY_FILE` is `WECHATPAY_APIV3_KEY`. */
export const textVariable = (name: string): string => name.replace(/_FILE$/, '')

/**
 * Finds variables whose name is probably misspelt. A program may have variables of its own, so only those count that resemble a missing
 * variable more than any that is set.
 */
export function findMisspelt(environment: Readonly<Record<string, string | undefined>>): MisspeltName[] {
  const texts = new Set(KNOWN.filter(name => environment[name]).map(textVariable))
  const isSet = (name: string): boolean => texts.has(textVariable(name))
  // Of names that are equally near the first counts.
  const setFirst = [...KNOWN.filter(isSet), ...KNOWN.filter(name => !isSet(name))]
  const byPart = new Map(setFirst.map(name => [distinctPart(name), name]))
  return Object.keys(environment).flatMap(name => {
    if (!PREFIX.test(name) || KNOWN.includes(name)) return []
    const near = nearestName(distinctPart(name), byPart.keys())
    const meant = near === undefined ? undefined : byPart.get(near)!
    return meant === undefined || isSet(meant) ? [] : [{ name, meant }]
  })
}
