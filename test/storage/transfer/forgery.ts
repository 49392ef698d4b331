import { createLineWriter } from '../../../src/storage/transfer/lines.ts'

/** A line of an export without its checksum. */
export type Line = Record<string, unknown> & { readonly table?: string; row?: unknown }

/** Reads the lines of an export, to forge others from them. */
export const readGenuine = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
    .map(({ sum: _, ...line }) => line)

/** Writes changed lines with right checksums, as anybody can. */
export function forgeLines(genuine: readonly Line[], change: (lines: Line[]) => void): string {
  const lines = structuredClone(genuine) as Line[]
  change(lines)
  const write = createLineWriter()
  return lines.map(write).join('')
}

/** Returns the line number of the n-th row of a table, counted from 1. */
export const lineOf = (lines: readonly Line[], table: string, nth = 0): number =>
  lines.flatMap((line, at) => (line.table === table ? [at + 1] : []))[nth]!

/** Gives the second event the id of the first. */
export function withTwoEventsOfOneId(lines: Line[]): void {
  const [first, second] = [lines[lineOf(lines, 'event') - 1]!, lines[lineOf(lines, 'event', 1) - 1]!]
  const { mchid, id } = first.row as { mchid: string; id: string }
  second.row = { ...(second.row as object), mchid, id }
}
