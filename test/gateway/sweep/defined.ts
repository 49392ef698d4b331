import { type KeyObject, publicEncrypt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Document, Operation, Schema } from '../../../scripts/generate/openapi.ts'

// Responses as the definitions have them, made by the test's own hand: neither the simulator nor the gateway has a part in them.

const generated = new URL('../../../src/definitions/generated/openapi.json', import.meta.url)
const document = JSON.parse(readFileSync(generated, 'utf8')) as Document

function resolved(schema: Schema): Schema {
  const { $ref } = schema as { $ref?: string }
  if ($ref === undefined) return schema
  const found = $ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document)
  return resolved(found as Schema)
}

function filled(given: Schema, name: string, key: KeyObject): unknown {
  const schema = resolved(given) as Schema & { enum?: unknown[]; items?: Schema; properties?: Record<string, Schema> }
  const [type] = [schema.type].flat()
  if (schema['x-encrypted'] === 'rsa')
    return publicEncrypt({ key, oaepHash: 'sha1' }, Buffer.from(`defined-${name}`)).toString('base64')
  if (schema.enum) return schema.enum[0]
  if (schema.allOf || schema.properties) return filledObject(propertiesOf(schema), key)
  if (type === 'array') return schema.items ? [filled(schema.items, name, key)] : []
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  return type === 'object' ? {} : `defined-${name}`
}

function propertiesOf(given: Schema): Record<string, Schema> {
  const { allOf = [], properties = {} } = resolved(given) as { allOf?: Schema[]; properties?: Record<string, Schema> }
  return Object.assign({}, ...allOf.map(propertiesOf), properties)
}

const filledObject = (properties: Record<string, Schema>, key: KeyObject): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name.replace(/\$\w+|#/g, '0'), filled(schema, name, key)]),
  )

/**
 * Fills every field that the definition of an endpoint's response has, also those that are seldom there.
 *
 * @param endpoint `GET /v3/…`
 * @param key of the merchant, with which personal fields are encrypted
 */
export function definedResponse(endpoint: string, key: KeyObject): Record<string, unknown> {
  const [method = '', path = ''] = endpoint.split(' ')
  const operation = document.paths?.[path.replace(/^\/v2\//, '/')]?.[method.toLowerCase()] as Operation
  const response = operation.responses['200'] as { content: Record<string, { schema: Schema }> }
  const [{ schema }] = Object.values(response.content) as [{ schema: Schema }]
  return filled(schema, '', key) as Record<string, unknown>
}
