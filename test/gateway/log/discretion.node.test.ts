import { describe, expect, test } from 'vitest'
import { createLog } from '../../../src/gateway/log/log.ts'
import { createTestGateway, json, nativeOrder, payOrder, type TestGateway } from '../test-gateway.ts'

/** Stands for what is somebody's own. */
const CANARY = 'CANARYoUpF8uMuAJO'

/** A gateway that logs all it can, whose calls are answered so. */
async function answering(answer: (request: Request) => Response | Promise<Response>): Promise<[TestGateway, string[]]> {
  const lines: string[] = []
  const log = createLog({ level: 'debug', write: line => lines.push(line) })
  const fetch: typeof globalThis.fetch = async (input, init) => answer(new Request(input, init))
  return [await createTestGateway({ log }, { fetch, mtlsFetch: fetch }), lines]
}

const REFUSAL = JSON.stringify({ code: 'PARAM_ERROR', message: `无效的openid ${CANARY}`, detail: { value: CANARY } })
const v2Refusal = `<xml><return_code>SUCCESS</return_code><result_code>FAIL</result_code><err_code>NAME_MISMATCH</err_code><err_code_des>${CANARY}</err_code_des></xml>`

describe('the words of WeChat Pay, which may name a person, are for the caller and not for the log:', () => {
  test.each<[string, string, (request: Request) => Response, RegExp]>([
    ['a refusal', '/v3/pay/transactions/native', () => new Response(REFUSAL, { status: 400 }), /PARAM_ERROR/],
    ['one of APIv2', '/v2/pay/unifiedorder', () => new Response(v2Refusal), /NAME_MISMATCH|SIGNATURE/],
    ['an unsigned answer', '/v3/pay/transactions/native', () => new Response(REFUSAL), /SIGNATURE_MISSING/],
    ['no JSON', '/v3/pay/transactions/native', () => new Response(CANARY, { status: 500 }), /HTTP_500|UPSTREAM/],
    ['an answer cut short', '/v2/pay/unifiedorder', () => new Response(`<xml><a>${CANARY}`), /NOT_XML/],
    [
      'no answer',
      '/v3/pay/transactions/native',
      ({ url }) => {
        throw new TypeError(`error sending request for url (${url}?openid=${CANARY})`)
      },
      /NETWORK_ERROR/,
    ],
  ])('%s', async (_, path, answer, code) => {
    const [gateway, lines] = await answering(answer)
    const response = await gateway.call(path, json({ ...nativeOrder(gateway, '1'), attach: CANARY }))
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(lines.join('\n')).toMatch(code)
    expect(lines.join('\n')).not.toContain(CANARY)
  })

  test('a query of the sweep’s that is refused', async () => {
    const [gateway, lines] = await answering(({ method }) =>
      method === 'POST' ? new Response(null, { status: 204 }) : new Response(REFUSAL, { status: 400 }),
    )
    await gateway.call('/v3/pay/transactions/native', json(nativeOrder(gateway, '20260101001')))
    gateway.clock.now += 3_600_000
    await gateway.gateway.sweep()
    const [line = '{}'] = lines.filter(line => line.includes('"query failed"'))
    expect(JSON.parse(line)).toMatchObject({ kind: 'v3-order', reason: 'ServiceError PARAM_ERROR (HTTP 400)' })
    expect(lines.join('\n')).not.toContain(CANARY)
  })
})

describe('what a caller or anybody else sends is not in the log:', () => {
  test.each([
    ['POST', `/v3/pay/transactions/${CANARY}`, '{'],
    ['POST', '/v3/pay/transactions/native', `{"openid":"${CANARY}`],
    ['POST', '/v3/pay/transactions/native', `${CANARY}`],
    ['GET', `/v3/marketing/favor/users/${CANARY}/coupons?openid=${CANARY}`, undefined],
    ['GET', `/v3/marketing/favor/users/%2e%2e/${CANARY}`, undefined],
    ['POST', `/checkout/${CANARY}`, '{}'],
    ['POST', '/checkout/jsapi', `{"payer":{"openid":"${CANARY}"},"${CANARY}":1}`],
    ['POST', `/notify/${CANARY}`, CANARY],
    ['POST', `/notify/1900000109/${CANARY}`, `<xml><openid>${CANARY}</openid></xml>`],
    ['GET', `/admin/merchants/${CANARY}/events?subject=${CANARY}`, undefined],
    ['PUT', `/${CANARY}?${CANARY}=${CANARY}`, CANARY],
  ])('%s %s %s', async (method, path, body) => {
    const [gateway, lines] = await answering(() => new Response(null, { status: 204 }))
    const type = body?.startsWith('<') ? 'text/xml' : 'application/json'
    await gateway.call(path, { method, headers: { 'content-type': type }, ...(body !== undefined && { body }) })
    expect(lines.join('\n')).not.toContain(CANARY)
  })

  test('an error that nobody foresaw tells its class, its codes and where it was thrown', async () => {
    const lines: string[] = []
    const log = createLog({ level: 'debug', write: line => lines.push(line) })
    const error = new RangeError(`${CANARY}\n    at ${CANARY} (file.ts:1:1)`, {
      cause: Object.assign(new Error(CANARY), { code: 'ERR_SQLITE_ERROR' }),
    })
    const { call } = await createTestGateway({ log, authenticate: () => Promise.reject(error) })
    expect((await call('/v3/certificates')).status).toBe(500)
    const [line = ''] = lines
    expect(line).not.toContain(CANARY)
    expect(JSON.parse(line).reason).toMatch(
      /^RangeError ← Error ERR_SQLITE_ERROR at .*discretion\.node\.test\.ts:\d+:\d+/,
    )
  })
})

test('of a payment, from the order to its delivery, the log has numbers, and neither payer nor description', async () => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', write: line => lines.push(line) })
  const gateway = await createTestGateway({ log })
  await gateway.call(
    '/v3/pay/transactions/jsapi',
    json(nativeOrder(gateway, '20260101002', { payer: { openid: CANARY }, attach: CANARY })),
  )
  await payOrder(gateway, '20260101003')
  await gateway.drain()
  await gateway.call('/v3/pay/transactions/out-trade-no/20260101003?mchid=1900000109')
  const text = lines.join('\n')
  for (const shown of ['20260101002', '/v3/pay/transactions/out-trade-no/20260101003', '"total":100', 'delivered'])
    expect(text).toContain(shown)
  for (const hidden of [CANARY, '茶', 'notify_url":"http', /"o[\w-]{27}"/]) expect(text).not.toMatch(hidden)
})

test('a code that is none is a metric and a line of no name: it comes unsigned, and has no bound', async () => {
  const codes = ['13800000000', CANARY, 'a name', 'X'.repeat(65)]
  let next = 0
  const [gateway, lines] = await answering(() =>
    Response.json({ code: codes[next++ % codes.length], message: '' }, { status: 400 }),
  )
  for (const code of codes) {
    const answer = await gateway.call('/v3/pay/transactions/native', json(nativeOrder(gateway, '1')))
    expect(((await answer.json()) as { code: string }).code).toBe(code)
  }
  const metrics = await (await gateway.call('/metrics')).text()
  expect(metrics).toMatch(/wechatpay_edge_calls_total\{[^}]*outcome="OTHER"[^}]*\} 4/)
  for (const code of codes) expect(`${metrics}${lines.join('\n')}`).not.toContain(code)
})
