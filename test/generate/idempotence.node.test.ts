import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bundle } from '../../scripts/generate/bundle.ts'
import { type Endpoint, endpointsOf } from '../../scripts/generate/endpoint.ts'
import { fieldsOf } from '../../scripts/generate/fields.ts'
import { idempotenceOf } from '../../scripts/generate/idempotence.ts'
import { Problems, readSources } from '../../scripts/generate/source.ts'
import { writeTraits } from '../../scripts/generate/traits.ts'
import { isRepeatable } from '../../src/definitions/repeatable.ts'
import { isIdempotent } from '../../src/gateway/relay/repeatable.ts'

const root = new URL('../../src/definitions/', import.meta.url)
const files = ['v2', 'v3', 'brand'].flatMap(api =>
  readdirSync(new URL(`${api}/`, root)).flatMap(name => (name.endsWith('.yaml') ? [`${api}/${name}`] : [])),
)
const sources = Object.fromEntries(files.map(file => [file, readFileSync(new URL(file, root), 'utf8')]))

function read(definitions: Record<string, string>) {
  const problems = new Problems()
  const document = bundle(readSources(definitions, problems), problems)
  return { document, changing: endpointsOf(document).filter(({ method }) => method !== 'GET') }
}
const { document, changing } = read(sources)
const classOf = (endpoint: Endpoint): string => {
  const idempotence = idempotenceOf(document, endpoint)
  return typeof idempotence === 'string' ? idempotence : `by ${idempotence.by}`
}

/** All calls that are no GET, by the effect of sending them twice: reviewed one by one. */
const REVIEWED = readFileSync(new URL('idempotence.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

describe('what a call that is sent twice does', () => {
  it('is what a reader of all definitions has found', () => {
    const found = changing.map(endpoint => `${classOf(endpoint)}\t${endpoint.method} ${endpoint.path}`).sort()
    expect(found.length).toBeGreaterThan(700)
    expect(found).toEqual(REVIEWED)
  })

  it.each<[string, (path: string) => string]>([
    ['its template', path => path],
    ['its path, filled in', path => path.replace(/\{\w+\}/g, '1900000109-a')],
  ])('is what the gateway goes by, and the client never repeats more, by %s', (_, pathOf) => {
    let repeated = 0
    for (const endpoint of changing) {
      const { api, method, path: template, body } = endpoint
      const path = pathOf(template)
      const message = Object.fromEntries([...fieldsOf(document, body?.schema)].map(([name]) => [name, '1']))
      const isOnce = classOf(endpoint) === 'once'
      expect([template, isIdempotent(method, api === 'v2' ? `/v2${path}` : path, message)]).toEqual([template, !isOnce])
      const byClient = isRepeatable({ method, path, body: message })
      if (byClient) repeated++
      if (isOnce) expect([template, byClient]).toEqual([template, false])
    }
    // Of 440 that may be.
    expect(repeated).toBeGreaterThan(370)
  })

  it('needs the number in the message', () => {
    const path = '/v3/marketing/membercard-open/cards/1/users/import'
    expect(isIdempotent('POST', path, { out_request_no: 'R1' })).toBe(true)
    expect(isIdempotent('POST', path, { code: '1' })).toBe(false)
  })

  it.each([
    ['POST', '/v3/merchant-service/complaints-v2/1/response', { response_content: 'x', out_trade_no: '1' }, false],
    ['POST', '/v3/pay/transactions/native', { out_trade_no: '1' }, true],
    ['POST', '/v3/refund/domestic/refunds', { out_refund_no: '1' }, true],
    ['POST', '/v3/refund/domestic/refunds', { out_trade_no: '1' }, false],
    ['POST', '/v3/pay/transactions/codepay', { out_trade_no: '1' }, false],
    ['POST', '/v3/pay/transactions/out-trade-no/1/close', undefined, true],
    ['POST', '/v3/pay-devices/open-scenario-speakerorder/1/report', { out_trade_no: '1' }, false],
    ['POST', '/v3/refund/domestic/refunds/1/apply-abnormal-refund', { out_refund_no: '1' }, false],
    ['DELETE', '/v3/merchant-service/complaint-notifications', undefined, false],
    ['POST', '/mmpaymkttransfers/sendredpack', { mch_billno: '1' }, true],
    ['POST', '/mmpaymkttransfers/sendredpack', { mch_billno: '' }, false],
    ['POST', '/pay/micropay', { out_trade_no: '1' }, false],
    // No definition has these.
    ['POST', '/v3/new/thing', { out_trade_no: '1' }, false],
    ['POST', '/v3/new/thing', { out_request_no: '1' }, true],
  ] as const)('%s %s with %j: %s', (method, path, body, expected) => {
    expect(isRepeatable({ method, path, body })).toBe(expected)
  })
})

describe('a definition', () => {
  it('that the client would repeat by its name, and must not, is refused', () => {
    const body = 'content: { application/json: { schema: { type: object, properties: { out_refund_no: {} } } } }'
    const definition = (mark: string) =>
      `info: { title: Test, version: v3 }\npaths:\n  /v3/a:\n    post: { ${mark} requestBody: { ${body} }, responses: { '204': { description: ok } } }\n`
    const write = (mark: string) => {
      const { document, changing } = read({ 'v3/test.yaml': definition(mark) })
      return writeTraits(document, changing)
    }
    expect(() => write('x-idempotent-by: none,')).toThrow('the client would send POST /v3/a twice')
    expect(() => write('')).not.toThrow()
  })

  const of = (operation: string, properties: string): unknown => {
    const body = `content: { application/json: { schema: { type: object, properties: { ${properties} } } } }`
    const { document, changing } = read({
      'v3/test.yaml': `info: { title: Test, version: v3 }\npaths:\n  /v3/a:\n    post: { ${operation} requestBody: { ${body} }, responses: { '204': { description: ok } } }\n`,
    })
    return idempotenceOf(document, changing[0]!)
  }

  it('is idempotent by the number of what it makes, not by an order’s that it refers to', () => {
    expect(of('', 'out_trade_no: {}, out_refund_no: {}')).toEqual({ by: 'out_refund_no' })
    expect(of('', 'out_trade_no: {}')).toEqual({ by: 'out_trade_no' })
    expect(of('', 'transaction_id: {}')).toBe('once')
  })

  it('says so itself where its names do not', () => {
    expect(of('x-idempotent-by: none,', 'out_trade_no: {}')).toBe('once')
    expect(of('x-idempotent-by: ticket,', 'ticket: {}')).toEqual({ by: 'ticket' })
    expect(() => of('x-idempotent-by: ticket,', 'out_trade_no: {}')).toThrow('has no "ticket"')
  })
})
