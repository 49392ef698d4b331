import { unread } from './nearest.ts'
import type { Report } from './problems.ts'

export type Members = Readonly<Record<string, unknown>>

/** An object, of which every member is one of those known; undefined for what is none. Its values are not looked at. */
export function membersOf(
  value: unknown,
  option: string,
  known: readonly string[],
  report: Report,
): Members | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(option, `an object is due: ${known.join(', ')}`)
    return undefined
  }
  for (const name of Object.keys(value)) if (!known.includes(name)) report(`${option}.${name}`, unread(name, known))
  return value as Members
}

/** A list, which may be left out. */
export function listOf(value: unknown, option: string, report: Report): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  report(option, 'a list is due')
  return []
}

/** A list of texts, of which there is at least one. */
export function textsOf(value: unknown, option: string, what: string, report: Report): readonly string[] {
  if (Array.isArray(value) && value.length > 0 && value.every(text => typeof text === 'string' && text)) return value
  report(option, `${value === undefined ? 'is missing' : 'a list of texts is due'}: ${what}`)
  return []
}

/** A text that is not empty. */
export function textOf(value: unknown, option: string, what: string, report: Report): string {
  if (typeof value === 'string' && value !== '') return value
  report(option, `${value === undefined ? 'is missing' : 'a text is due'}: ${what}`)
  return ''
}

/** A whole number, which may be left out. */
export function wholeOf(value: unknown, option: string, what: string, report: Report): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1)) return value as number | undefined
  report(option, `a whole number from 1 is due: ${what}`)
  return undefined
}

/** What a caller or an endpoint is called in logs, in metrics and in the ledger. */
export function nameOf(value: unknown, option: string, report: Report): string {
  if (typeof value === 'string' && /^[\w-]{1,64}$/.test(value)) return value
  report(option, `${value === undefined ? 'is missing' : 'is none'}: 1 to 64 letters, digits, "-" or "_"`)
  return ''
}

/** Reports names that are given twice. */
export function refuseTwins(named: readonly { name: string; option: string }[], report: Report): void {
  const seen = new Set<string>()
  for (const { name, option } of named) {
    if (name && seen.has(name)) report(option, `another one is called ${name} already`)
    seen.add(name)
  }
}

/** Merchants that a caller or an endpoint is for; undefined: all. */
export function merchantsOf(
  value: unknown,
  option: string,
  mchids: readonly string[] | undefined,
  report: Report,
): readonly string[] | undefined {
  if (value === undefined) return undefined
  const texts = textsOf(value, option, 'merchant ids (商户号), in quotes', report)
  texts.forEach((mchid, at) => {
    if (mchids?.length && !mchids.includes(mchid))
      report(
        `${option}[${at}]`,
        `${JSON.stringify(mchid)} is no merchant of this gateway. There are: ${mchids.join(', ')}`,
      )
  })
  return texts
}
