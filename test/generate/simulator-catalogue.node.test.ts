import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { outputs } from '../../scripts/generate/outputs.ts'

type Line = string | number | boolean | object

/** The tables of a catalogue, each line parsed as the simulator does it. */
async function read(
  text: string,
): Promise<{ endpoints: string[]; notifications: string[]; fields: Line[][]; shapes: Line[]; hosts: string[] }> {
  const source = text.replaceAll(': string =', ' =')
  const module = await import(/* @vite-ignore */ `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`)
  const lines = (name: string): string[] => module[name].split('\n').filter(Boolean)
  return {
    endpoints: lines('ENDPOINTS'),
    notifications: lines('NOTIFICATIONS'),
    fields: lines('FIELDS').map(line => JSON.parse(line)),
    shapes: lines('SHAPES').map(line => JSON.parse(line)),
    hosts: lines('HOSTS'),
  }
}

const catalogue = (yaml: string, file = 'v3/test.yaml') =>
  read(outputs({ [file]: `info: { title: Test, version: v3 }\n${yaml}` })['catalogue.ts']!)

const ok = "responses: { '204': { description: ok } }"

describe('the simulator’s catalogue', () => {
  it('is small', () => {
    const text = readFileSync(new URL('../../src/simulator/generated/catalogue.ts', import.meta.url), 'utf8')
    expect(Buffer.byteLength(text)).toBeLessThan(785_000)
    expect(gzipSync(text).length).toBeLessThan(169_000)
  })

  it('has each field and each shape once', async () => {
    const parameters =
      'parameters: [{ name: mchid, in: query, required: true, description: 商户号, schema: { type: string } }]'
    const { endpoints, fields, shapes } = await catalogue(
      `paths:\n  /v3/a: { get: { ${parameters}, ${ok} } }\n  /v3/b: { get: { ${parameters}, ${ok} } }`,
    )
    expect(endpoints).toHaveLength(2)
    expect(fields).toEqual([['mchid', '商户号', 0, 1]])
    expect(shapes).toEqual([{ type: 'string' }])
  })

  it('has of a notification what its resource is, and what the definition fixes', async () => {
    const { notifications, fields, shapes } = await catalogue(`
webhooks:
  A.DONE:
    post:
      summary: 甲完成通知
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                event_type: { type: string, enum: [A.DONE] }
                resource:
                  type: object
                  properties:
                    original_type: { type: string, enum: [a, b] }
                    ciphertext:
                      type: string
                      x-encrypted: aes-256-gcm
                      contentMediaType: application/json
                      contentSchema: { type: object, properties: { phone: { type: string, x-encrypted: rsa } } }
      ${ok}`)
    expect(notifications).toEqual(['v3/A.DONE {"title":"甲完成通知","original_type":"a","shape":1}'])
    expect(shapes).toEqual([
      { type: 'string', encrypted: 'rsa' },
      { type: 'object', fields: [0] },
    ])
    expect(fields).toEqual([['phone', 'phone', 0]])
  })

  it('has of an APIv2 notification the message itself', async () => {
    const message = '{ type: object, properties: { sign_type: { type: string, enum: [HMAC-SHA256] } } }'
    const { notifications } = await catalogue(
      `webhooks:\n  a-done: { post: { summary: a, requestBody: { content: { text/xml: { schema: ${message} } } }, ${ok} } }`,
      'v2/test.yaml',
    )
    expect(notifications).toEqual(['v2/a-done {"title":"a","sign_type":"HMAC-SHA256","shape":1}'])
  })

  it('has the prefix of an access point in the path, and its host', async () => {
    const { endpoints, hosts } = await catalogue(
      `servers: [{ url: https://api.mch.weixin.qq.com/hk }]\npaths:\n  /v3/a: { post: { ${ok} } }`,
    )
    expect(hosts).toEqual(['api.mch.weixin.qq.com'])
    expect(endpoints[0]).toMatch(/^POST \/hk\/v3\/a \{/)
  })

  it('makes one object of what an object extends', async () => {
    const { fields, shapes } = await catalogue(`
components:
  schemas:
    Base: { type: object, properties: { a: { type: string, description: 甲 }, b: { type: string } } }
paths:
  /v3/a:
    post:
      requestBody:
        content:
          application/json:
            schema:
              allOf:
                - $ref: "#/components/schemas/Base"
                - { type: object, required: [a, c], properties: { c: { type: integer, format: uint64 } } }
      ${ok}`)
    expect(fields).toEqual([
      ['a', '甲', 0, 1],
      ['b', 'b', 0],
      ['c', 'c', 1, 1],
    ])
    expect(shapes).toContainEqual({ type: 'object', fields: [0, 1, 2] })
    expect(shapes).toContainEqual({ type: 'integer', format: 'uint64' })
  })

  it('names a family by a sign for its number', async () => {
    const { fields } = await catalogue(
      `paths:
  /a:
    post:
      requestBody:
        content:
          text/xml: { schema: { type: object, patternProperties: { '^coupon_id_\\d+_\\d+$': { type: string } } } }
      ${ok}`,
      'v2/test.yaml',
    )
    expect(fields.map(([name]) => name)).toEqual(['coupon_id_#_#'])
  })

  it('keeps what JavaScript would take for its own', async () => {
    const label = `a\`b${'$'}{c}\\d"e`
    const { fields } = await catalogue(
      `paths:\n  /v3/a: { get: { parameters: [{ name: q, in: query, description: '${label}', schema: { type: string } }], ${ok} } }`,
    )
    expect(fields[0]![1]).toBe(label)
  })

  it('ends where a shape holds its own kind', async () => {
    const { shapes } = await catalogue(`
components:
  schemas:
    Tree: { type: object, properties: { children: { type: array, items: { $ref: "#/components/schemas/Tree" } } } }
paths:
  /v3/a: { post: { requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Tree" } } } }, ${ok} } }`)
    expect(shapes).toContainEqual({ type: 'any' })
  })
})
