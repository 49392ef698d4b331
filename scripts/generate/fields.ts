import { resolve } from './endpoint.ts'
import type { Document, Schema } from './openapi.ts'

/**
 * Lists all fields of a shape with their dotted paths: `payer.identity.number`. Lists and JSON strings add no segment
 * to the path.
 */
export function* fieldsOf(document: Document, schema: Schema | undefined): Generator<[path: string, field: Schema]> {
  yield* walk(document, schema, '', [])
}

function* walk(
  document: Document,
  schema: Schema | undefined,
  path: string,
  around: readonly Schema[],
): Generator<[string, Schema]> {
  if (!schema) return
  const target = resolve<Schema>(document, schema as Schema & { $ref: string })
  if (around.includes(target)) return
  const within = [...around, target]
  for (const part of [...(target.allOf ?? []), ...(target.anyOf ?? []), ...(target.oneOf ?? [])]) {
    yield* walk(document, part, path, within)
  }
  yield* walk(document, target.items, path, within)
  yield* walk(document, target.contentSchema, path, within)
  for (const [name, field] of Object.entries(target.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`
    yield [at, resolve<Schema>(document, field as Schema & { $ref: string })]
    yield* walk(document, field, at, within)
  }
}
