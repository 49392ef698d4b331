import { describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { QUERY_OF_V2_POST, refuseBodyOfGet } from '../../../src/gateway/relay/method.ts'
import { endpoints } from '../../catalogue/catalogue.ts'
import { CALLER, createTestGateway, type TestGateway } from '../test-gateway.ts'

/** A gateway whose client records what it sends, and has no answer. */
async function recorded(maxAmount?: number): Promise<{ one: TestGateway; sent: string[] }> {
  const caller = { ...CALLER, ...(maxAmount !== undefined && { maxAmount }) }
  const one = await createTestGateway()
  const sent: string[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method, url } = new Request(input, init)
    sent.push(`${method} ${new URL(url).pathname}`)
    return new Response('<html>502</html>', { status: 502 })
  }
  const { merchant } = one.simulator
  const client = new Wechatpay({ ...merchant, fetch, mtlsFetch: fetch, retry: { delay: () => 0 } })
  const merchants = { [merchant.mchid]: client }
  return { one: await one.restart({ merchants, callers: [caller], authenticate: async () => caller }), sent }
}

describe('a GET of APIv2', () => {
  test.each([
    ['a red packet', '/v2/mmpaymkttransfers/sendredpack?mch_billno=1&total_amount=100000&re_openid=o1'],
    ['a refund', '/v2/secapi/pay/refund?out_trade_no=1&out_refund_no=2&total_fee=100000&refund_fee=100000'],
    ['a call that nobody has defined', '/v2/nobody/knows?total_fee=1'],
  ])('cannot make %s, with a cap or without', async (_, path) => {
    for (const maxAmount of [undefined, 1]) {
      const { one, sent } = await recorded(maxAmount)
      for (const method of ['GET', 'HEAD']) {
        const response = await one.call(path, { method, headers: { 'idempotency-key': 'k' } })
        expect([response.status, response.headers.get('allow'), response.headers.get('wechatpay-edge-error')]).toEqual([
          405,
          'POST',
          'METHOD_NOT_ALLOWED',
        ])
      }
      expect(sent).toEqual([])
    }
  })

  test('that has a definition is sent', async () => {
    for (const maxAmount of [undefined, 1]) {
      const { one, sent } = await recorded(maxAmount)
      const response = await one.call('/v2/papay/h5entrustweb?appid=wx1&plan_id=1')
      expect(response.status).not.toBe(405)
      expect(new Set(sent)).toEqual(new Set(['GET /papay/h5entrustweb']))
    }
  })
})

describe('a GET of APIv3 that nobody has defined', () => {
  test('is sent for a caller without a cap, and refused to one with a cap', async () => {
    const free = await recorded()
    await free.one.call('/v3/nobody/knows')
    expect(new Set(free.sent)).toEqual(new Set(['GET /v3/nobody/knows']))
    const capped = await recorded(1)
    const response = await capped.one.call('/v3/nobody/knows')
    expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: 'AMOUNT_UNKNOWN' })])
    expect(capped.sent).toEqual([])
  })
})

describe('a HEAD', () => {
  test.each([
    ['/v3/certificates', 'GET'],
    ['/v3/pay/transactions/out-trade-no/T1?mchid=1', 'GET'],
    ['/v3/pay/transactions/native', 'POST'],
    ['/v3/nobody/knows', 'GET, POST, PUT, PATCH, DELETE'],
    ['/v2/papay/h5entrustweb?appid=wx1&plan_id=1', 'GET'],
  ])('of %s is refused, and stands in no audit trail', async (path, allow) => {
    const { one, sent } = await recorded()
    const response = await one.call(path, { method: 'HEAD' })
    expect([response.status, response.headers.get('allow'), response.headers.get('wechatpay-edge-error')]).toEqual([
      405,
      allow,
      'METHOD_NOT_ALLOWED',
    ])
    expect(sent).toEqual([])
    expect(await one.ledger.calls('shop', { limit: 10 })).toEqual([])
  })
})

describe('a POST of APIv2', () => {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"total_fee":"1"}' }

  test.each(['/v2/pay/unifiedorder?total_fee=99999', '/v2/secapi/pay/refund?refund_fee=1&', '/v2/nobody/knows?a'])(
    'carries no query, which nothing signs: %s',
    async path => {
      const { one, sent } = await recorded()
      const response = await one.call(path, init)
      expect([response.status, response.headers.get('wechatpay-edge-error')]).toEqual([400, 'QUERY_INVALID'])
      expect(sent).toEqual([])
    },
  )

  test('has the fields in its query that its definition puts there', async () => {
    const posts = endpoints.filter(({ api, method }) => api === 'v2' && method === 'POST')
    expect(new Set(posts.flatMap(({ query }) => query.map(({ name }) => name)))).toEqual(new Set(QUERY_OF_V2_POST))
    const { one, sent } = await recorded()
    await one.call('/v2/secapi/mch/submchmanage?action=add', init)
    expect(sent).not.toEqual([])
  })

  test('is sent without one, and a POST of APIv3, whose signature covers the query, with one', async () => {
    const { one, sent } = await recorded()
    await one.call('/v2/pay/unifiedorder', init)
    await one.call('/v3/nobody/knows?a=1', init)
    expect(new Set(sent)).toEqual(new Set(['POST /pay/unifiedorder', 'POST /v3/nobody/knows']))
  })
})

test('the check for a GET with a body does not ask for the body of another method, for which a server would create a stream', () => {
  const asked: string[] = []
  const requestOf = (method: string) => ({
    method,
    headers: new Headers(),
    get body() {
      asked.push(method)
      return null
    },
  })
  for (const method of ['GET', 'POST']) refuseBodyOfGet(requestOf(method))
  expect(asked).toEqual(['GET'])
})
