import { suggestion } from '../../core/base/nearest-name.ts'
import type { Report } from './problem.ts'

export type Members = Readonly<Record<string, unknown>>

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads an object of the configuration, and reports its unknown members.
 *
 * @returns undefined if it is not an object, which is reported
 */
export function membersOf(value: unknown, known: readonly string[], at: string, report: Report): Members | undefined {
  if (!isMembers(value)) {
    report(at, `must be an object: { ${known.join(', ')} }`)
    return undefined
  }
  for (const name of Object.keys(value))
    if (!known.includes(name)) report(`${at}.${name}`, `there is no such key. ${suggestion(name, known)}`)
  return value
}

/** Reads an optional list of the configuration. Anything else is reported and read as an empty list. */
export function itemsOf(value: unknown, at: string, report: Report): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value !== undefined) report(at, 'must be a list: [ … ]')
  return []
}

/** Reads a list of at least one text. Items that are not texts are reported and left out. */
export function textsOf(value: unknown, at: string, report: Report): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    report(at, 'must be a list of at least one text')
    return []
  }
  return value.flatMap((item: unknown, index) => {
    if (typeof item === 'string') return item
    report(`${at}[${index}]`, 'must be text')
    return []
  })
}

const NAME = /^[\w-]{1,64}$/

/**
 * Reads the name of a caller or an endpoint, which must be unique.
 *
 * @returns undefined if it is invalid, which is reported
 */
export function nameOf(value: unknown, at: string, taken: Set<string>, report: Report): string | undefined {
  if (typeof value !== 'string' || !NAME.test(value)) {
    report(at, 'must be a name of up to 64 letters, digits, - and _')
    return undefined
  }
  if (taken.has(value)) report(at, `the name ${value} is already in use`)
  taken.add(value)
  return value
}

/** Reads a list of merchants of the gateway. */
export function mchidsOf(
  value: unknown,
  at: string,
  known: readonly string[],
  report: Report,
): readonly string[] | undefined {
  if (value === undefined) return undefined
  const mchids = textsOf(value, at, report)
  for (const [index, mchid] of mchids.entries())
    if (!known.includes(mchid))
      report(`${at}[${index}]`, `the gateway has no such merchant. ${suggestion(mchid, known)}`)
  return mchids
}

/** Returns an object with the member if it has a value, so that optional members are left out and not undefined. */
export const optionalMember = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } => (value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value }))
