import type { Endpoint } from './endpoint.ts'
import { quoted } from './names.ts'
import type { Document } from './openapi.ts'
import { PathTreeWriter } from './path-tree.ts'
import { uploadedFileOf } from './uploaded-file.ts'

/** The word of an endpoint whose page states no maximum. */
const UNDOCUMENTED = 0

/** Writes `upload-sizes.ts`: the maximum size of a file for every upload, in a tree like that of the amounts. */
export function writeUploadSizes(document: Document, endpoints: readonly Endpoint[]): string {
  const table = new PathTreeWriter()
  const sizes: number[] = []
  for (const endpoint of endpoints) {
    const file = uploadedFileOf(document, endpoint)
    if (!file) continue
    const { maxBytes = UNDOCUMENTED } = file
    table.add(endpoint, String(maxBytes))
    sizes.push(maxBytes)
  }
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Uploads in the format of `parsePathTree`, with the maximum bytes of their file; 0 if no page states it. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
    '/** Bytes of the largest file that a page allows. */',
    `export const largest: number = ${Math.max(UNDOCUMENTED, ...sizes)}`,
    '',
  ].join('\n')
}
