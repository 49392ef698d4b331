import { readFileSync } from 'node:fs'
import { dereference, validate } from '@readme/openapi-parser'
import { expect, it } from 'vitest'

/** The whole description, as the build writes it and as it is exported. */
const read = () => JSON.parse(readFileSync(new URL('../../dist/openapi.json', import.meta.url), 'utf8'))

it('is OpenAPI 3.1 to somebody else’s parser', async () => {
  expect(await validate(read())).toMatchObject({ valid: true, warnings: [], specification: 'OpenAPI' })
})

it('resolves: every endpoint, and every notification down to what it encrypts', async () => {
  const { paths, webhooks } = (await dereference(read())) as { paths: Items; webhooks: Items }
  expect(Object.values(paths).flatMap(item => Object.keys(item))).toHaveLength(1213)
  expect(Object.keys(webhooks)).toHaveLength(119)
  const message = webhooks['REFUND.SUCCESS']!.post!.requestBody!.content['application/json']!.schema
  const resource = propertiesOf(propertiesOf(message).resource!)
  expect(Object.keys(propertiesOf(resource.ciphertext!.contentSchema!))).toContain('refund_status')
  expect(JSON.stringify(paths)).not.toContain('$ref')
})

type Items = Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Shape }> } }>>
interface Shape {
  properties?: Record<string, Shape>
  allOf?: Shape[]
  contentSchema?: Shape
}

const propertiesOf = ({ properties, allOf = [] }: Shape): Record<string, Shape> =>
  Object.assign({}, ...allOf.map(propertiesOf), properties)
