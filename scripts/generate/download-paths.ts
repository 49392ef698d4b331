import type { Endpoint } from './endpoint.ts'
import { pathName, quoted } from './names.ts'

/** Writes `download-paths.ts`: the paths whose GET responds with a file. */
export function writeDownloadPaths(endpoints: readonly Endpoint[]): string {
  const downloads = endpoints.filter(({ method, response }) => method === 'GET' && response.kind === 'file')
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Path of an endpoint that responds with a file, with its API version. */',
    'export type DownloadPath =',
    ...(downloads.length === 0 ? ['  never'] : downloads.map(endpoint => `  | ${quoted(pathName(endpoint))}`)),
    '',
  ].join('\n')
}
