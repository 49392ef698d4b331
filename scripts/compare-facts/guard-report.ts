import type { Drift } from './outline.ts'

/** Endpoints with money or encrypted fields, by what is wrong with the list of those without a statement. */
export interface Coverage {
  /** Not listed, and no statement tells anything of them. */
  missing: readonly string[]
  /** Listed, though a statement does, or there is nothing to witness. */
  stale: readonly string[]
}

/** Writes how definitions differ from their outlines, and what no statement tells. */
export function guardReport(drift: readonly Drift[], { missing, stale }: Coverage): string {
  return [
    ...section(
      'The definitions differ from their outline. Undo it, or give a statement with its source and write the outline anew:',
      drift.map(line),
    ),
    ...section('Money or encrypted fields without a statement; add one, or list them in unwitnessed.txt:', missing),
    ...section('Listed in unwitnessed.txt, but a statement tells of them:', stale),
    `${drift.length} differences from the outline, ${missing.length} endpoints without a statement, ${stale.length} listed in vain`,
    '',
  ].join('\n')
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? [title, ...lines.map(one => `  ${one}`), ''] : []

const line = ({ of, at, outline = 'nothing', definitions = 'nothing' }: Drift): string =>
  `${at === '' ? of : `${of} ${at}`}: ${outline} → ${definitions}`
