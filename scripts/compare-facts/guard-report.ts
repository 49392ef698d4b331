import type { Drift } from './outline.ts'
import { formatSection } from './verdict-report.ts'

/** Problems of `unwitnessed.txt`, which lists endpoints with money or encrypted fields but without a statement. */
export interface Coverage {
  /** Without a statement, but not listed. */
  missing: readonly string[]
  /** Listed, although they have a statement, or neither money nor encrypted fields. */
  stale: readonly string[]
}

/** Formats the differences between definitions and outlines, and the endpoints without a statement. */
export function guardReport(drift: readonly Drift[], { missing, stale }: Coverage): string {
  return [
    ...formatSection(
      'The definitions differ from their outline. Undo it, or give a statement with its source and write the outline anew:',
      drift.map(formatDrift),
    ),
    ...formatSection(
      'Money or encrypted fields without a statement; add one, or list them in unwitnessed.txt:',
      missing,
    ),
    ...formatSection('Listed in unwitnessed.txt, but a statement tells of them:', stale),
    `${drift.length} differences from the outline, ${missing.length} endpoints without a statement, ${stale.length} listed in vain`,
    '',
  ].join('\n')
}

const formatDrift = ({ of, at, outline = 'nothing', definitions = 'nothing' }: Drift): string =>
  `${at === '' ? of : `${of} ${at}`}: ${outline} → ${definitions}`
