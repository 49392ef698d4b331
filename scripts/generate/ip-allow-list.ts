import { METHODS } from '../../src/definitions/trait-table.ts'
import type { Endpoint } from './endpoint.ts'
import { quoted } from './names.ts'
import { PathTable } from './path-table.ts'

/** The only word that the table has, behind the method's mark. */
const LISTED = '1'

/**
 * Writes `ip-allow-list.ts`: the endpoints that WeChat Pay admits from listed IP addresses only (`x-ip-allow-list`). A tree in a
 * text, as that of the amounts.
 */
export function writeIpAllowList(endpoints: readonly Endpoint[]): string {
  const table = new PathTable()
  for (const endpoint of endpoints)
    if (endpoint.operation['x-ip-allow-list']) table.add(endpoint, `${METHODS[endpoint.method]}${LISTED}`)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** The endpoints that WeChat Pay admits from listed IP addresses only, as `path-table.ts` reads them. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
  ].join('\n')
}
