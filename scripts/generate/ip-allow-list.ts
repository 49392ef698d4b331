import { METHODS } from '../../src/definitions/trait-table.ts'
import type { Endpoint } from './endpoint.ts'
import { quoted } from './names.ts'
import { PathTable } from './path-table.ts'

/** The only word of the table, following the mark of the method. */
const LISTED = '1'

/**
 * Writes `ip-allow-list.ts`: the endpoints that WeChat Pay admits only from listed IP addresses (`x-ip-allow-list`). A
 * tree like that of the amounts.
 */
export function writeIpAllowList(endpoints: readonly Endpoint[]): string {
  const table = new PathTable()
  for (const endpoint of endpoints)
    if (endpoint.operation['x-ip-allow-list']) table.add(endpoint, `${METHODS[endpoint.method]}${LISTED}`)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Endpoints that WeChat Pay admits only from listed IP addresses, in the format of `path-table.ts`. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
  ].join('\n')
}
