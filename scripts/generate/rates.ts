import type { Endpoint } from './endpoint.ts'
import { quoted } from './names.ts'

/** Writes `rates.ts`: the documented rates (`x-rate`). */
export function writeRates(endpoints: readonly Endpoint[]): string {
  const rows = endpoints.flatMap(({ method, path, operation: { 'x-rate': rate } }) =>
    rate === undefined ? [] : [`  ${quoted(`${method} ${path}`)}: ${rate},`],
  )
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Calls per second that a merchant may make, by endpoint. */',
    'export const rates: Readonly<Record<string, number>> = {',
    ...rows,
    '}',
    '',
  ].join('\n')
}
