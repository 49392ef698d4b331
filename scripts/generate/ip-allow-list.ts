import type { Endpoint } from './endpoint.ts'
import { quoted } from './names.ts'
import { PathTreeWriter } from './path-tree.ts'

/** The only word of the table. */
const LISTED = '1'

/**
 * Writes `ip-allow-list.ts`: the endpoints that WeChat Pay admits only from listed IP addresses (`x-ip-allow-list`). A
 * tree like that of the amounts.
 */
export function writeIpAllowList(endpoints: readonly Endpoint[]): string {
  const table = new PathTreeWriter()
  for (const endpoint of endpoints) if (endpoint.operation['x-ip-allow-list']) table.add(endpoint, LISTED)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Endpoints that WeChat Pay admits only from listed IP addresses, in the format of `parsePathTree`. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
  ].join('\n')
}
