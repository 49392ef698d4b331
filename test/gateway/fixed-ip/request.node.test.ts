import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestGateway, json } from '../test-gateway.ts'

// The address of the gateway with the fixed IP may belong to a proxy, or to nothing: HTTP by node:http.

const TRANSFERS = '/v3/fund-app/mch-transfer/transfer-bills'
const AS_GATEWAY = { 'content-type': 'application/json', 'wechatpay-edge-request-id': '1' }
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface Arrival {
  readonly incoming: IncomingMessage
  readonly body: string
}

async function listen(respond: RequestListener): Promise<{ url: string; arrivals: Arrival[] }> {
  const arrivals: Arrival[] = []
  const server = createServer(async (incoming, outgoing) => {
    arrivals.push({ incoming, body: await text(incoming) })
    respond(incoming, outgoing)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrivals }
}

async function transfer(
  url: string,
  headers: Record<string, string> = {},
  paths?: readonly string[],
  path = TRANSFERS,
) {
  const one = await createTestGateway({ fixedIp: { url, token: 'wxe_hop', ...(paths && { paths }) } })
  const response = await one.call(path, json({ out_bill_no: 'B100001', transfer_amount: 1 }, headers))
  const body = JSON.parse(await response.text())
  const calls = (await one.ledger.calls('shop', { limit: 1 })) as readonly { inDoubt?: unknown; in_doubt?: unknown }[]
  const { watched } = await one.ledger.depths(one.simulator.merchant.mchid)
  return { status: response.status, body, calls, watched, sent: one.simulator.journal }
}

describe('the request to the gateway with the fixed IP', () => {
  it('has its token, the merchant, an idempotency key, and the message unsigned', async () => {
    const { url, arrivals } = await listen((_, outgoing) =>
      outgoing.writeHead(200, AS_GATEWAY).end('{"state":"ACCEPTED"}'),
    )
    const { status, body, sent } = await transfer(url, { 'wechatpay-edge-forwarded-for': 'x' })
    expect([status, body, sent]).toEqual([200, { state: 'ACCEPTED' }, []])
    expect(arrivals).toHaveLength(1)
    const { incoming, body: message } = arrivals[0]!
    expect(incoming.headers).toMatchObject({
      authorization: 'Bearer wxe_hop',
      'wechatpay-edge-mchid': '1900000109',
      'wechatpay-edge-forwarded': '1',
      'idempotency-key': expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect(JSON.parse(message)).toEqual({ out_bill_no: 'B100001', transfer_amount: 1 })
  })

  it('is made for other calls that the configuration names', async () => {
    const { url, arrivals } = await listen((_, outgoing) => outgoing.writeHead(200, AS_GATEWAY).end('{}'))
    await transfer(url, {}, ['POST /v3/merchant/fund/withdraw'], '/v3/merchant/fund/withdraw')
    await transfer(url, {}, [], '/v3/merchant/fund/withdraw')
    expect(arrivals.map(({ incoming }) => incoming.url)).toEqual(['/v3/merchant/fund/withdraw'])
  })
})

describe('an answer that is not a gateway’s leaves a doubt', () => {
  it.each<[string, number, Record<string, string>, string]>([
    ['a page of a proxy', 502, { 'content-type': 'text/html' }, '<html>Bad Gateway</html>'],
    [
      'JSON of a proxy that looks like a refusal',
      403,
      { 'content-type': 'application/json' },
      '{"code":"FORBIDDEN","message":"no"}',
    ],
    ['JSON of a proxy that looks like success', 200, { 'content-type': 'application/json' }, '{"state":"SUCCESS"}'],
    ['a redirect', 307, { location: 'http://127.0.0.1:1/' }, ''],
  ])('%s', async (_, code, headers, said) => {
    const { url, arrivals } = await listen((_, outgoing) => outgoing.writeHead(code, headers).end(said))
    const { status, body, calls } = await transfer(url)
    expect([status, body]).toMatchObject([502, { code: 'NETWORK_ERROR', mayHaveTakenEffect: true }])
    expect(body.detail).not.toContain('wxe_hop')
    expect(JSON.stringify(calls)).toMatch(/"in_?doubt":(?:true|1)/i)
    expect(arrivals).toHaveLength(1)
  })

  it('no answer', async () => {
    const { url } = await listen((_, outgoing) => outgoing.destroy())
    expect(await transfer(url)).toMatchObject({
      status: 502,
      body: { code: 'NETWORK_ERROR', mayHaveTakenEffect: true },
    })
  })
})

describe('a redirect', () => {
  it('is not followed, so that nobody else is told the token or the payout', async () => {
    const stranger = await listen((_, outgoing) => outgoing.writeHead(200, AS_GATEWAY).end('{}'))
    const { url } = await listen((_, outgoing) =>
      outgoing.writeHead(307, { ...AS_GATEWAY, location: `${stranger.url}${TRANSFERS}` }).end(),
    )
    const { status, body } = await transfer(url)
    expect([status, body]).toMatchObject([502, { mayHaveTakenEffect: true }])
    expect(stranger.arrivals).toEqual([])
  })
})

describe('a refusal of the gateway with the fixed IP', () => {
  const refuse = (status: number, code: string, more: object = {}) =>
    listen((_, outgoing) =>
      outgoing
        .writeHead(status, { ...AS_GATEWAY, 'wechatpay-edge-error': code, 'retry-after': '7' })
        .end(JSON.stringify({ code, detail: 'Why.', ...more })),
    )

  it.each([
    [403, 'AMOUNT_OVER_CAP'],
    [409, 'IDEMPOTENCY_KEY_REUSED'],
    [429, 'RATE_LIMITED'],
    [400, 'BODY_INVALID'],
  ])('%i %s is the caller’s to fix', async (status, code) => {
    expect(await transfer((await refuse(status, code)).url)).toMatchObject({
      status,
      body: { code, detail: expect.stringContaining('Why.'), mayHaveTakenEffect: false },
    })
  })

  it.each([
    [401, 'UNAUTHENTICATED'],
    [403, 'FORBIDDEN'],
    [404, 'MERCHANT_UNKNOWN'],
    [508, 'FIXED_IP_LOOP'],
    [500, 'OPTION_MISSING'],
  ])('%i %s is whoever’s who runs the two', async (status, code) => {
    const { url } = await refuse(status, code, { mayHaveTakenEffect: false })
    expect(await transfer(url)).toMatchObject({
      status: 502,
      body: { code: 'FIXED_IP_GATEWAY_REFUSED', detail: expect.stringContaining(code), mayHaveTakenEffect: false },
      watched: {},
    })
  })

  it.each([
    [401, 'UNAUTHENTICATED', /Set GATEWAY_FIXED_IP_TOKEN here/],
    [403, 'FORBIDDEN', /Add the call to the "allow"/],
    [404, 'MERCHANT_UNKNOWN', /Configure the merchant and its keys there/],
  ])('%i %s says what to change, and nothing of what is right', async (status, code, advice) => {
    const { detail } = (await transfer((await refuse(status, code, { mayHaveTakenEffect: false })).url)).body
    expect(detail).toMatch(advice)
    expect(detail.includes('GATEWAY_FIXED_IP_TOKEN')).toBe(code === 'UNAUTHENTICATED')
  })

  it.each([
    [500, 'INTERNAL_ERROR', {}],
    [503, 'BUSY', {}],
    [409, 'CALL_IN_DOUBT', { mayHaveTakenEffect: true }],
    [504, 'TIMEOUT', { mayHaveTakenEffect: true }],
  ])(
    '%i %s, which does not deny it, leaves a doubt under its own code, and the payout watched',
    async (status, code, more) => {
      const { url } = await refuse(status, code, more)
      const { calls, ...answer } = await transfer(url)
      expect(answer).toMatchObject({
        status,
        body: { code, mayHaveTakenEffect: true },
        watched: { 'v3-transfer': 1 },
      })
      expect(JSON.stringify(calls)).toMatch(/"in_?doubt":(?:true|1)/i)
    },
  )

  it('by a server that is full is none of the call, and says when to come back', async () => {
    const { url } = await listen((_, outgoing) =>
      outgoing
        .writeHead(503, {
          'content-type': 'application/problem+json',
          'wechatpay-edge-error': 'BUSY',
          'retry-after': '5',
        })
        .end('{"code":"BUSY","mayHaveTakenEffect":false}'),
    )
    expect(await transfer(url)).toMatchObject({
      status: 503,
      body: { code: 'BUSY', mayHaveTakenEffect: false },
      watched: {},
    })
  })

  it('that is no JSON leaves a doubt', async () => {
    const { url } = await listen((_, outgoing) =>
      outgoing.writeHead(502, { ...AS_GATEWAY, 'wechatpay-edge-error': 'TIMEOUT' }).end('<html>'),
    )
    expect(await transfer(url)).toMatchObject({ body: { mayHaveTakenEffect: true }, watched: { 'v3-transfer': 1 } })
  })
})
