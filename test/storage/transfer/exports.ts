import { exportLedger } from '../../../src/storage/transfer/export.ts'
import type { ImportOptions } from '../../../src/storage/transfer/import.ts'
import type { LedgerDatabase } from '../../../src/storage/transfer/ledger-database.ts'
import { splitLines } from '../../../src/storage/transfer/split-lines.ts'
import type { Step } from './history.ts'

/** The time at which histories begin. */
export const NOW = 1_770_000_000_000

/** Exports a ledger as text. */
export async function exportText(database: LedgerDatabase): Promise<string> {
  let text = ''
  const write = async (lines: string) => {
    text += lines
  }
  await exportLedger(database, write, () => new Date(NOW))
  return text
}

/** A line of an export without its checksum. */
export interface ExportedLine {
  readonly table?: string
  readonly row?: { readonly received_at: number }
}

/** Returns the lines of an export without their checksums and its id, which differ between two of the same ledger. */
export const rowsOf = (text: string): ExportedLine[] =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => JSON.parse(line))
    .map(({ sum: _, ...rest }) => rest)

/** Opens a text in chunks that split lines and characters' pairs. */
export const chunksOf = (text: string, size = 1_000): ImportOptions['open'] =>
  async function* () {
    yield* splitLines(
      (async function* () {
        for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
      })(),
    )
  }

/** A history whose rows fill several pages. */
export const LONG: readonly Step[] = Array.from({ length: 700 }, (_, at) => ({
  name: at % 3 === 0 ? 'beginCall' : at % 3 === 1 ? 'recordEvent' : 'recordAttempt',
  pick: at,
  text: `step ${at}`,
  pause: 10,
}))
