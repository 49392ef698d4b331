import { utf8 } from '../../core/bytes.ts'
import { MAX_DECIMALS } from '../../core/currencies.ts'
import { readAmount } from './amount.ts'
import { SUMS } from './columns.ts'
import { BillError } from './error.ts'
import type { BillSummary } from './row.ts'
import { type CurrencyTotal, sumsOf, type Table } from './table.ts'

/** A count or a sum that the summary says, and what the rows make; in the same unit. */
interface Said {
  readonly title: string
  readonly said: number
  readonly made: number
}

/** The summary of a bill, and what can be checked of it. */
export interface ReadSummary {
  readonly summary: BillSummary
  readonly checks: readonly Said[]
}

/**
 * Reads the summary of a bill, all of whose rows have been read.
 *
 * @throws {BillError} `BILL_MALFORMED`: no number where one belongs
 */
export function readSummary(titles: readonly string[], values: readonly string[], table: Table): ReadSummary {
  const checks: Said[] = []
  const numberOf = (title: string, text: string): number => {
    const { of, where } = SUMS[title]!
    if (where) {
      const condition = table.conditions.find(one => one.title === title)
      const said = of ? fenOf(title, text) : countOf(title, text)
      if (condition) checks.push({ title, said, made: condition.total })
      return said
    }
    if (!of) {
      const said = countOf(title, text)
      checks.push({ title, said, made: table.count })
      return said
    }
    const totals = sumsOf(table, of)
    if (!totals) return fenOf(title, text)
    // A sum over several currencies is an amount of none, but it proves that the rows are complete.
    const [only, ...others] = totals
    const decimals = others.length > 0 ? MAX_DECIMALS : (only?.decimals ?? 2)
    const said = parse(title, text, decimals)
    checks.push({ title, said, made: addUp(totals, decimals) })
    return others.length > 0 ? Number.NaN : said
  }
  const entries = titles.map((title, at) => {
    const text = values[at]!
    return [title, Object.hasOwn(SUMS, title) ? numberOf(title, text) : text] as const
  })
  return { summary: Object.fromEntries(entries), checks }
}

const addUp = (totals: readonly CurrencyTotal[], decimals: number): number =>
  totals.reduce((sum, total) => sum + total.amount * 10 ** (decimals - total.decimals), 0)

const fenOf = (title: string, text: string): number => parse(title, text, 2)

/** A count may be written `20.0`. */
const countOf = (title: string, text: string): number => parse(title, text, 0)

function parse(title: string, text: string, decimals: number): number {
  const bytes = utf8(text)
  const number = readAmount(bytes, 0, bytes.length, decimals)
  if (!Number.isNaN(number)) return number
  throw new BillError('BILL_MALFORMED', `has no number as the ${title} of its summary`)
}

/**
 * Lays a summary beside the rows. A title that nothing is known of, and a sum of a column that is not there, prove nothing.
 *
 * @throws {BillError} `BILL_SUMMARY_MISMATCH`
 */
export function compare(checks: readonly Said[]): void {
  for (const { title, said, made } of checks)
    if (made !== said)
      throw new BillError('BILL_SUMMARY_MISMATCH', `says ${title} ${said} in its summary, and its rows make ${made}`)
}
