import { describe, expect, test } from 'vitest'
import { createTestGateway, payOrder, payV2Order, type TestGateway } from '../test-gateway.ts'

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

/** A gateway behind a proxy that adds a `traceparent` to notifications. */
async function traced(
  traceparent: string,
  options: Parameters<typeof createTestGateway>[0] = {},
): Promise<TestGateway> {
  const one = await createTestGateway(options)
  one.proxy.change = request => {
    const headers = new Headers(request.headers)
    headers.set('traceparent', traceparent)
    return new Request(request, { headers })
  }
  return one
}
const received = ({ shop }: TestGateway) => shop.received.map(({ headers }) => headers.get('traceparent'))

describe('the traceparent of a notification', () => {
  test.each([
    ['APIv3', payOrder],
    ['APIv2', payV2Order],
  ])('reaches the endpoint, by %s', async (_, pay) => {
    const one = await traced(TRACEPARENT)
    await pay(one, 'T100001')
    await one.drain()
    expect(received(one)).toEqual([TRACEPARENT])
  })

  test('is the same at every attempt, and after a restart', async () => {
    const one = await traced(TRACEPARENT, { retryDelayOf: () => 0 })
    await payOrder(one, 'T100001')
    one.shop.answer = () => new Response(null, { status: 503 })
    await one.gateway.deliver(one.jobs[0]!)
    const later = await one.restart()
    await later.gateway.deliver(one.jobs[0]!)
    expect([...received(one), ...received(later)]).toEqual([TRACEPARENT, TRACEPARENT])
  })

  test('goes along with a question', async () => {
    const one = await traced(TRACEPARENT)
    one.shop.answer = () => Response.json({ code: 'SUCCESS' })
    await one.simulator.notify.send({ url: one.notifyUrl, event: 'PARKING_FEE.QUERY_TRANS_INFO' })
    expect(received(one)).toEqual([TRACEPARENT])
  })

  test.each([
    ['is not valid', 'x'],
    ['holds a header of its own', `${TRACEPARENT}, evil`],
    ['has an id of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
  ])('that %s is neither stored nor passed on, and the event is', async (_, value) => {
    const one = await traced(value)
    await payOrder(one, 'T100001')
    await one.drain()
    expect(received(one)).toEqual([null])
  })

  test('that somebody has written into the ledger is checked again', async () => {
    const one = await traced(TRACEPARENT)
    await payOrder(one, 'T100001')
    one.database.run("update event set traceparent = 'x'||char(10)||'evil: 1'")
    await one.drain()
    expect(received(one)).toEqual([null])
  })
})

test('WeChat Pay gets no traceparent of a caller', async () => {
  const sent: Headers[] = []
  const one: TestGateway = await createTestGateway(
    {},
    {
      fetch: async (input, init) => {
        sent.push(new Request(input, init).headers)
        return one.simulator.fetch(input, init)
      },
    },
  )
  await one.call('/v3/pay/transactions/id/4200000000202601010000000001?mchid=1', {
    headers: { traceparent: TRACEPARENT },
  })
  expect(sent).toHaveLength(1)
  expect(sent[0]!.has('traceparent')).toBe(false)
})

test('the gateway with the fixed address gets the traceparent of the caller', async () => {
  const forwarded: Headers[] = []
  const one = await createTestGateway({
    fixedIp: {
      url: 'https://fixed.example.com',
      token: 'wxe_token',
      fetch: async (input, init) => {
        forwarded.push(new Request(input, init).headers)
        return Response.json({}, { headers: { 'wechatpay-edge-request-id': '1' } })
      },
    },
  })
  const { mchid } = one.simulator.merchant
  await one.call('/v3/fund-app/mch-transfer/transfer-bills', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'wechatpay-edge-mchid': mchid, traceparent: TRACEPARENT },
    body: JSON.stringify({ appid: 'wx8888888888888888', out_bill_no: 'B100001', transfer_amount: 1 }),
  })
  expect(forwarded.map(headers => headers.get('traceparent'))).toEqual([TRACEPARENT])
})
