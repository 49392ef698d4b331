import { suggestion } from '../../core/nearest-name.ts'
import type { Report } from './problem.ts'

export type Members = Readonly<Record<string, unknown>>

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * An object of the configuration, its unknown members reported.
 *
 * @returns undefined, and reported, when it is none
 */
export function membersOf(value: unknown, known: readonly string[], at: string, report: Report): Members | undefined {
  if (!isMembers(value)) {
    report(at, `give an object: { ${known.join(', ')} }`)
    return undefined
  }
  for (const name of Object.keys(value))
    if (!known.includes(name)) report(`${at}.${name}`, `there is no such key. ${suggestion(name, known)}`)
  return value
}

/** A list of the configuration; empty, and reported, when it is none. */
export function itemsOf(value: unknown, at: string, report: Report): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (value !== undefined) report(at, 'give a list: [ … ]')
  return []
}

/** A list of texts with at least one in it; what is no text is reported and left out. */
export function textsOf(value: unknown, at: string, report: Report): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    report(at, 'give a list of texts, with at least one in it')
    return []
  }
  return value.flatMap((one: unknown, index) => {
    if (typeof one === 'string') return one
    report(`${at}[${index}]`, 'give text')
    return []
  })
}

const NAME = /^[\w-]{1,64}$/

/** The name of a caller or an endpoint, which nothing of its kind has yet; undefined, and reported, when it cannot be. */
export function nameOf(value: unknown, at: string, taken: Set<string>, report: Report): string | undefined {
  if (typeof value !== 'string' || !NAME.test(value)) {
    report(at, 'give a name: letters, digits, - and _, 64 at the most')
    return undefined
  }
  if (taken.has(value)) report(at, `${value} is another's name already`)
  taken.add(value)
  return value
}

/** Merchants that the gateway acts for, of those that it has. */
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

/** A member only where it is given: an optional one has no `undefined` in it. */
export const given = <Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value })
