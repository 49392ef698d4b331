import { VARIABLES } from '../adapters/environment.ts'
import { FILE_VARIABLES } from '../adapters/files.ts'
import { nearestName } from '../core/base/nearest-name.ts'

/** A variable that no command reads, and the similar name of one that is not set. */
export interface MisspeltVariable {
  readonly name: string
  readonly meant: string
}

const KNOWN: readonly string[] = [...VARIABLES, ...FILE_VARIABLES, 'WECHATPAY_P12_FILE', 'WECHATPAY_P12_PASSPHRASE']
const PREFIX = /^WECHAT_?PAY_/i
/** Returns what distinguishes names. The prefix is common to all, so that it would make every two of them similar. */
const distinctPart = (name: string): string => name.replace(PREFIX, '')

/** Returns the variable whose text a variable sets: that of `WECHATPAY_APIV3_KEY_FILE` is `WECHATPAY_APIV3_KEY`. */
export const textVariable = (name: string): string => name.replace(/_FILE$/, '')

/**
 * Finds variables whose name is probably misspelt. A program may have variables of its own, so only those count that resemble a missing
 * variable more than any that is set.
 */
export function findMisspelt(environment: Readonly<Record<string, string | undefined>>): MisspeltVariable[] {
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
