import { utf8 } from '../../../core/base/bytes.ts'
import { MAX_DECIMALS } from '../../../core/base/currencies.ts'
import { BillError } from '../error.ts'
import { readAmount } from './amount.ts'
import { SUMMARY_TITLES } from './columns.ts'
import type { BillSummary } from './row.ts'
import { type CurrencyTotal, sumsOf, type Table } from './table.ts'

/** A count or sum as printed in the summary and as computed from the rows, in the same unit. */
interface SummaryCheck {
  readonly title: string
  readonly stated: number
  readonly computed: number
}

/** A summary and the checks to make on it. */
export interface ReadSummary {
  readonly summary: BillSummary
  readonly checks: readonly SummaryCheck[]
}

/**
 * Reads the summary of a bill. Call it after all rows have been read.
 *
 * @throws {BillError} `BILL_MALFORMED`: a value is not a number
 */
export function readSummary(titles: readonly string[], values: readonly string[], table: Table): ReadSummary {
  const checks: SummaryCheck[] = []
  const numberOf = (title: string, text: string): number => {
    const { column, where } = SUMMARY_TITLES[title]!
    if (where) {
      const condition = table.conditions.find(candidate => candidate.title === title)
      const stated = column ? fenOf(title, text) : countOf(title, text)
      if (condition) checks.push({ title, stated, computed: condition.total })
      return stated
    }
    if (!column) {
      const stated = countOf(title, text)
      checks.push({ title, stated, computed: table.count })
      return stated
    }
    const totals = sumsOf(table, column)
    if (!totals) return fenOf(title, text)
    // A sum over several currencies is not an amount, but it still proves that the rows are complete.
    const [only, ...others] = totals
    const decimals = others.length > 0 ? MAX_DECIMALS : (only?.decimals ?? 2)
    const stated = parse(title, text, decimals)
    checks.push({ title, stated, computed: sumOf(totals, decimals) })
    return others.length > 0 ? Number.NaN : stated
  }
  const entries = titles.map((title, at) => {
    const text = values[at]!
    return [title, Object.hasOwn(SUMMARY_TITLES, title) ? numberOf(title, text) : text] as const
  })
  return { summary: Object.fromEntries(entries), checks }
}

const sumOf = (totals: readonly CurrencyTotal[], decimals: number): number =>
  totals.reduce((sum, total) => sum + total.amount * 10 ** (decimals - total.decimals), 0)

const fenOf = (title: string, text: string): number => parse(title, text, 2)

/** A count may be written `20.0`. */
const countOf = (title: string, text: string): number => parse(title, text, 0)

function parse(title: string, text: string, decimals: number): number {
  const bytes = utf8(text)
  const number = readAmount(bytes, 0, bytes.length, decimals)
  if (!Number.isNaN(number)) return number
  throw new BillError('BILL_MALFORMED', `has no number for ${title} in its summary`)
}

/**
 * Compares a summary with the rows. Unknown titles and sums of missing columns are not checked.
 *
 * @throws {BillError} `BILL_SUMMARY_MISMATCH`
 */
export function requireAgreement(checks: readonly SummaryCheck[]): void {
  for (const { title, stated, computed } of checks)
    if (computed !== stated)
      throw new BillError(
        'BILL_SUMMARY_MISMATCH',
        `has ${title} ${stated} in its summary, but its rows amount to ${computed}`,
      )
}
