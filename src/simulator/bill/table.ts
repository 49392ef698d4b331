import { currencyDecimals } from '../../core/base/currencies.ts'

/** A column: its title and the function that returns its value. */
export type Column<T> = readonly [title: string, value: (row: T) => string]

/**
 * Writes the text of a bill: titles, a line for each row, then the totals with titles of their own. A backtick precedes
 * each value, so that no spreadsheet rounds a long number.
 */
export function writeTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  totals: readonly (readonly [title: string, value: string])[],
): string {
  const lines = [
    columns.map(([title]) => title).join(),
    ...rows.map(row => line(columns.map(([, value]) => value(row)))),
    totals.map(([title]) => title).join(),
    line(totals.map(([, value]) => value)),
  ]
  return `\ufeff${lines.join('\r\n')}\r\n`
}

/** Escapes the characters that would end a value or a line, as documented. */
const line = (values: readonly string[]): string =>
  values.map(value => `\`${value.replace(/\r\n|[\r\n]/g, '\\n').replaceAll(',', '\\ ')}`).join()

/** Formats an amount for a bill: in the main unit of its currency, with its decimals. */
export function decimal(amount: number, currency: string): string {
  const decimals = currencyDecimals(currency)
  return (amount / 10 ** decimals).toFixed(decimals)
}

export const yuan = (fen: number): string => decimal(fen, 'CNY')

export const sum = <T>(rows: readonly T[], amountOf: (row: T) => number): number =>
  rows.reduce((total, row) => total + amountOf(row), 0)
