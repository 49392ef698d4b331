/** A bill, read by what its titles say: this shares no code with what writes it. */
export interface ReadBill {
  rows: Record<string, string>[]
  sums: Record<string, string>
}

export function readBill(text: string): ReadBill {
  const lines = text
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split('\r\n')
  const values = (line: string) => line.split(',').map(value => value.replace(/^`/, ''))
  const pair = (titles: string, line: string) => {
    const read = values(line)
    return Object.fromEntries(titles.split(',').map((title, at) => [title, read[at]!]))
  }
  return {
    rows: lines.slice(1, -2).map(line => pair(lines[0]!, line)),
    sums: pair(lines.at(-2)!, lines.at(-1)!),
  }
}

/** Yuan with decimals to fen, without a double in between. */
export function fen(yuan: string): number {
  const [, sign, whole, decimals] = /^(-?)(\d+)\.(\d\d)0*$/.exec(yuan)!
  return Number(`${sign}${whole}${decimals}`) || 0
}

export const sum = (rows: Record<string, string>[], title: string): number =>
  rows.reduce((total, row) => total + fen(row[title]!), 0)
