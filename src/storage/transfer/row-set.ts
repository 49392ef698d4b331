/** Numbers of rows in a block of a set. */
const BLOCK = 1024

/** A set of numbers of rows, which needs a bit for each: a ledger may have many millions of them, one after another. */
export interface RowSet {
  add(row: number): void
  has(row: number): boolean
}

export function createRowSet(): RowSet {
  const blocks = new Map<number, Uint8Array>()
  const blockOf = (row: number) => Math.floor(row / BLOCK)
  const byteOf = (row: number) => (row % BLOCK) >> 3
  const bitOf = (row: number) => 1 << (row & 7)
  return {
    add(row) {
      const block = blocks.get(blockOf(row)) ?? new Uint8Array(BLOCK / 8)
      block[byteOf(row)]! |= bitOf(row)
      blocks.set(blockOf(row), block)
    },
    has: row => ((blocks.get(blockOf(row))?.[byteOf(row)] ?? 0) & bitOf(row)) !== 0,
  }
}
