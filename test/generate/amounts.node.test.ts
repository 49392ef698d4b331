import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { amountFieldsOf, writeAmounts } from '../../scripts/generate/amounts.ts'
import { bundle } from '../../scripts/generate/bundle.ts'
import { endpointsOf } from '../../scripts/generate/endpoint.ts'
import { Problems, readSources } from '../../scripts/generate/source.ts'
import { readAmounts } from '../../src/gateway/caps/amounts.ts'

function documentOf(definitions: Record<string, string>) {
  const problems = new Problems()
  const document = bundle(readSources(definitions, problems), problems)
  return { document, endpoints: endpointsOf(document) }
}

/** The table as the gateway reads it. */
function read(text: string) {
  const [, table = ''] = /const table: string =\s+'(.*)'\n/.exec(text)!
  const [, sets = ''] = /const fields: .* = \[\n([\s\S]*?)\]/.exec(text)!
  return readAmounts(
    table,
    Array.from(sets.matchAll(/'(.*)',/g), ([, set]) => set!),
  )
}

const OK = "responses: { '204': { description: ok } }"
const body = (fields: string, type = 'application/json') =>
  `requestBody: { content: { ${type}: { schema: { type: object, properties: { ${fields} } } } } }`
const fieldsOf = (fields: string, { summary = 'Test', api = 'v3' } = {}) => {
  const type = api === 'v3' ? 'application/json' : 'text/xml'
  const path = api === 'v3' ? '/v3/a' : '/a'
  const operation = `{ summary: ${summary}, ${fields && `${body(fields, type)}, `}${OK} }`
  const yaml = `info: { title: Test, version: v3 }\npaths:\n  ${path}:\n    post: ${operation}\n`
  const { document, endpoints } = documentOf({ [`${api}/test.yaml`]: yaml })
  return read(writeAmounts(document, endpoints))('POST', `/${api}/a`)
}
const field = (name: string, description: string, type = 'integer') =>
  `${name}: { type: ${type}, description: ${description} }`

describe('the amounts of an endpoint', () => {
  it('are the numbers that are called money, by either name', () => {
    expect(fieldsOf(field('total', '订单金额'))).toEqual(['total'])
    expect(fieldsOf(field('sum', '总价'))).toEqual(['sum'])
    expect(fieldsOf(field('park_fee', '延时'))).toEqual(['park_fee'])
    expect(fieldsOf(field('count', '数量'))).toEqual([])
    expect(fieldsOf(field('fee_type', '币种', 'string'))).toEqual([])
  })

  it('lie in objects, lists, and JSON inside strings', () => {
    const list = `type: array, items: { type: object, properties: { ${field('amount', '分账金额')} } }`
    expect(fieldsOf(`a: { ${list} }`)).toEqual(['a.amount'])
    expect(fieldsOf(`a: { type: string, contentMediaType: application/json, contentSchema: { ${list} } }`)).toEqual([
      'a.amount',
    ])
  })

  it('are not what goods cost, what an offer requires, or the order that a refund is of', () => {
    expect(fieldsOf([field('unit_price', '商品单价'), field('minimum', '门槛金额')].join())).toEqual([])
    expect(fieldsOf([field('refund', '退款金额'), field('total', '原订单金额')].join())).toEqual(['refund'])
    expect(fieldsOf([field('refund_fee', '退款金额'), field('total_fee', '订单金额')].join())).toEqual(['refund_fee'])
  })

  it('are unknown where APIv3 has money as text, or the call takes what an order has', () => {
    expect(fieldsOf(field('deduct_amount', '还款金额', 'string'))).toEqual(['?'])
    expect(fieldsOf(field('deduct_amount', '还款金额', 'string'), { api: 'v2' })).toEqual(['deduct_amount'])
    expect(fieldsOf('', { summary: '撤销订单' })).toEqual(['?'])
    expect(fieldsOf('', { summary: '撤销转账' })).toEqual([])
  })
})

describe('the table of amounts', () => {
  const root = new URL('../../src/definitions/', import.meta.url)
  const files = ['v2', 'v3', 'brand'].flatMap(api => readdirSync(new URL(api, root)).map(name => `${api}/${name}`))
  const { document, endpoints } = documentOf(
    Object.fromEntries(files.map(file => [file, readFileSync(new URL(file, root), 'utf8')])),
  )
  const text = writeAmounts(document, endpoints)

  it('is small', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(23_000)
    expect(gzipSync(text).length).toBeLessThan(6_500)
  })

  it('tells of every endpoint what its definition says, its path filled in', () => {
    const find = read(text)
    let told = 0
    for (const endpoint of endpoints) {
      const { api, method, path } = endpoint
      if (method === 'GET') continue
      const filled = (api === 'v2' ? '/v2' : '') + path.replace(/\{\w+\}/g, 'Q1')
      const expected = amountFieldsOf(document, endpoint)
      expect(find(method, filled), `${method} ${path}`).toEqual(expected)
      if (expected.length > 0) told++
    }
    expect(told).toBeGreaterThan(250)
  })

  it('has no order, refund, transfer, or sharing of profit without amount', () => {
    const none = endpoints
      .filter(endpoint => endpoint.method !== 'GET' && amountFieldsOf(document, endpoint).length === 0)
      .map(({ path, operation }) => `${operation.summary} ${path}`)
    const moving =
      /^(?!查询|撤销|关闭|取消)(?:.*下单|申请退款|.*发起转账|.*(?:请求|发起)分账|付款码支付|.*受理扣款|发放.*红包)\S* /
    // Orders by name: of a travel coupon, and of an identity check.
    expect(none.filter(title => moving.test(title))).toEqual([
      '出行券切卡组件预下单 /v3/industry-coupon/tokens',
      '微工卡核身预下单 /v3/payroll-card/authentications/pre-order',
      '微工卡核身预下单（流程中完成授权） /v3/payroll-card/authentications/pre-order-with-auth',
    ])
  })
})
