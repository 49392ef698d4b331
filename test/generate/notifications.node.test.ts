import { describe, expect, it } from 'vitest'
import type { Document } from '../../scripts/generate/openapi.ts'
import { outputs } from '../../scripts/generate/outputs.ts'

/** Generates the files of one notification with one encrypted field. */
function written(file: string, event: string, media: string, encrypted: string, message = ''): Record<string, string> {
  return outputs({
    [file]: `info: { title: 产品, version: v3 }
webhooks:
  ${event}:
    post:
      summary: 标题
      externalDocs: { url: https://x.y }
      requestBody:
        required: true
        content:
          ${media}:
            schema:
              type: object
              required: [encrypted]
              properties: { ${message} encrypted: { type: string, ${encrypted} } }
      responses: { "200": { description: 成功 } }
components: { schemas: { Shape: { type: object, properties: { state: { type: string, enum: [A] } } } } }
`,
  })
}
const GCM = 'x-encrypted: aes-256-gcm, contentMediaType: application/json, contentSchema:'
const INLINE = '{ type: object, properties: { state: { type: string, enum: [A] }, fee: { type: integer } } }'
const v3 = (schema = INLINE, message = ''): Record<string, string> =>
  written('v3/refund.yaml', 'REFUND.SUCCESS', 'application/json', `${GCM} ${schema}`, message)

/** The declarations of types.ts, by name. */
function declarations(text: string): Record<string, string> {
  const found = text.matchAll(/^export (?:interface (\w+)[\s\S]*?^\}|type (\w+) = .*)/gm)
  return Object.fromEntries([...found].map(([whole, shape, alias]) => [shape ?? alias, whole]))
}

describe('a notification of APIv3', () => {
  const types = declarations(v3()['types.ts']!)

  it('is its message, in which the resource is still encrypted', () => {
    expect(types.V3RefundSuccessNotification).toBe(
      'export interface V3RefundSuccessNotification {\n  encrypted: string\n}',
    )
  })

  it('and its resource, typed as an answer', () => {
    expect(types.V3RefundSuccessResource).toBe(
      "export interface V3RefundSuccessResource {\n  state?: Open<'A'>\n  fee?: number\n}",
    )
  })

  it('is found by its event', () => {
    expect(types.V3Notifications).toBe(
      "export interface V3Notifications {\n  /** [标题](https://x.y) */\n  'REFUND.SUCCESS': V3RefundSuccessResource\n}",
    )
    expect(types.V2Notifications).toBe('export interface V2Notifications {\n}')
  })

  it('whose resource is a shared shape, has that for its resource', () => {
    const { V3RefundSuccessResource } = declarations(v3("{ $ref: '#/components/schemas/Shape' }")['types.ts']!)
    expect(V3RefundSuccessResource).toBe('export type V3RefundSuccessResource = V3RefundShape')
  })

  it('is told from others by the name of its event', () => {
    const message = 'event_type: { type: string, enum: [REFUND.SUCCESS] }, summary: { type: string, enum: [A] },'
    const { V3RefundSuccessNotification } = declarations(v3(INLINE, message)['types.ts']!)
    expect(V3RefundSuccessNotification).toContain("event_type?: 'REFUND.SUCCESS'\n  summary?: Open<'A'>\n")
  })
})

describe('a notification of APIv2', () => {
  it('is XML, of which a part may be encrypted XML', () => {
    const encrypted = `x-encrypted: aes-256-ecb, contentMediaType: text/xml, contentSchema: ${INLINE}`
    const types = declarations(written('v2/refund.yaml', 'refund-processed', 'text/xml', encrypted)['types.ts']!)
    expect(types.V2RefundProcessedNotification).toContain('  encrypted: string\n')
    expect(types.V2RefundProcessedResource).toContain("  state?: Open<'A'>\n  fee?: string\n")
    expect(types.V2Notifications).toContain("  'refund-processed': V2RefundProcessedResource\n")
  })

  it('without a encrypted part is its message', () => {
    const types = declarations(written('v2/pay.yaml', 'paid', 'text/xml', 'description: 名')['types.ts']!)
    expect(types.V2Notifications).toContain("  'paid': V2PaidNotification\n")
    expect(types).not.toHaveProperty('V2PaidResource')
  })

  it('of a product that has events is named with the product', () => {
    const types = declarations(
      written('v2/rent.yaml', 'TRANSACTION.SUCCESS', 'application/json', `${GCM} ${INLINE}`)['types.ts']!,
    )
    expect(types.V2RentTransactionSuccessResource).toContain('  fee?: number\n')
    expect(types.V2Notifications).toContain("  'TRANSACTION.SUCCESS': V2RentTransactionSuccessResource\n")
  })
})

describe('openapi.json', () => {
  const document = (of: Record<string, string>): Document => JSON.parse(of['openapi.json']!)

  it('has the notification with what it encrypts', () => {
    expect(document(v3()).webhooks).toEqual({
      'REFUND.SUCCESS': {
        post: {
          operationId: 'v3RefundSuccessNotification',
          tags: ['产品'],
          summary: '标题',
          externalDocs: { url: 'https://x.y' },
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['encrypted'],
                  properties: {
                    encrypted: {
                      type: 'string',
                      'x-encrypted': 'aes-256-gcm',
                      contentMediaType: 'application/json',
                      contentSchema: {
                        type: 'object',
                        properties: { state: { type: 'string', enum: ['A'] }, fee: { type: 'integer' } },
                      },
                    },
                  },
                },
              },
            },
          },
          responses: { '200': { description: '成功' } },
          security: [],
          'x-api': 'v3',
        },
      },
    })
    expect(document(v3()).tags).toEqual([{ name: '产品' }])
  })

  it('keeps the APIs’ events apart', () => {
    const of = written('v2/rent.yaml', 'TRANSACTION.SUCCESS', 'application/json', `${GCM} ${INLINE}`)
    expect(Object.keys(document(of).webhooks!)).toEqual(['v2/TRANSACTION.SUCCESS'])
  })
})
