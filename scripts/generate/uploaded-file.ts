import type { FileKind } from '../../src/flows/media/file-kind.ts'
import { type Endpoint, resolve } from './endpoint.ts'
import type { Document, Schema } from './openapi.ts'
import { DefinitionError } from './source.ts'

/** The file of an upload, as its definition describes it. */
export interface UploadedFile {
  /** Name of the form part. */
  readonly part: string
  readonly maxBytes?: number
  readonly kinds?: readonly FileKind[]
  /** Keywords that only one source states. */
  readonly oneSource: readonly string[]
  /** Members of the part `meta`. */
  readonly meta: Readonly<Record<string, Schema>>
}

/** Returns the file of an endpoint's form; undefined if the endpoint accepts none. */
export function uploadedFileOf(document: Document, { method, path, body }: Endpoint): UploadedFile | undefined {
  if (body?.kind !== 'multipart') return undefined
  const { meta, ...parts } = propertiesOf(document, body.schema)
  const [[part, file] = [], ...others] = Object.entries(parts).filter(([, { format }]) => format === 'binary')
  if (part === undefined || !file || others.length > 0 || method !== 'POST')
    throw new DefinitionError([`${method} ${path}: an upload is a POST with one file (format: binary)`])
  return {
    part,
    ...(file['x-max-bytes'] !== undefined && { maxBytes: file['x-max-bytes'] }),
    ...(file['x-file-kinds'] && { kinds: file['x-file-kinds'] }),
    oneSource: file['x-one-source'] ?? [],
    meta: meta ? propertiesOf(document, meta) : {},
  }
}

const propertiesOf = (document: Document, schema: Schema): Record<string, Schema> =>
  resolve<Schema>(document, schema as Schema & { $ref: string }).properties ?? {}
