import { beforeEach, describe, expect, it } from 'vitest'
import { receiveNotification, Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import {
  confirmNotification,
  createNotificationHandler,
  type NotificationHandlerOptions,
} from '../../../src/flows/notification/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { createSender, MCHID, URL as NOTIFY_URL, post, signed, xml } from '../../core/notification/signer.ts'

let simulator: Simulator
/** The requests of WeChat Pay, and the notifications that the handlers got. */
let sent: Request[]
let handled: { event: string; resource: Record<string, string>; verifiedBy: string | undefined; id: string }[]
let errors: unknown[]
let asked: string[]
const merchant = () => simulator.merchant

beforeEach(async () => {
  ;[sent, handled, errors, asked] = [[], [], [], []]
  simulator = await createSimulator({
    seed: 'flows',
    deliver: async (input, init) => {
      sent.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
})

function clientOf(options: Partial<WechatpayOptions> = {}): Wechatpay {
  const send: typeof fetch = (input, init) => {
    asked.push(new URL(String(input)).pathname)
    return simulator.fetch(input, init)
  }
  return new Wechatpay({ ...merchant(), fetch: send, mtlsFetch: simulator.mtlsFetch, retry: false, ...options })
}

function handlerOf(options: NotificationHandlerOptions = {}, client = clientOf()) {
  const handler = createNotificationHandler(
    client,
    {
      otherwise: ({ event, resource, verifiedBy, id }) =>
        handled.push({ event, resource: resource as Record<string, string>, verifiedBy, id }),
    },
    { onError: error => errors.push(error), ...options },
  )
  return async (request: Request) => (await handler(request)).text()
}

async function pay(out_trade_no: string): Promise<string> {
  const { appid, mchid: mch_id } = merchant()
  await clientOf().v2.pay.unifiedorder.post({
    appid,
    mch_id,
    body: 'Tea',
    out_trade_no,
    total_fee: 100,
    trade_type: 'NATIVE',
    spbill_create_ip: '127.0.0.1',
    notify_url: NOTIFY_URL,
  })
  const { transaction_id } = simulator.pay({ out_trade_no })
  await simulator.settled()
  return transaction_id!
}
const paymentOf = (more: Record<string, string> = {}) => ({
  return_code: 'SUCCESS',
  result_code: 'SUCCESS',
  appid: merchant().appid,
  mch_id: merchant().mchid,
  nonce_str: 'n',
  openid: 'o',
  trade_type: 'NATIVE',
  bank_type: 'OTHERS',
  total_fee: '100',
  transaction_id: '4200000000202611210000000001',
  out_trade_no: 'T1',
  ...more,
})
const message = async (fields: Record<string, string>) => post(xml(await signed(fields, merchant().apiv2Key)))

const refusing = async (err_code: string) => {
  const fields = { return_code: 'SUCCESS', result_code: 'FAIL', err_code, nonce_str: 'n' }
  return new Response(xml(await signed(fields, merchant().apiv2Key)))
}

describe('a handler of APIv2 payments', () => {
  it('is called when a query confirms the payment', async () => {
    await pay('T1')
    expect(await handlerOf()(sent[0]!)).toContain('<return_code>SUCCESS')
    expect(handled).toMatchObject([
      { event: 'transaction-success', resource: { out_trade_no: 'T1', total_fee: '100' } },
    ])
    expect(asked.at(-1)).toBe('/pay/orderquery')
  })

  it('is not called for one that never was, however well it is signed', async () => {
    await pay('T1')
    expect(await handlerOf()(await message(paymentOf()))).toContain('<return_msg>UNCONFIRMED')
    expect([handled, errors]).toEqual([[], [expect.objectContaining({ code: 'UNCONFIRMED' })]])
  })

  it('is handed what the query says where the two differ', async () => {
    const transaction_id = await pay('T1')
    await handlerOf()(await message(paymentOf({ transaction_id, total_fee: '999900' })))
    expect(handled).toMatchObject([{ resource: { total_fee: '100' } }])
  })

  it('is not called for a payment that WeChat Pay knows under another number of the merchant’s', async () => {
    const transaction_id = await pay('T1')
    expect(await handlerOf()(await message(paymentOf({ transaction_id, out_trade_no: 'T2' })))).toContain('UNCONFIRMED')
    expect(handled).toEqual([])
  })

  it('is not called for a failure that was none', async () => {
    const transaction_id = await pay('T1')
    const failed = paymentOf({ transaction_id, result_code: 'FAIL' })
    expect(await handlerOf()(await message(failed))).toContain('UNCONFIRMED')
  })

  it.each(['USERPAYING', 'ACCEPT', 'NOTPAY'])(
    'is not called for a failure while the order may still be paid: %s',
    async trade_state => {
      const fields = { ...paymentOf({ result_code: 'SUCCESS' }), trade_state, trade_state_desc: 'x' }
      const client = clientOf({ fetch: async () => new Response(xml(await signed(fields, merchant().apiv2Key))) })
      expect(await handlerOf({}, client)(await message(paymentOf({ result_code: 'FAIL' })))).toContain('UNCONFIRMED')
      expect(handled).toEqual([])
    },
  )

  it.each(['PAYERROR', 'CLOSED', 'REVOKED'])(
    'is called for a failure when the order has ended: %s',
    async trade_state => {
      const fields = { ...paymentOf({ result_code: 'SUCCESS' }), trade_state, trade_state_desc: 'x' }
      const client = clientOf({ fetch: async () => new Response(xml(await signed(fields, merchant().apiv2Key))) })
      await handlerOf({}, client)(await message(paymentOf({ result_code: 'FAIL' })))
      expect(handled).toMatchObject([{ resource: { result_code: 'FAIL', out_trade_no: 'T1' } }])
    },
  )

  it('is called again for a replay without a query', async () => {
    await pay('T1')
    const handler = handlerOf()
    const replays = Array.from({ length: 5 }, () => sent[0]!.clone() as Request)
    const before = asked.length
    for (const request of replays) expect(await handler(request)).toContain('<return_code>SUCCESS')
    expect([handled.length, asked.length - before]).toEqual([5, 1])
  })

  it('does not query a payment that was seen', async () => {
    const seen = (id: string) => id === 'transaction-success/4200000000202611210000000001/SUCCESS'
    expect(await handlerOf({ seen, remember() {} })(await message(paymentOf()))).toContain('<return_code>SUCCESS')
    expect([handled, asked]).toEqual([[], []])
  })

  it('is not called while the query fails, and WeChat Pay sends it again', async () => {
    await pay('T1')
    const client = clientOf({ fetch: async () => Promise.reject(new TypeError('fetch failed')) })
    expect(await handlerOf({}, client)(sent[0]!)).toContain('<return_code>FAIL')
    expect([handled, errors]).toEqual([[], [expect.objectContaining({ code: 'NETWORK_ERROR' })]])
  })

  it('is told that the query failed where a proxy answers it unsigned, not that WeChat Pay has no such payment', async () => {
    const answer = xml({ return_code: 'FAIL', return_msg: 'no route', err_code: 'NOT_FOUND' })
    const client = clientOf({ fetch: async () => new Response(answer) })
    expect(await handlerOf({}, client)(await message(paymentOf()))).toContain('<return_code>FAIL')
    expect(errors).toEqual([expect.objectContaining({ name: 'ServiceError', serviceCode: 'NOT_FOUND' })])
  })

  it('is not confirmed where the merchant may not query the products that it does not have', async () => {
    const client = clientOf({
      fetch: async input => refusing(String(input).endsWith('/pay/orderquery') ? 'ORDERNOTEXIST' : 'NOAUTH'),
    })
    await handlerOf({}, client)(await message(paymentOf()))
    expect(errors).toEqual([expect.objectContaining({ code: 'UNCONFIRMED' })])
  })

  it('is called without a query where the options say so', async () => {
    expect(await handlerOf({ trustUnconfirmedV2: true })(await message(paymentOf()))).toContain('<return_code>SUCCESS')
    expect([handled.length, asked]).toEqual([1, []])
  })
})

describe('a handler of APIv2 refunds', () => {
  const refund = async () => {
    await pay('T1')
    const { appid, mchid: mch_id } = merchant()
    await clientOf().v2.secapi.pay.refund.post({
      appid,
      mch_id,
      out_trade_no: 'T1',
      out_refund_no: 'R1',
      total_fee: 100,
      refund_fee: 30,
      notify_url: NOTIFY_URL,
    })
    await simulator.advance(60_000)
    await simulator.settled()
    const texts = await Promise.all(sent.map(request => request.clone().text()))
    return sent[texts.findIndex(text => text.includes('<req_info>'))]!
  }

  it('is handed what the query says, which proves it', async () => {
    const request = await refund()
    const { verifiedBy } = await receiveNotification(clientOf(), request.clone() as Request)
    expect(verifiedBy).toBeUndefined()
    await handlerOf()(request)
    expect(handled).toMatchObject([
      {
        event: 'refund-processed',
        verifiedBy: expect.stringMatching(/^(?:MD5|HMAC-SHA256)$/),
        resource: { out_refund_no: 'R1', refund_fee: '30', refund_status: 'SUCCESS', success_time: expect.any(String) },
      },
    ])
    const { id, resource } = handled[0]!
    expect(id).toBe(`refund-processed/${resource.refund_id}/SUCCESS`)
  })

  it('is not called for one that WeChat Pay has not processed', async () => {
    const request = await refund()
    const client = clientOf({ fetch: async () => refusing('REFUNDNOTEXIST') })
    expect(await handlerOf({}, client)(request)).toContain('UNCONFIRMED')
    expect(handled).toEqual([])
  })
})

describe('a combined payment (合单) of APIv2', () => {
  const order = (more: object = {}) => ({
    appid: 'wx',
    mch_id: '1900000110',
    openid: 'o',
    total_fee: 100,
    cash_fee: 100,
    out_trade_no: 'S1',
    transaction_id: '42001',
    time_end: '20260101100000',
    ...more,
  })
  const combined = (orders: object[]) => ({
    return_code: 'SUCCESS',
    result_code: 'SUCCESS',
    combine_appid: 'wx',
    combine_mch_id: merchant().mchid,
    nonce_str: 'n',
    combine_out_trade_no: 'C1',
    trade_type: 'JSAPI',
    sign_type: 'HMAC-SHA256',
    sub_order_list: JSON.stringify({ order_num: orders.length, order_list: orders }),
  })
  const queried = (trade_state: string, { total_amount = 100, transaction_id = '42001' } = {}) => ({
    return_code: 'SUCCESS',
    result_code: 'SUCCESS',
    combine_appid: 'wx',
    combine_mch_id: merchant().mchid,
    nonce_str: 'n',
    combine_out_trade_no: 'C1',
    result_msg: 'OK',
    trade_state,
    sub_order_list: JSON.stringify({
      order_num: 1,
      order_list: [{ mchid: '1900000110', out_trade_no: 'S1', transaction_id, amount: { total_amount } }],
    }),
  })
  const handle = async (response: Record<string, string> | undefined, orders = [order()]) => {
    const bodies: string[] = []
    const client = clientOf({
      fetch: async (input, init) => {
        bodies.push(`${new URL(String(input)).pathname} ${init?.body}`)
        return response ? new Response(xml(await signed(response, merchant().apiv2Key))) : refusing('ORDERNOTEXIST')
      },
    })
    const answer = await handlerOf({}, client)(await message(combined(orders)))
    return { answer, bodies }
  }

  it('is handled when a query confirms it', async () => {
    const { answer, bodies } = await handle(queried('SUCCESS'))
    expect(answer).toContain('<return_code>SUCCESS')
    expect(bodies).toHaveLength(1)
    expect(bodies[0]).toMatch(/^\/pay\/querycombinedorder .*<combine_out_trade_no>C1</)
    expect(handled).toMatchObject([{ event: 'combined-transactions-success' }])
  })

  it.each<[string, () => Promise<{ answer: string }>]>([
    ['WeChat Pay does not know it', () => handle(undefined)],
    ['it is not paid', () => handle(queried('NOTPAY'))],
    ['an amount differs', () => handle(queried('SUCCESS', { total_amount: 1 }))],
    ['a transaction differs', () => handle(queried('SUCCESS', { transaction_id: '42002' }))],
    ['it names one order more', () => handle(queried('SUCCESS'), [order(), order({ out_trade_no: 'S2' })])],
    ['it names no order', () => handle(queried('SUCCESS'), [])],
  ])('is refused where %s', async (_, handling) => {
    expect((await handling()).answer).toContain('UNCONFIRMED')
    expect(handled).toEqual([])
  })
})

describe('a deduction (委托代扣)', () => {
  const paths = async (more: Record<string, string>) => {
    const queried: string[] = []
    const client = clientOf({
      fetch: async input => {
        queried.push(new URL(String(input)).pathname)
        return refusing('ORDERNOTEXIST')
      },
    })
    const notification = await receiveNotification(client, await message(paymentOf({ trade_type: 'PAP', ...more })))
    await expect(confirmNotification(client, notification)).rejects.toMatchObject({ code: 'UNCONFIRMED' })
    return queried
  }

  it('is asked for where its orders are, and then where others are', async () => {
    expect(await paths({})).toEqual(['/pay/paporderquery', '/pay/orderquery', '/transit/queryorder'])
    expect(await paths({ sub_mch_id: '1900000110' })).toEqual([
      '/pay/partner/paporderquery',
      '/pay/orderquery',
      '/transit/partnerpay/queryorder',
    ])
  })
})

describe('of several merchants', () => {
  it('with one APIv3 key, each gets what is its own', async () => {
    const sender = await createSender()
    const { platformKeys } = sender
    const client = (mchid: string) =>
      new Wechatpay({ mchid, apiv3Key: '0123456789abcdef0123456789abcdef', platformKeys })
    const calls: string[] = []
    const handler = createNotificationHandler(
      { '1900000999': client('1900000999'), [MCHID]: client(MCHID) },
      { otherwise: ({ id }, { mchid }) => calls.push(`${mchid} ${id}`) },
    )
    for (const mchid of [MCHID, '1900000999', MCHID])
      expect((await handler(await sender.notification('TRANSACTION.SUCCESS', { mchid }))).status).toBe(204)
    expect(calls.map(call => call.split(' ')[0])).toEqual([MCHID, '1900000999', MCHID])
    const strange = await handler(await sender.notification('TRANSACTION.SUCCESS', { mchid: '1900000777' }))
    expect([strange.status, await strange.json()]).toEqual([403, { code: 'FAIL', message: 'MERCHANT_MISMATCH' }])
  })

  it('a body is not read where no merchant knows the key', async () => {
    const sender = await createSender()
    const other = await createSender()
    const client = new Wechatpay({
      mchid: MCHID,
      apiv3Key: '0123456789abcdef0123456789abcdef',
      platformKeys: other.platformKeys,
    })
    const handler = createNotificationHandler({ [MCHID]: client }, {})
    const headers = await sender.headers('{}')
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({ pull: () => void pulled++ }, { highWaterMark: 0 })
    const request = new Request(NOTIFY_URL, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { ...headers, 'wechatpay-serial': 'PUB_KEY_ID_0' },
    } as RequestInit)
    expect([(await handler(request)).status, pulled]).toEqual([401, 0])
  })
})
