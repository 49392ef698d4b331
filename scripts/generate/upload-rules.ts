import type { UploadRule } from '../../src/flows/media/upload-rule.ts'
import type { Endpoint } from './endpoint.ts'
import { pathName, quoted } from './names.ts'
import type { Document } from './openapi.ts'
import { type UploadedFile, uploadedFileOf } from './uploaded-file.ts'

const NAME = /^file_?name$/
/** Members of `meta` with the algorithm of the digest; one is misspelt in the API. */
const ALGORITHM = /^digest_al\w+m$/

/** Writes `upload-rules.ts`: the paths that accept a file, and what each requires of it. */
export function writeUploadRules(document: Document, endpoints: readonly Endpoint[]): string {
  const rules = endpoints.flatMap(endpoint => {
    const file = uploadedFileOf(document, endpoint)
    return file ? [{ path: quoted(pathName(endpoint)), rule: ruleOf(file) }] : []
  })
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { UploadRule } from '../media/upload-rule.ts'",
    '',
    '/** Path of an endpoint that accepts a file, with its API version. */',
    'export type UploadPath =',
    ...rules.map(({ path }) => `  | ${path}`),
    '',
    '/** Rules of all upload endpoints. */',
    'export const uploadRules: Readonly<Record<UploadPath, UploadRule>> = {',
    ...rules.map(({ path, rule }) => `  ${path}: ${JSON.stringify(rule)},`),
    '}',
    '',
  ].join('\n')
}

function ruleOf({ part, maxBytes, kinds, meta }: UploadedFile): UploadRule {
  const members = Object.entries(meta)
  const maxNameLength = members.find(([name]) => NAME.test(name))?.[1].maxLength
  const [algorithm, { enum: [sm3] = [] } = {}] = members.find(([name]) => ALGORITHM.test(name)) ?? []
  return {
    ...(part !== 'file' && { part }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(kinds && { kinds }),
    ...(maxNameLength !== undefined && { maxNameLength }),
    ...(algorithm && /SM3$/.test(String(sm3)) && { sm3: { [algorithm]: String(sm3) } }),
    ...(meta.file_type && { hasType: true as const }),
  }
}
